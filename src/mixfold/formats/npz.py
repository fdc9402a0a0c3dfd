"""Models as NumPy's .npz archives: arrays as they are, one JSON header, nothing to install."""

from __future__ import annotations

import json
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import ClassVar, final

import numpy as np

from mixfold.formats.abstract import Document, unreadable, verified

HEADER = "mixfold"
DAMAGE = (KeyError, TypeError, ValueError, AttributeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)


@final
class NpzFormat:
    """A .npz file whose entry "mixfold" is JSON as bytes: kind, version, fields, sha256."""

    suffix: ClassVar[str] = ".npz"

    def write(self, path: Path, document: Document) -> None:
        """Write arrays and header."""
        header = {
            "kind": document.kind,
            "version": document.version,
            "fields": document.fields,
            "sha256": document.digest,
        }
        entries = {HEADER: np.frombuffer(json.dumps(header).encode(), dtype=np.uint8), **document.arrays}
        with path.open("wb") as file:
            np.savez(file, allow_pickle=False, **entries)  # type: ignore[arg-type]  # header and arrays differ

    def read(self, path: Path) -> Document:
        """Read arrays and header; nothing in the file is ever executed."""
        try:
            with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as file:
                header = json.loads(file[HEADER].tobytes())
                arrays = {name: np.asarray(file[name], dtype=np.float64) for name in file.files if name != HEADER}
            document = Document(header["kind"], header["version"], header["fields"], arrays)
        except DAMAGE as error:
            raise unreadable(path, f"it is no complete .npz file ({type(error).__name__}: {error})") from error
        return verified(path, document, header.get("sha256"))
