"""A newcomer's walk: messy files, and every command on each of them without a stumble."""

from importlib.util import find_spec

import numpy as np
import pyarrow as pa
import pytest

from mixfold import Mixture
from mixfold.tables import read_table, write_table

RANDOM = np.random.default_rng(1)
ROWS = np.concatenate([RANDOM.normal((0, 10), 1, (20, 2)), RANDOM.normal((9, 2), 1, (20, 2))])
ROWS = ROWS[RANDOM.permutation(40)].round(2)
TOWNS = ["Zürich", "Genève"] * 20


def text_of(rows, names="length,width", delimiter=",", decimal="."):
    lines = [delimiter.join(f"{value}".replace(".", decimal) for value in row) for row in rows]
    return "\n".join([*([names.replace(",", delimiter)] if names else []), *lines, ""])


MESSY = {
    "semicolons.csv": (text_of(ROWS, delimiter=";"), ()),
    "decimal_commas.csv": (text_of(ROWS, delimiter=";", decimal=","), ()),
    "tabs.txt": (text_of(ROWS, delimiter="\t"), ()),
    "spaces.txt": (text_of(ROWS, delimiter="   "), ()),
    "latin_1.csv": (
        text_of(zip(TOWNS, *ROWS.T, strict=True), names="town,length,width").encode("latin-1"),
        ("--encoding", "latin-1"),
    ),
    "headerless.csv": (text_of(ROWS, names=None), ()),
    "index.csv": (text_of(zip(range(40), *ROWS.T, strict=True), names=",length,width"), ()),
    "question_marks.csv": (text_of([*ROWS, (1.0, "?")]), ("--missing", "?", "--drop-missing")),
    "empty_cells.csv": (text_of([("", 1.0), *ROWS]), ("--drop-missing",)),
    "text.csv": (text_of(zip(range(1, 41), TOWNS, *ROWS.T, strict=True), names="id,town,length,width"), ()),
    "title_above.csv": ("Survey 2024,\n,\n" + text_of(ROWS), ()),
    "with_units.csv": (
        text_of([(f"{a} %", a, b) for a, b in ROWS], names="share,length,width"),
        ("--columns", "length,width"),
    ),
    "sheet.xlsx": (None, ()),
}
EXPECTED = [[0, 10], [9, 2]]
EVERY_COMMAND = ("latin_1.csv", "question_marks.csv", "sheet.xlsx")
"""Files on which what comes after reading is tried, too: they need options, or are no text."""


@pytest.mark.parametrize("name", MESSY)
def test_commands_take_a_messy_file(mixfold, tmp_path, name):
    content, options = MESSY[name]
    path, out = tmp_path / name, tmp_path / "out"
    if content is None:
        if find_spec("openpyxl") is None:
            pytest.skip("needs the extra `xlsx`")
        write_table(path, pa.table({"length": ROWS[:, 0], "width": ROWS[:, 1]}))
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    model = out / "fit" / "model.safetensors"
    predicted = tmp_path / f"predicted{path.suffix}"

    def run(*arguments):
        result = mixfold(*arguments)
        assert result.exit_code == 0, result.output
        return result

    run("fit", path, "-k", 2, "--init", "kmeans", "--n-init", 2, "--out", out / "fit", *options)
    means = Mixture.load(model).means
    np.testing.assert_allclose(means[means[:, 0].argsort()], EXPECTED, atol=1.0)
    if name not in EVERY_COMMAND:
        return
    run("select", path, "-k", "1:2", "--families", "diag", "--stability", 0, "--out", out / "select", *options)
    run("predict", model, path, "--out", predicted, *options)
    assert read_table(predicted).num_rows == 40
    run("anomalies", path, "-k", 2, "--out", out / "anomalies", *options)
    run("anomalies", path, "--model", out / "anomalies" / "detector.safetensors", *options)
    run("sample", model, "-n", 3, "--out", tmp_path / "drawn.csv")
    assert "components" in run("inspect", model).stdout
    again = run("fit", predicted, "-k", 2, "--init", "kmeans", "--n-init", 2, "--out", out / "again")
    assert "'label', 'responsibility_0', 'responsibility_1' (of an earlier prediction)" in again.stderr
