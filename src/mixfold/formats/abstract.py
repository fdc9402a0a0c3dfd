"""The contract of a format: a document to a file and back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from mixfold.errors import ModelFileError
from mixfold.typing import FloatArray

DAMAGE = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, RecursionError)
"""What Python's own readers, and looking into what they gave, raise at content that is not what is expected."""


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

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.formats import Document
    >>> document = Document("note", 1, {"about": "two numbers"}, {"values": np.array([1.0, 2.0])})
    >>> len(document.digest)
    64
    """

    kind: str
    version: int
    fields: dict[str, Any]
    arrays: dict[str, FloatArray]

    @property
    def digest(self) -> str:
        """SHA-256 of everything, by which a reader notices damage that still parses."""
        content = [self.kind, self.version, self.fields, {name: array.shape for name, array in self.arrays.items()}]
        total = sha256(json.dumps(content, sort_keys=True).encode())
        for name in sorted(self.arrays):
            total.update(np.ascontiguousarray(self.arrays[name], dtype="<f8").tobytes())
        return total.hexdigest()


class Format(Protocol):
    """Reads and writes documents; reading never runs code from the file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mixfold.formats import Document, Format
    >>> from mixfold.formats.json import JSONFormat
    >>> form: Format = JSONFormat()
    >>> path = Path(tempfile.mkdtemp()) / "note.json"
    >>> form.write(path, Document("note", 1, {}, {"values": np.array([1.0, 2.0])}))
    >>> form.read(path).arrays["values"]
    array([1., 2.])
    """

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


def header_of(document: Document) -> dict[str, Any]:
    """Give everything of a document but its arrays, with the checksum of it all, in JSON's types."""
    return {
        "kind": document.kind,
        "version": document.version,
        "fields": document.fields,
        "sha256": document.digest,
    }


def document_of(path: Path, header: Any, arrays: dict[str, FloatArray], *, by_hand: bool = False) -> Document:
    """Give the document of a header that `header_of` gave, and of its arrays.

    Parameters
    ----------
    path : Path
        For the message.
    header : object
        What JSON gave.
    arrays : dict of str to ndarray
    by_hand : bool
        Whether a checksum of None stands for a file that somebody wrote or changed.

    Raises
    ------
    ModelFileError
        If the header is none, or the content was changed after it was saved.
    """
    try:
        kind, version, fields, digest = (header[name] for name in ("kind", "version", "fields", "sha256"))
        if not isinstance(kind, str) or type(version) is not int or not isinstance(fields, dict):
            raise TypeError("kind, version and fields must be text, a whole number and an object")  # noqa: TRY003
        document = Document(kind, version, fields, arrays)
        is_sound = digest == document.digest or (by_hand and digest is None)
    except DAMAGE as error:
        raise unreadable(path, f"it lacks mixfold's header ({type(error).__name__}: {error})") from error
    if not is_sound:
        raise unreadable(path, "its content does not match its checksum")
    return document


def unreadable(path: Path, reason: object) -> ModelFileError:
    """Give the one error for files that cannot be read."""
    return ModelFileError(
        f"{path} must be a model file written by mixfold, but {reason}. It is truncated, corrupted or of another "
        "program; save the model again."
    )
