"""JSON models: for people and other languages."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mixfold.errors import ModelFileError
from mixfold.formats import Document
from mixfold.formats.json import JSONFormat

DOCUMENT = Document("thing", 1, {"name": "x"}, {"a": np.array([[0.1, 0.2]])})


def edited(path: Path, **changes: object) -> Path:
    """Write the document, then change entries of the file by hand."""
    JSONFormat().write(path, DOCUMENT)
    content = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps(content))
    return path


def test_the_file_is_plain_json(tmp_path: Path) -> None:
    JSONFormat().write(tmp_path / "a.json", DOCUMENT)
    content = json.loads((tmp_path / "a.json").read_text())
    assert content["mixfold"] == "thing"
    assert content["arrays"] == {"a": [[0.1, 0.2]]}


def test_a_changed_number_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="checksum"):
        JSONFormat().read(edited(tmp_path / "a.json", arrays={"a": [[0.1, 0.3]]}))


def test_a_checksum_under_a_damaged_name_is_missed(tmp_path: Path) -> None:
    JSONFormat().write(tmp_path / "a.json", DOCUMENT)
    text = (tmp_path / "a.json").read_text()
    (tmp_path / "a.json").write_text(text.replace('"sha256"', '"sha25v"').replace("0.2", "0.3"))
    with pytest.raises(ModelFileError, match="lacks its checksum"):
        JSONFormat().read(tmp_path / "a.json")


def test_a_file_written_by_hand_has_null_for_its_checksum(tmp_path: Path) -> None:
    document = JSONFormat().read(edited(tmp_path / "a.json", arrays={"a": [[0.1, 0.3]]}, sha256=None))
    assert document.arrays["a"].tolist() == [[0.1, 0.3]]


@pytest.mark.parametrize(
    "arrays", [[], 3, "a", {"a": "text"}, {"a": [[1.0], [1.0, 2.0]]}, {"a": [10**400]}, {"a": {"b": 1.0}}]
)
def test_arrays_that_are_none_are_refused(arrays: object, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="must be a model file written by mixfold"):
        JSONFormat().read(edited(tmp_path / "a.json", arrays=arrays, sha256=None))


def test_numbers_that_json_does_not_know_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        JSONFormat().write(tmp_path / "a.json", Document("thing", 1, {}, {"a": np.array([np.nan])}))
