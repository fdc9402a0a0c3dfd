"""Models as safetensors: arrays as they are, one JSON header, no code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar, final

import numpy as np

from mixfold.errors import MissingExtraError
from mixfold.formats.abstract import Document, unreadable, verified

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
        header = {
            "kind": document.kind,
            "version": document.version,
            "fields": document.fields,
            "sha256": document.digest,
        }
        arrays = {name: np.asarray(array, order="C") for name, array in document.arrays.items()}
        path.write_bytes(save(arrays, metadata={HEADER: json.dumps(header)}))

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
            document = Document(header["kind"], header["version"], header["fields"], arrays)
        except SafetensorError as error:
            raise unreadable(path, f"it is no complete safetensors file ({error})") from error
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise unreadable(path, "it lacks mixfold's header") from error
        return verified(path, document, header.get("sha256"))
