"""Files that appear whole or not at all."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mixfold import atomic
from mixfold.atomic import finish_left_behind, written_together, written_whole
from mixfold.errors import OutputError
from tests.children import ended, fill_up, kill, killed


def access(path: Path) -> int:
    """Give who may read and write a file."""
    return path.stat().st_mode & 0o777


def test_a_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    with written_whole(tmp_path / "a.txt") as path:
        path.write_text("whole")
        assert not (tmp_path / "a.txt").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "whole"


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="halfway"), written_whole(tmp_path / "a.txt") as path:
        path.write_text("half")
        raise RuntimeError("halfway")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(RuntimeError), written_whole(tmp_path / "a.txt") as path:
        path.write_text("half")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_the_old_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with written_whole(tmp_path / "a.txt") as path:
        path.write_text("new")
    assert (tmp_path / "a.txt").read_text() == "new"


def test_the_suffix_is_kept_while_writing(tmp_path: Path) -> None:
    with written_whole(tmp_path / "table.parquet") as path:
        assert path.suffix == ".parquet"
        path.touch()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), written_whole(tmp_path / "nowhere" / "a.txt") as path:
        path.write_text("lost")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_who_may_read_a_file_may_read_the_one_that_replaces_it(mode: int, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("old")
        (tmp_path / name).chmod(mode)
    with written_whole(tmp_path / "a.txt") as path:
        assert access(path) & 0o077 == mode & 0o077  # never open to more than the old one
        path.write_text("new")
    with written_together(tmp_path) as folder:
        (folder / "b.txt").write_text("new")
    assert [access(tmp_path / name) for name in ("a.txt", "b.txt")] == [mode, mode]
    assert [(tmp_path / name).read_text() for name in ("a.txt", "b.txt")] == ["new", "new"]


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    def write_half() -> None:
        with written_whole(tmp_path / "a.txt") as path:
            path.write_text("half")
            kill()

    killed(write_half)
    assert len(list(tmp_path.iterdir())) == 1
    with written_whole(tmp_path / "a.txt") as path:
        path.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_what_another_process_is_writing_stays(tmp_path: Path) -> None:
    with written_whole(tmp_path / "a.txt") as first, written_together(tmp_path) as other:
        first.write_text("first")
        (other / "b.txt").write_text("b")
        with written_whole(tmp_path / "a.txt") as second:
            second.write_text("second")
        finish_left_behind(tmp_path)
        assert first.read_text() == "first"
        assert (other / "b.txt").exists()
    assert (tmp_path / "a.txt").read_text() == "first"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "b.txt"]


def test_files_of_a_process_killed_between_two_of_them_appear_together_with_the_next(tmp_path: Path) -> None:
    def write() -> None:
        replace = atomic._replace

        def once(*arguments: Path) -> None:
            replace(*arguments)
            kill()

        atomic._replace = once
        with written_together(tmp_path) as folder:
            for name in "abc":
                (folder / name).write_text("new")

    for name in "abc":
        (tmp_path / name).write_text("old")
    killed(write)
    assert {(tmp_path / name).read_text() for name in "abc"} == {"old", "new"}
    finish_left_behind(tmp_path)
    assert [(tmp_path / name).read_text() for name in "abc"] == ["new"] * 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]


def test_files_of_a_process_killed_before_all_were_written_never_appear(tmp_path: Path) -> None:
    def write_some() -> None:
        with written_together(tmp_path) as folder:
            (folder / "a").write_text("new")
            kill()

    killed(write_some)
    assert len(list(tmp_path.iterdir())) == 1
    finish_left_behind(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_names_the_file_and_leaves_nothing(tmp_path: Path) -> None:
    def write(how: Callable[[Path], object], path: Path) -> None:
        with written_whole(path) as path:  # noqa: PLR1704
            how(path)

    def fail() -> None:
        fill_up(20_000)
        for how in (
            lambda path: path.write_bytes(bytes(100_000)),
            lambda path: np.save(path.open("wb"), np.ones(20_000)),
        ):
            for together in (False, True):
                with pytest.raises(OutputError) as raised:
                    if together:
                        with written_together(tmp_path) as folder:
                            write(how, folder / "a.npy")
                    else:
                        write(how, tmp_path / "a.npy")
                assert str(raised.value).startswith(f"{tmp_path / 'a.npy'} cannot be written: ")

    assert ended(fail) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_names_the_file_of_a_folder_that_was_under_way(tmp_path: Path) -> None:
    def fail() -> None:
        fill_up(20_000)
        with written_together(tmp_path) as folder:
            (folder / "small.txt").write_text("all of it")
            (folder / "large.txt").write_bytes(bytes(100_000))

    code, raised = ended(fail)
    assert code == 1
    assert f"OutputError: {tmp_path / 'large.txt'} cannot be written: the file is too large" in raised
    assert list(tmp_path.iterdir()) == []


def test_files_appear_where_the_system_knows_no_locks(tmp_path: Path) -> None:
    def write() -> None:
        sys.modules["fcntl"] = None  # type: ignore[assignment]  # as on Windows
        lockless = runpy.run_path(atomic.__file__)
        assert not lockless["HAS_LOCKS"]
        with lockless["written_whole"](tmp_path / "a.txt") as path:
            path.write_text("a")
        with lockless["written_together"](tmp_path) as folder:
            (folder / "b.txt").write_text("b")

    assert ended(write) == (0, "")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.txt": "a", "b.txt": "b"}


def test_files_are_not_seen_before_all_are_written(tmp_path: Path) -> None:
    with written_together(tmp_path / "o") as unfinished:
        (unfinished / "a.txt").write_text("a")
        assert not (tmp_path / "o" / "a.txt").exists()
    assert [path.name for path in (tmp_path / "o").iterdir()] == ["a.txt"]


def test_a_failure_leaves_neither_files_nor_folders(tmp_path: Path) -> None:
    def fail() -> None:
        with written_together(tmp_path / "o" / "p") as unfinished:
            (unfinished / "a.txt").write_text("a")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []
