"""The contract of a format: a document to a file and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from mixfold.errors import ModelFileError
from mixfold.typing import FloatArray


@dataclass(frozen=True, slots=True)
class Document:
    """What every format stores: named arrays under a versioned header.

    Attributes
    ----------
    kind : str
        What the document describes ("mixture").
    version : int
        Version of that kind's layout; a reader refuses versions newer than its own.
    fields : dict
        Everything that is no array, in JSON's types.
    arrays : dict of str to ndarray
        float64.
    """

    kind: str
    version: int
    fields: dict[str, Any]
    arrays: dict[str, FloatArray]


class Format(Protocol):
    """Reads and writes documents; reading never runs code from the file."""

    suffix: ClassVar[str]

    def write(self, path: Path, document: Document) -> None:
        """Write the document to a new file."""

    def read(self, path: Path) -> Document:
        """Read a document.

        Raises
        ------
        ModelFileError
            If the file is truncated, corrupted or foreign.
        """


def unreadable(path: Path, reason: object) -> ModelFileError:
    """Give the one error for files that cannot be read."""
    return ModelFileError(
        f"{path} must be a model file written by mixfold, but {reason}. It is truncated, corrupted or of another "
        "program; save the model again."
    )
