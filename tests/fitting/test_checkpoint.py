"""A checkpoint is whole at every moment, and refused where it is of no use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixfold.errors import CheckpointError
from mixfold.fitting import Checkpoint
from tests.children import ended, fill_up

IDENTITY = {"data": "abc", "tol": "1e-06"}


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path, values = tmp_path / "fit.checkpoint", np.array([0.1, np.nan, -np.inf])
    Checkpoint(path, IDENTITY).save({"iteration": 3}, {"values": values})
    document = Checkpoint(path, IDENTITY).load()
    assert document is not None
    assert document.fields["iteration"] == 3
    np.testing.assert_array_equal(document.arrays["values"], values)


def test_there_is_nothing_before_the_first_save(tmp_path: Path) -> None:
    assert Checkpoint(tmp_path / "fit.npz", IDENTITY).load() is None


def test_another_identity_is_refused_with_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "fit.npz"
    Checkpoint(path, IDENTITY).save({}, {})
    with pytest.raises(CheckpointError, match=r"another fit: it has `tol` 1e-06 \(now 0.1\)\."):
        Checkpoint(path, {**IDENTITY, "tol": "0.1"}).load()
    with pytest.raises(CheckpointError, match=r"`data` abc \(now xyz\), `minibatch` absent \(now 5\)"):
        Checkpoint(path, {**IDENTITY, "data": "xyz", "minibatch": "5"}).load()


@pytest.mark.parametrize("keep", [0, 10, 200, -1])
def test_a_damaged_file_is_refused(keep: int, tmp_path: Path) -> None:
    path = tmp_path / "fit.npz"
    Checkpoint(path, IDENTITY).save({}, {"values": np.ones(100)})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match="move it away to begin anew"):
        Checkpoint(path, IDENTITY).load()


def test_a_table_of_the_user_is_refused_and_nobody_is_told_to_remove_it(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(CheckpointError, match=r"data\.csv must be a checkpoint.*choose another path") as caught:
        Checkpoint(path, IDENTITY).load()
    assert "remove" not in str(caught.value).lower()


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="it is a folder"):
        Checkpoint(tmp_path, IDENTITY).load()


def test_saving_is_due_only_now_and_then(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "fit.npz", IDENTITY)
    assert checkpoint.is_due
    checkpoint.save({}, {"values": np.ones(100_000)})
    assert not checkpoint.is_due


def test_a_full_disk_is_one_error_and_leaves_the_checkpoint_before(tmp_path: Path) -> None:
    path = tmp_path / "fit.npz"

    def save() -> None:
        saved = Checkpoint(path, IDENTITY)
        saved.save({"iteration": 1}, {"values": np.ones(10)})
        fill_up(20_000)
        saved.save({"iteration": 2}, {"values": np.ones(100_000)})

    _, raised = ended(save)
    assert raised.splitlines()[-1].startswith(f"mixfold.errors.CheckpointError: The checkpoint {path} must be")
    assert "the file is too large; the one written before is whole" in raised
    document = Checkpoint(path, IDENTITY).load()
    assert document is not None
    assert document.fields["iteration"] == 1
    assert [file.name for file in tmp_path.iterdir()] == ["fit.npz"]
