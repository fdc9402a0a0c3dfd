"""`export`: a mixture to a file in a language."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixfold.errors import InputError
from mixfold.exports import EXPORTERS, NumPyExporter, Scorer, export
from tests.exports.examples import example


@pytest.mark.parametrize("name", sorted(set(EXPORTERS) - {"onnx"}))
def test_a_suffix_says_the_language(tmp_path: Path, name: str) -> None:
    mixture, exporter = example("full")[0], EXPORTERS[name]
    by_suffix, by_name = tmp_path / f"scorer{exporter.suffix}", tmp_path / "scorer.txt"
    export(mixture, by_suffix)
    export(mixture, by_name, name)
    assert by_suffix.read_bytes() == by_name.read_bytes() == exporter.content(Scorer.of(mixture))


def test_an_exporter_of_one_s_own_is_used(tmp_path: Path) -> None:
    class Means:
        name, suffix = "means", ".txt"

        def content(self, scorer: Scorer) -> bytes:
            return repr(scorer.means.tolist()).encode()

    mixture = example("full")[0]
    export(mixture, tmp_path / "means.txt", Means())
    assert (tmp_path / "means.txt").read_text() == repr(mixture.means.tolist())


def test_what_is_no_language_is_refused_before_a_file_is_made(tmp_path: Path) -> None:
    mixture = example("full")[0]
    with pytest.raises(InputError, match=r"must end in one of .*\.sql.*got 'scorer.txt'"):
        export(mixture, tmp_path / "scorer.txt")
    with pytest.raises(InputError, match="`to` must be one of .* got 'fortran'"):
        export(mixture, tmp_path / "scorer.c", "fortran")
    with pytest.raises(InputError, match="Pass an object of it"):
        export(mixture, tmp_path / "scorer.c", NumPyExporter)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="finite log density, got nan"):
        export(mixture, tmp_path / "scorer.c", threshold=float("nan"))
    assert not list(tmp_path.iterdir())
