"""The sound files of a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixfold.audio import recordings_below
from mixfold.errors import InputError


def test_folders_are_searched_below_and_files_taken_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("z.flac", "deep/a.wav", "notes.txt"):
        (tmp_path / name).touch()
    found = recordings_below([tmp_path / "notes.txt", tmp_path])
    assert [str(path.relative_to(tmp_path)) for path in found] == ["notes.txt", "deep/a.wav", "z.flac"]


def test_a_folder_without_sound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="but has none"):
        recordings_below([tmp_path])


def test_a_path_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no recording"):
        recordings_below([tmp_path / "none"])
