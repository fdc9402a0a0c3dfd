"""Models as JSON: larger, and readable by people and by any language."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar, final

import numpy as np

from mixfold.formats.abstract import DAMAGE, Document, document_of, header_of, unreadable


@final
class JSONFormat:
    """A .json file: {"mixfold": kind, "version": ..., "sha256": ..., "fields": {...}, "arrays": {...}}.

    Numbers round-trip exactly. Whoever edits such a file by hand makes its "sha256" null.
    """

    suffix: ClassVar[str] = ".json"

    def write(self, path: Path, document: Document) -> None:
        """Write arrays as nested lists."""
        header = header_of(document)
        content = {
            "mixfold": header.pop("kind"),
            **header,
            "arrays": {name: array.tolist() for name, array in document.arrays.items()},
        }
        path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")

    def read(self, path: Path) -> Document:
        """Read nested lists as arrays."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            arrays = {name: np.asarray(values, dtype=np.float64) for name, values in content["arrays"].items()}
            header = {**content, "kind": content["mixfold"]}
        except DAMAGE as error:
            raise unreadable(path, f"it is not the JSON that is expected ({type(error).__name__}: {error})") from error
        if "sha256" not in header:
            raise unreadable(path, 'it lacks its checksum "sha256", which is null only where somebody edited it')
        return document_of(path, header, arrays, by_hand=True)
