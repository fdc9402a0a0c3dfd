"""Models as NumPy's .npz archives: arrays as they are, one JSON header, nothing to install."""

from __future__ import annotations

import json
import struct
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar, final

import numpy as np

from mixfold.formats.abstract import DAMAGE, Document, document_of, header_of, unreadable
from mixfold.npy_header import NpyHeader

HEADER = "mixfold"
SUFFIX = ".npy"
"""Of the members of an archive, whose names are those of the arrays."""
_ENCRYPTED = 1
"""The bit among the flags of a member."""


@final
class NpzFormat:
    """A .npz file whose entry "mixfold" is JSON as bytes: kind, version, fields, sha256.

    Its members are stored as they are, so that reading takes no more memory than the file has bytes: what is compressed
    is refused before it is inflated.
    """

    suffix: ClassVar[str] = ".npz"

    def write(self, path: Path, document: Document) -> None:
        """Write arrays and header."""
        entries = {HEADER: np.frombuffer(json.dumps(header_of(document)).encode(), dtype=np.uint8), **document.arrays}
        with path.open("wb") as file:
            np.savez(file, **entries)  # type: ignore[arg-type]  # header and arrays differ; there are no objects

    def read(self, path: Path) -> Document:
        """Read arrays and header; nothing in the file is ever executed."""
        try:
            content = path.read_bytes()
            with zipfile.ZipFile(BytesIO(content)) as archive:
                members = archive.infolist()
                _refuse_compressed(members, len(content))
                arrays = {member.filename.removesuffix(SUFFIX): _array(archive.read(member)) for member in members}
            header = json.loads(arrays.pop(HEADER).tobytes())
            arrays = {name: array.astype(np.float64) for name, array in arrays.items()}
        except (*DAMAGE, EOFError, RuntimeError, struct.error, zipfile.BadZipFile) as error:
            raise unreadable(path, f"it is no complete .npz file ({type(error).__name__}: {error})") from error
        return document_of(path, header, arrays)


def _refuse_compressed(members: list[zipfile.ZipInfo], n_bytes: int) -> None:
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & _ENCRYPTED:
            message = f"{member.filename!r} in it is compressed or encrypted, which this program never writes"
            raise ValueError(message)
    claimed = sum(member.file_size for member in members)
    if claimed > n_bytes:
        message = f"it has {n_bytes} bytes, and claims to hold {claimed}"
        raise ValueError(message)


def _array(content: bytes) -> np.ndarray[Any, Any]:
    """Give the array of a member, of the numbers that a document is made of."""
    file = BytesIO(content)
    header = NpyHeader.read(file)
    header.refuse_shorter(len(content))
    if header.dtype.kind not in "fu":
        message = f"it holds {header.dtype}, where float64 is expected"
        raise ValueError(message)
    flat = np.frombuffer(content, header.dtype, offset=header.offset)
    return flat.reshape(header.shape, order="F" if header.by_columns else "C")
