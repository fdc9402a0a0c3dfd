"""Model files, one file a format.

A `Document` (abstract.py) is named arrays under a versioned header; a `Format` writes and reads one. files.py chooses
the format by the suffix of the path and writes atomically: `.safetensors` (safetensors.py), `.json` (json.py) or `.npz`
(npz.py, which needs nothing but NumPy).
"""

from mixfold.formats.abstract import DAMAGE, Document, Format
from mixfold.formats.files import FORMATS, read_document, write_document

__all__ = ["DAMAGE", "FORMATS", "Document", "Format", "read_document", "write_document"]
