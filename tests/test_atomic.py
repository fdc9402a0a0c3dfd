"""Files that appear whole or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mixfold.atomic import finish_left_behind, written_together, written_whole

KILLED_WHILE_WRITING = """
import os, signal, sys
from mixfold import atomic
from pathlib import Path
with atomic.written_whole(sys.argv[1]) as path:
    path.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
KILLED_BETWEEN_MOVES = """
import os, signal, sys
from mixfold import atomic
from pathlib import Path
replace = atomic._replace
def once(*arguments):
    replace(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
atomic._replace = once
with atomic.written_together(sys.argv[1]) as folder:
    for name in "abc":
        (folder / name).write_text("new")
"""
KILLED_BEFORE_THE_END = """
import os, signal, sys
from mixfold import atomic
with atomic.written_together(sys.argv[1]) as folder:
    (folder / "a").write_text("new")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(script: str, path: Path) -> None:
    """Run a script that kills itself."""
    ended = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


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
    killed(KILLED_WHILE_WRITING, tmp_path / "a.txt")
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
    for name in "abc":
        (tmp_path / name).write_text("old")
    killed(KILLED_BETWEEN_MOVES, tmp_path)
    assert {(tmp_path / name).read_text() for name in "abc"} == {"old", "new"}
    finish_left_behind(tmp_path)
    assert [(tmp_path / name).read_text() for name in "abc"] == ["new"] * 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]


def test_files_of_a_process_killed_before_all_were_written_never_appear(tmp_path: Path) -> None:
    killed(KILLED_BEFORE_THE_END, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    finish_left_behind(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_names_the_file_and_leaves_nothing(tmp_path: Path) -> None:
    # A limit on the size of files fails in the same call as a full disk does, in a process of its own.
    script = f"""
import resource
import numpy as np
from mixfold.atomic import written_together, written_whole
from mixfold.errors import OutputError
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
def as_bytes(path):
    path.write_bytes(bytes(100_000))
def as_array(path):
    np.save(path.open("wb"), np.ones(20_000))
def written(write, path):
    with written_whole(path) as path:
        write(path)
for write in (as_bytes, as_array):
    for together in (False, True):
        try:
            if together:
                with written_together({str(tmp_path)!r}) as folder:
                    written(write, folder / "a.npy")
            else:
                written(write, {str(tmp_path / "a.npy")!r})
        except OutputError as error:
            print(error)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    expected = f"{tmp_path / 'a.npy'} cannot be written: "
    assert [line[: len(expected)] for line in ended.stdout.splitlines()] == [expected] * 4
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_names_the_file_of_a_folder_that_was_under_way(tmp_path: Path) -> None:
    script = f"""
import resource
from mixfold.atomic import written_together
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
with written_together({str(tmp_path)!r}) as folder:
    (folder / "small.txt").write_text("all of it")
    (folder / "large.txt").write_bytes(bytes(100_000))
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert f"OutputError: {tmp_path / 'large.txt'} cannot be written: the file is too large" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_files_appear_where_the_system_knows_no_locks(tmp_path: Path) -> None:
    script = f"""
import sys
sys.modules["fcntl"] = None  # as on Windows
from pathlib import Path
from mixfold.atomic import written_together, written_whole
place = Path({str(tmp_path)!r})
with written_whole(place / "a.txt") as path:
    path.write_text("a")
with written_together(place) as folder:
    (folder / "b.txt").write_text("b")
"""
    subprocess.run([sys.executable, "-c", script], check=True)
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
