"""Which format a path names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixfold.errors import ModelFileError
from mixfold.formats import Document, read_document, write_document

DOCUMENT = Document("thing", 1, {}, {"a": np.ones(2)})


@pytest.mark.parametrize("name", ["model", "model.pkl", "model.JSON", ".json"])
def test_a_name_of_no_format_is_refused_before_anything_is_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"must end in \.safetensors or \.json"):
        write_document(tmp_path / name, DOCUMENT)
    assert list(tmp_path.iterdir()) == []


def test_text_paths_are_taken(tmp_path: Path) -> None:
    write_document(str(tmp_path / "a.json"), DOCUMENT)
    assert read_document(str(tmp_path / "a.json"), "thing", 1).arrays["a"].tolist() == [1.0, 1.0]


def test_an_older_version_is_read(tmp_path: Path) -> None:
    write_document(tmp_path / "a.json", DOCUMENT)
    assert read_document(tmp_path / "a.json", "thing", 7).version == 1


def test_a_folder_is_no_model_file_and_those_in_it_are_named(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    with pytest.raises(FileNotFoundError, match=r"results is a folder.*there is none"):
        read_document(tmp_path / "results", "thing", 1)
    write_document(tmp_path / "results" / "a.json", DOCUMENT)
    with pytest.raises(FileNotFoundError, match=r"is a folder. Name a model in it: .*a\.json"):
        read_document(tmp_path / "results", "thing", 1)
