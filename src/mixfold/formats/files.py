"""Documents to files and back, by the suffix of the path."""

from __future__ import annotations

import os
from pathlib import Path

from mixfold.atomic import written_whole
from mixfold.errors import ModelFileError
from mixfold.formats.abstract import Document, Format
from mixfold.formats.json import JSONFormat
from mixfold.formats.npz import NpzFormat
from mixfold.formats.safetensors import SafetensorsFormat

FORMATS: dict[str, Format] = {format_.suffix: format_ for format_ in (SafetensorsFormat(), JSONFormat(), NpzFormat())}


def write_document(path: str | os.PathLike[str], document: Document) -> None:
    """Write a document; the file appears whole or not at all.

    Parameters
    ----------
    path : path
        Its suffix names the format.
    document : Document

    Raises
    ------
    ModelFileError
        If the suffix names no format.
    MissingExtraError
        If the format's package is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mixfold.formats import Document, read_document, write_document
    >>> path = Path(tempfile.mkdtemp()) / "note.safetensors"
    >>> write_document(path, Document("note", 1, {"about": "two numbers"}, {"values": np.array([1.0, 2.0])}))
    >>> read_document(path, "note", 1).fields["about"]
    'two numbers'
    """
    format_ = _format_of(Path(path))
    with written_whole(path) as unfinished:
        format_.write(unfinished, document)


def read_document(path: str | os.PathLike[str], kind: str, newest_version: int) -> Document:
    """Read a document of a kind, in a version not newer than `newest_version`.

    Parameters
    ----------
    path : path
        Its suffix names the format.
    kind : str
    newest_version : int

    Returns
    -------
    document : Document

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ModelFileError
        If it is truncated, corrupted, foreign, of another kind or too new.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mixfold.formats import Document, read_document, write_document
    >>> path = Path(tempfile.mkdtemp()) / "note.json"
    >>> write_document(path, Document("note", 1, {}, {"values": np.array([1.0, 2.0])}))
    >>> read_document(path, "note", 1).arrays["values"]
    array([1., 2.])
    """
    source = Path(path)
    if source.is_dir():
        inside = ", ".join(str(file) for file in sorted(source.iterdir()) if file.suffix in FORMATS)
        message = f"A model must be a file, but {source} is a folder. Name a model in it: {inside or 'there is none'}."
        raise FileNotFoundError(message)
    if not source.is_file():
        message = f"There is no model file {source}. Check the path."
        raise FileNotFoundError(message)
    document = _format_of(source).read(source)
    if document.kind != kind:
        message = f"{source} must hold a {kind}, but holds a {document.kind}. Load it with what saved it."
        raise ModelFileError(message)
    if document.version < 1:
        message = f"{source} must have a version from 1 up, got {document.version}. It was damaged: save it again."
        raise ModelFileError(message)
    if document.version > newest_version:
        message = (
            f"{source} has version {document.version} of a {kind}, and this mixfold reads versions up to "
            f"{newest_version}. Update mixfold."
        )
        raise ModelFileError(message)
    return document


def _format_of(path: Path) -> Format:
    if path.suffix not in FORMATS:
        message = f"The name of a model file must end in {' or '.join(FORMATS)}, got {path.name!r}."
        raise ModelFileError(message)
    return FORMATS[path.suffix]
