"""What columns say of rows: noise and labels, and rows that belong to no cluster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mixfold import GaussianMixture
from mixfold.cli.known_rows import KnownColumns, outliers_of
from mixfold.errors import InputError

RANDOM = np.random.default_rng(0)
LABELS = np.repeat([0, 1], 100)
ERRORS = RANDOM.choice([0.2, 1.5], size=(200, 2))
ROWS = RANDOM.normal(size=(200, 2)) + 8.0 * LABELS[:, None] + ERRORS * RANDOM.normal(size=(200, 2))


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    """Give a table with errors of measurement, some labels, and ten rows that belong nowhere."""
    random = np.random.default_rng(1)
    odd = random.uniform(-60.0, 60.0, size=(10, 2))
    frame = pd.DataFrame(np.concatenate([ROWS, odd]), columns=["ra", "dec"])
    frame[["ra_err", "dec_err"]] = np.concatenate([ERRORS, np.full((10, 2), 0.2)])
    kind = np.where(LABELS == 0, "star", "galaxy").astype(object)
    kind[random.random(200) < 0.9] = None
    frame["kind"] = [*kind, *[None] * 10]
    path = tmp_path / "measured.csv"
    frame.to_csv(path, index=False)
    return path


def test_noise_labels_and_outliers_of_a_table(mixfold: Any, measured: Path, tmp_path: Path) -> None:
    out = tmp_path / "o"
    options = ["--noise-columns", "ra_err,dec_err", "--label-column", "kind", "--outliers", "uniform"]
    result = mixfold("fit", measured, "-k", 2, "--out", out, *options, "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["classes"] == ["galaxy", "star"]
    assert said["outlier_share"] == pytest.approx(10 / 210, abs=0.02)
    model = GaussianMixture.load(out / "model.safetensors")
    assert list(model.feature_names_in_) == ["ra", "dec"]
    np.testing.assert_allclose(model.means_, [[8.0, 8.0], [0.0, 0.0]], atol=0.5)
    assignments = pd.read_csv(out / "assignments.csv")
    assert np.mean(assignments["label"][:200] == 1 - LABELS) > 0.95
    assert np.mean(assignments["label"][200:] == -1) > 0.7


def test_the_share_of_outliers_and_the_names_of_clusters_are_printed(
    mixfold: Any, measured: Path, tmp_path: Path
) -> None:
    options = ["--columns", "ra,dec", "--label-column", "kind", "--outliers", "0.05"]
    result = mixfold("fit", measured, "-k", 2, "--out", tmp_path / "o", *options)
    assert result.exit_code == 0, result.output
    assert "5.0% of the rows" in result.stdout
    assert "galaxy, star" in result.stdout


def test_groups_of_a_table_have_one_label_each(mixfold: Any, measured: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(measured).head(200)
    frame["object"] = [f"no. {row % 199 // 10}" if row not in {5, 6} else None for row in range(200)]
    frame.to_csv(measured, index=False)
    options = ["--columns", "ra,dec", "--must-link-column", "object"]
    result = mixfold("fit", measured, "-k", 2, "--out", tmp_path / "o", *options)
    assert result.exit_code == 0, result.output
    labels = pd.read_csv(tmp_path / "o" / "assignments.csv")["label"].to_numpy()
    assert labels[199] == labels[0] != labels[198]  # alone it would be of the other


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--noise-columns", "ra_err"], "one column for each of the features"),
        (["--noise-columns", "ra_err,no"], "no column 'no'"),
        (
            ["--label-column", "kind", "-k", "1"],
            "kind has 2 (galaxy, star). Ask for as many components with `-k`, or say",
        ),
        (["--outliers", "many"], "must be 'uniform', 'auto'"),
        (["--outliers", "auto", "--by", "kind"], "one mixture of it"),
    ],
)
def test_what_cannot_be_known_is_refused(
    options: list[str], says: str, mixfold: Any, measured: Path, tmp_path: Path
) -> None:
    result = mixfold("fit", measured, *([] if "-k" in options else ["-k", 2]), "--out", tmp_path / "o", *options)
    assert result.exit_code != 0
    assert says in " ".join(result.output.split())
    assert not (tmp_path / "o").exists()


def test_columns_that_say_something_of_rows_are_no_features() -> None:
    table = pa.table({"x": [1.0, 2.0, 3.0], "e": [0.1, 0.2, 0.1], "k": ["a", "", "?"]})
    known = KnownColumns(("e",), "k").of(table, ("x",), 2, missing=("?",))
    assert known.labels is not None
    assert known.labels.tolist() == [0, -1, -1]
    assert KnownColumns().are_none
    assert not KnownColumns(label="k").are_none


def test_deviations_may_be_missing_where_values_are() -> None:
    about, columns = KnownColumns(("e",)), {"x": [1.0, None, 3.0], "e": [0.1, None, 0.2]}
    noise = about.of(pa.table(columns), ("x",), 2).noise
    assert noise is not None
    assert noise.ravel().tolist() == [0.1, 0.0, 0.2]
    for bad, holds in ((-0.2, "-0.2"), (None, "nothing")):
        with pytest.raises(InputError, match=rf"Column 'e' must .* but holds {holds} in row 3 \(the first row of data"):
            about.of(pa.table(columns | {"e": [0.1, None, bad]}), ("x",), 2)


def test_shares_are_numbers_between_none_and_half() -> None:
    assert outliers_of("0.1") == 0.1
    with pytest.raises(InputError, match="between 0 and 0.5"):
        outliers_of("0.5")
