"""Models as safetensors: arrays as they are, one JSON header, no code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar, final

import numpy as np

from mixfold.errors import MissingExtraError
from mixfold.formats.abstract import DAMAGE, Document, document_of, header_of, unreadable
from mixfold.typing import FloatArray

HEADER = "mixfold"


@final
class SafetensorsFormat:
    """A .safetensors file whose metadata entry "mixfold" is JSON: kind, version, fields, sha256."""

    suffix: ClassVar[str] = ".safetensors"

    def write(self, path: Path, document: Document) -> None:
        """Write arrays and header."""
        try:
            from safetensors.numpy import save  # noqa: PLC0415  (optional extra)
        except ImportError as error:
            raise MissingExtraError("safetensors", "io", "Saving models as safetensors") from error
        arrays = {name: np.asarray(array, order="C") for name, array in document.arrays.items()}
        path.write_bytes(save(arrays, metadata={HEADER: json.dumps(header_of(document))}))

    def read(self, path: Path) -> Document:
        """Read arrays and header."""
        try:
            from safetensors import SafetensorError, safe_open  # noqa: PLC0415  (optional extra)
        except ImportError as error:
            raise MissingExtraError("safetensors", "io", "Loading models from safetensors") from error
        try:
            with safe_open(path, framework="numpy") as file:
                header = json.loads((file.metadata() or {})[HEADER])
                arrays = {name: _array(file, name) for name in file.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise unreadable(path, f"it is no complete safetensors file ({error})") from error
        except DAMAGE as error:
            raise unreadable(path, f"it lacks mixfold's header ({type(error).__name__}: {error})") from error
        return document_of(path, header, arrays)


def _array(file: Any, name: str) -> FloatArray:
    kind = file.get_slice(name).get_dtype()
    if kind != "F64":
        message = f"{name!r} in it holds {kind}, where F64 is expected"
        raise ValueError(message)
    array: FloatArray = file.get_tensor(name)
    return array
