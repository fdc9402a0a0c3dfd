"""Mixtures that leave Python, as programs that need nothing of this package, one file a language.

An `Exporter` (abstract.py) turns a `Scorer`, which is a mixture as plain arrays, into a file that gives for each row
the most probable component, the probabilities of all, and the log density: C99 (c.py), SQL (sql.py), Python with NumPy
alone (numpy.py), JavaScript (javascript.py) and ONNX (onnx.py). registry.py lists them.
"""

from mixfold.exports.abstract import Exporter
from mixfold.exports.c import CExporter
from mixfold.exports.files import export
from mixfold.exports.javascript import JavaScriptExporter
from mixfold.exports.numpy import NumPyExporter
from mixfold.exports.onnx import ONNXExporter
from mixfold.exports.registry import EXPORTERS
from mixfold.exports.scorer import Scorer
from mixfold.exports.sql import SQLExporter

__all__ = [
    "EXPORTERS",
    "CExporter",
    "Exporter",
    "JavaScriptExporter",
    "NumPyExporter",
    "ONNXExporter",
    "SQLExporter",
    "Scorer",
    "export",
]
