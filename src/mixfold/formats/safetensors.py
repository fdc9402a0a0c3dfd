"""Models as safetensors: arrays as they are, one JSON header, no code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar, final

import numpy as np

from mixfold.errors import MissingExtraError
from mixfold.formats.abstract import Document, unreadable

HEADER = "mixfold"


@final
class SafetensorsFormat:
    """A .safetensors file whose metadata entry "mixfold" is JSON: kind, version, fields."""

    suffix: ClassVar[str] = ".safetensors"

    def write(self, path: Path, document: Document) -> None:
        """Write arrays and header."""
        try:
            from safetensors.numpy import save  # noqa: PLC0415  (optional extra)
        except ImportError as error:
            raise MissingExtraError("safetensors", "io", "Saving models as safetensors") from error
        header = json.dumps({"kind": document.kind, "version": document.version, "fields": document.fields})
        arrays = {name: np.ascontiguousarray(array) for name, array in document.arrays.items()}
        path.write_bytes(save(arrays, metadata={HEADER: header}))

    def read(self, path: Path) -> Document:
        """Read arrays and header."""
        try:
            from safetensors import SafetensorError, safe_open  # noqa: PLC0415  (optional extra)
        except ImportError as error:
            raise MissingExtraError("safetensors", "io", "Loading models from safetensors") from error
        try:
            with safe_open(path, framework="numpy") as file:
                metadata = file.metadata() or {}
                arrays = {name: np.asarray(file.get_tensor(name), dtype=np.float64) for name in file.keys()}  # noqa: SIM118
            header = json.loads(metadata[HEADER])
            return Document(header["kind"], header["version"], header["fields"], arrays)
        except SafetensorError as error:
            raise unreadable(path, f"it is no complete safetensors file ({error})") from error
        except (KeyError, TypeError, ValueError) as error:
            raise unreadable(path, "it lacks mixfold's header") from error
