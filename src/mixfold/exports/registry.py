"""The exporters by name."""

from __future__ import annotations

from mixfold.exports.abstract import Exporter
from mixfold.exports.c import CExporter
from mixfold.exports.javascript import JavaScriptExporter
from mixfold.exports.numpy import NumPyExporter
from mixfold.exports.onnx import ONNXExporter
from mixfold.exports.sql import SQLExporter

EXPORTERS: dict[str, Exporter] = {
    exporter.name: exporter
    for exporter in (ONNXExporter(), CExporter(), SQLExporter(), NumPyExporter(), JavaScriptExporter())
}
