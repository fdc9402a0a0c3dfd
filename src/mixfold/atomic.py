"""Files that appear whole or not at all, alone and together.

What is under way lies beside its target under a name with `MARK` in it, locked by its process. A process that was
killed leaves it behind, unlocked, and the next one to write there removes it; files that were whole and about to move
it moves to their places.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mixfold.errors import OutputError

try:
    import fcntl
except ImportError:  # on Windows, where nobody can know what was left behind: it stays
    HAS_LOCKS = False
else:
    HAS_LOCKS = True

MARK = ".mixfold-"
WHOLE = f"{MARK}whole-"
"""How the name of a folder begins whose files are all there, and about to move."""
FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the quota is used up", errno.EFBIG: "the file is too large"}


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path to write to that becomes `path` when the block ends well, and vanishes when it does not.

    The temporary file lies in the same folder and keeps the suffix of `path`, by which many writers choose a format.
    Who may read and write a file that is replaced, may read and write the new one.

    Parameters
    ----------
    path : path
        Of the file to be.

    Yields
    ------
    unfinished : Path

    Raises
    ------
    OutputError
        If there is no room for it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mixfold.atomic import written_whole
    >>> target = Path(tempfile.mkdtemp()) / "note.txt"
    >>> with written_whole(target) as path:
    ...     _ = path.write_text("all of it")
    >>> target.read_text()
    'all of it'
    """
    target = Path(path)
    begin = f".{target.stem}{MARK}"
    _remove_left_behind(target.parent, begin, target.suffix)
    unfinished = target.with_name(f"{begin}{secrets.token_hex(4)}{target.suffix}")
    try:
        with _said_of(target, unfinished):
            mode = _mode_of(target)
            # Readable by others only if the old file was, from its first byte on.
            made = os.open(
                unfinished, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666 if mode is None else mode | stat.S_IRWXU
            )
            with _locked(made):
                yield unfinished
                _replace(unfinished, target, mode)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def written_together(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """Give an empty folder to write into, whose files move to `folder` when the block ends well.

    When it does not, nothing remains, not even `folder` if it was made here.

    Parameters
    ----------
    folder : path
        Made if it is not there.

    Yields
    ------
    unfinished : Path

    Raises
    ------
    OutputError
        If there is no room for them.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mixfold.atomic import written_together
    >>> folder = Path(tempfile.mkdtemp()) / "results"
    >>> with written_together(folder) as unfinished:
    ...     _ = (unfinished / "note.txt").write_text("all of it")
    >>> [path.name for path in folder.iterdir()]
    ['note.txt']
    """
    place = Path(folder)
    with folder_made(place, keep=True):
        finish_left_behind(place)
        unfinished = Path(tempfile.mkdtemp(prefix=MARK, dir=place))
        whole = place / unfinished.name.replace(MARK, WHOLE, 1)
        try:
            with _said_of(place, unfinished), _locked(_opened(unfinished)):
                yield unfinished
                unfinished.rename(whole)
                _move_out(whole, place)
        finally:
            for path in (unfinished, whole):
                shutil.rmtree(path, ignore_errors=True)


def finish_left_behind(folder: Path) -> None:
    """End what processes began in a folder that were killed: move what was whole, and remove what was not.

    Parameters
    ----------
    folder : Path
        Given to `written_together`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mixfold.atomic import finish_left_behind
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / ".mixfold-1").mkdir()
    >>> finish_left_behind(folder)
    >>> list(folder.iterdir())
    []
    """
    for path in _left_behind(folder, MARK, ""):
        if path.name.startswith(WHOLE):
            _move_out(path, folder)
        elif path.is_dir():
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def folder_made(folder: Path, *, keep: bool) -> Iterator[None]:
    """Make a folder and those above it; when the block fails, or nothing is to be kept, remove those that were made.

    Parameters
    ----------
    folder : Path
    keep : bool
        Whether they stay when the block ends well.

    Yields
    ------
    nothing : None

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mixfold.atomic import folder_made
    >>> folder = Path(tempfile.mkdtemp()) / "a" / "b"
    >>> with folder_made(folder, keep=False):
    ...     folder.is_dir()
    True
    >>> folder.parent.exists()
    False
    """
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        keep = False
        raise
    finally:
        if not keep:
            for place in made:
                with suppress(OSError):
                    place.rmdir()


def _move_out(whole: Path, folder: Path) -> None:
    for path in sorted(whole.iterdir()):
        target = folder / path.name
        _replace(path, target, _mode_of(target))
    whole.rmdir()


def _replace(path: Path, target: Path, mode: int | None) -> None:
    if mode is not None:
        path.chmod(mode)
    path.replace(target)


def _mode_of(path: Path) -> int | None:
    """Give who may read and write a file; None where there is none."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return None


def _opened(folder: Path) -> int | None:
    return os.open(folder, os.O_RDONLY) if HAS_LOCKS else None


@contextmanager
def _locked(descriptor: int | None) -> Iterator[None]:
    """Hold a lock while the process lives, where the system and its files know locks; then close."""
    if not HAS_LOCKS and descriptor is not None:
        os.close(descriptor)  # Windows neither writes nor moves what is open
        descriptor = None
    try:
        if descriptor is not None:
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _remove_left_behind(folder: Path, begin: str, end: str) -> None:
    for path in _left_behind(folder, begin, end):
        path.unlink(missing_ok=True)


def _left_behind(folder: Path, begin: str, end: str) -> list[Path]:
    """Give what lies in a folder under such names, and is locked by nobody."""
    try:
        found = [path for path in folder.iterdir() if path.name.startswith(begin) and path.name.endswith(end)]
    except OSError:
        return []  # the writing that follows says it
    return [path for path in sorted(found) if _is_left_behind(path)]


def _is_left_behind(path: Path) -> bool:
    if not HAS_LOCKS:
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False  # somebody writes it, or nobody can know
    else:
        return True
    finally:
        os.close(descriptor)


@contextmanager
def _said_of(target: Path, unfinished: Path) -> Iterator[None]:
    """Say what goes wrong with the unfinished file, or in the unfinished folder, of the one to be."""
    try:
        yield
    except OutputError as error:
        if error.path.parent == unfinished:
            raise OutputError(target / error.path.name, error.reason) from error
        raise
    except OSError as error:
        # NumPy's own, without a number, says how many items it could write.
        if error.errno in FULL or (error.errno is None and "requested and" in str(error)):
            reason = FULL.get(error.errno or 0, "there is no room for it")
            raise OutputError(_under_way(target, unfinished), reason) from error
        if error.filename == str(unfinished):
            error.filename = str(target)
        raise


def _under_way(target: Path, unfinished: Path) -> Path:
    """Give the target; of a folder the file that was written to last."""
    files = list(unfinished.iterdir()) if unfinished.is_dir() else []
    return target / max(files, key=lambda path: path.stat().st_mtime_ns).name if files else target
