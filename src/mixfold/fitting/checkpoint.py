"""A file that a fit can go on from: whole at every moment, and refused where it is not this fit's."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

from mixfold.atomic import written_whole
from mixfold.errors import CheckpointError, MixfoldError, ModelFileError, OutputError
from mixfold.formats.abstract import DAMAGE, Document
from mixfold.formats.npz import NpzFormat
from mixfold.typing import FloatArray

KIND, VERSION = "checkpoint", 2
SHARE = 0.02
"""Of the time, what writing may take: a fit of long iterations writes after each, one of short ones now and then."""


@final
@dataclass(slots=True)
class Checkpoint:
    """Named arrays and fields in a file, under the identity of the computation that they are a state of.

    Parameters
    ----------
    path : str or path
        Of the file, with any suffix (it is written as .npz).
    identity : mapping of str to str
        What must be equal for a state to be of use: settings and fingerprints of data, under names for people.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mixfold.fitting import Checkpoint
    >>> checkpoint = Checkpoint(Path(tempfile.mkdtemp()) / "fit.npz", {"n_components": "3"})
    >>> checkpoint.load() is None
    True
    >>> checkpoint.save({"iteration": 4}, {})
    >>> checkpoint.load().fields["iteration"]
    4
    """

    path: str | os.PathLike[str]
    identity: Mapping[str, str]
    _next: float = field(default=0.0, init=False)

    def load(self) -> Document | None:
        """Give the last state; None if there is no file yet.

        Raises
        ------
        CheckpointError
            If the file is damaged, or of a computation with another identity.
        """
        path = Path(self.path)
        if not path.exists():
            return None
        if path.is_dir():
            message = f"{path} must be a file that a fit keeps its state in, but it is a folder. Choose another path."
            raise CheckpointError(message)
        try:
            document = NpzFormat().read(path)
        except ModelFileError as error:
            raise _damaged(path, error) from error
        if document.kind != KIND or document.version != VERSION:
            message = (
                f"{path} must be a checkpoint of version {VERSION}, but holds a {document.kind} of version "
                f"{document.version}. Choose another path for the checkpoint."
            )
            raise CheckpointError(message)
        identity = document.fields.get("identity")
        if not isinstance(identity, dict):
            raise _damaged(path, "it does not say of which fit it is")
        self._refuse_other(path, identity)
        return document

    @contextmanager
    def decoding(self) -> Iterator[None]:
        """Give the one error for what cannot be made of a state that was loaded.

        Raises
        ------
        CheckpointError
            Naming the file.
        """
        try:
            yield
        except (*DAMAGE, MixfoldError) as error:
            raise _damaged(self.path, f"its content is none ({type(error).__name__}: {error})") from error

    @property
    def is_due(self) -> bool:
        """Whether so much time has passed since the last save that another one is cheap."""
        return time.perf_counter() >= self._next

    def save(self, fields: dict[str, Any], arrays: dict[str, FloatArray]) -> None:
        """Replace the file by a new state.

        Raises
        ------
        CheckpointError
            If it cannot be written, as on a full disk; the file is then what it was.
        """
        began = time.perf_counter()
        document = Document(KIND, VERSION, {**fields, "identity": dict(self.identity)}, arrays)
        try:
            with written_whole(self.path) as unfinished:
                NpzFormat().write(unfinished, document)
        except OSError as error:
            reason = error.reason if isinstance(error, OutputError) else (error.strerror or str(error)).lower()
            there = "the one written before is whole" if Path(self.path).exists() else "there is none yet"
            message = (
                f"The checkpoint {self.path} must be writable, but it is not: {reason}; {there}. Make room, or choose "
                "another place, and run the same fit again: it goes on from the last checkpoint."
            )
            raise CheckpointError(message) from error
        now = time.perf_counter()
        self._next = now + (now - began) / SHARE

    def _refuse_other(self, path: Path, then: Mapping[str, str]) -> None:
        now = self.identity
        other = [name for name in {**now, **then} if now.get(name) != then.get(name)]
        if other:
            what = ", ".join(f"`{name}` {then.get(name, 'absent')} (now {now.get(name, 'absent')})" for name in other)
            message = (
                f"{path} is the checkpoint of another fit: it has {what}. Fit with what it has, remove it, or choose "
                "another path."
            )
            raise CheckpointError(message)


def _damaged(path: str | os.PathLike[str], reason: object) -> CheckpointError:
    return CheckpointError(
        f"{path} must be a checkpoint, but it cannot be read as one: {str(reason).rstrip('.')}. If it is another file "
        "of yours, choose another path for the checkpoint; if a fit wrote it, move it away to begin anew."
    )
