"""A mixture as an ONNX model: run by onnxruntime."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from mixfold.errors import InputError, MissingExtraError
from mixfold.exports import ONNXExporter, export
from tests.exports.examples import example


@pytest.mark.parametrize(("covariance_type", "dtype", "tolerance"), [
    ("full", "float64", 1e-9), ("factor:1", "float64", 1e-9), ("full", "float32", 2e-2),
])  # fmt: skip
def test_the_model_scores_as_the_mixture_does(
    tmp_path: Path, covariance_type: str, dtype: str, tolerance: float
) -> None:
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    mixture, rows, threshold = example(covariance_type)
    rows = rows.astype(dtype).astype(float)
    exporter = ONNXExporter(dtype)  # type: ignore[arg-type]
    export(mixture, tmp_path / "scorer.onnx", exporter, threshold=threshold)
    session = runtime.InferenceSession(tmp_path / "scorer.onnx", providers=["CPUExecutionProvider"])
    found = dict(
        zip((each.name for each in session.get_outputs()), session.run(None, {"rows": rows.astype(dtype)}), strict=True)
    )
    assert found["log_density"].dtype == dtype
    np.testing.assert_allclose(found["log_density"], mixture.log_density(rows), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(found["probabilities"], mixture.responsibilities(rows), atol=tolerance)
    clear = np.max(mixture.responsibilities(rows), axis=1) > 0.6
    np.testing.assert_array_equal(found["label"][clear], mixture.labels(rows)[clear])
    far = np.abs(mixture.log_density(rows) - threshold) > 0.1
    np.testing.assert_array_equal(found["is_anomaly"][far], (mixture.log_density(rows) < threshold)[far])
    unknown = session.run(["label"], {"rows": np.full((1, 3), np.nan, dtype)})[0]
    assert unknown.tolist() == [-1]


def test_onnx_is_asked_for_by_name_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtraError, match="needs the package `onnx`"):
        export(example("full")[0], tmp_path / "scorer.onnx")
    assert not list(tmp_path.iterdir())


def test_a_dtype_is_single_or_double() -> None:
    with pytest.raises(InputError, match="'float32' or 'float64', got 'float16'"):
        ONNXExporter("float16")  # type: ignore[arg-type]
