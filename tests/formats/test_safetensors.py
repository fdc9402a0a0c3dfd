"""safetensors models: arrays as they are, and nothing that runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mixfold.errors import ModelFileError
from mixfold.formats import Document
from mixfold.formats.safetensors import SafetensorsFormat

safetensors_numpy = pytest.importorskip("safetensors.numpy")


def test_other_programs_read_the_arrays(tmp_path: Path) -> None:
    SafetensorsFormat().write(tmp_path / "a.safetensors", Document("thing", 1, {}, {"a": np.array([1.0, 2.0])}))
    assert safetensors_numpy.load_file(tmp_path / "a.safetensors")["a"].tolist() == [1.0, 2.0]


def test_arrays_in_columns_order_keep_their_values(tmp_path: Path) -> None:
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    SafetensorsFormat().write(tmp_path / "a.safetensors", Document("thing", 1, {}, {"a": array}))
    np.testing.assert_array_equal(SafetensorsFormat().read(tmp_path / "a.safetensors").arrays["a"], array)


@pytest.mark.parametrize(
    "metadata", [None, {"other": "program"}, {"mixfold": "no JSON"}, {"mixfold": "[1]"}, {"mixfold": "{}"}]
)
def test_tensors_of_another_program_are_refused(metadata: dict[str, str] | None, tmp_path: Path) -> None:
    safetensors_numpy.save_file({"weights": np.ones(1)}, tmp_path / "a.safetensors", metadata=metadata)
    with pytest.raises(ModelFileError, match="lacks mixfold's header"):
        SafetensorsFormat().read(tmp_path / "a.safetensors")


def test_a_changed_number_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    SafetensorsFormat().write(path, Document("thing", 1, {}, {"a": np.array([1.0, 2.0])}))
    path.write_bytes(path.read_bytes()[:-1] + b"\x41")
    with pytest.raises(ModelFileError, match="checksum"):
        SafetensorsFormat().read(path)


def test_numbers_of_another_type_are_refused(tmp_path: Path) -> None:
    header = {"a": {"dtype": "F8_E4M3", "shape": [2], "data_offsets": [0, 2]}, "__metadata__": {"mixfold": "{}"}}
    text = json.dumps(header).encode()
    (tmp_path / "a.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + bytes(2))
    with pytest.raises(ModelFileError, match=r"a\.safetensors must be .* holds F8_E4M3, where F64 is expected"):
        SafetensorsFormat().read(tmp_path / "a.safetensors")


def test_a_nested_header_is_refused(tmp_path: Path) -> None:
    metadata = {"mixfold": "[" * 100_000 + "]" * 100_000}
    safetensors_numpy.save_file({"a": np.ones(1)}, tmp_path / "a.safetensors", metadata=metadata)
    with pytest.raises(ModelFileError, match=r"a\.safetensors must be"):
        SafetensorsFormat().read(tmp_path / "a.safetensors")
