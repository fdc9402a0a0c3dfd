"""Files appear together or not at all."""

import pytest

from mixfold.cli.outputs import written_together


def test_files_are_not_seen_before_all_are_written(tmp_path):
    with written_together(tmp_path / "o") as unfinished:
        (unfinished / "a.txt").write_text("a")
        assert not (tmp_path / "o" / "a.txt").exists()
    assert [path.name for path in (tmp_path / "o").iterdir()] == ["a.txt"]


def test_a_failure_leaves_neither_files_nor_folders(tmp_path):
    def fail():
        with written_together(tmp_path / "o" / "p") as unfinished:
            (unfinished / "a.txt").write_text("a")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []
