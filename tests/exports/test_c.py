"""A mixture as C99: compiled, and run."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.errors import InputError
from mixfold.exports import CExporter, export
from tests.exports.examples import example

COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
pytestmark = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")


def compiled(source: Path, *options: str) -> ctypes.CDLL:
    """Compile a file with every warning an error."""
    library = source.with_suffix(".so")
    strict = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC"]
    subprocess.run([str(COMPILER), *strict, *options, str(source), "-o", str(library), "-lm"], check=True)
    return ctypes.CDLL(str(library))


@pytest.mark.parametrize(("covariance_type", "real", "tolerance"), [
    ("full", "double", 1e-9), ("factor:1", "double", 1e-9), ("full", "float", 2e-2),
])  # fmt: skip
def test_c_scores_as_the_mixture_does(tmp_path: Path, covariance_type: str, real: str, tolerance: float) -> None:
    mixture, rows, threshold = example(covariance_type)
    export(mixture, tmp_path / "scorer.c", threshold=threshold)
    library = compiled(tmp_path / "scorer.c", f"-DREAL={real}")
    dtype = np.float64 if real == "double" else np.float32
    number = ctypes.c_double if real == "double" else ctypes.c_float
    pointer = ctypes.POINTER(number)
    labels, probabilities, densities, anomalies = [], [], [], []
    for row in rows.astype(dtype):
        shares, density = np.zeros(4, dtype), number()
        at = row.ctypes.data_as(pointer)
        labels.append(library.mixture_predict(at, shares.ctypes.data_as(pointer), ctypes.byref(density)))
        probabilities.append(shares)
        densities.append(density.value)
        anomalies.append(library.mixture_is_anomaly(at))
    np.testing.assert_allclose(densities, mixture.log_density(rows), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(probabilities, mixture.responsibilities(rows), atol=tolerance)
    clear = np.max(mixture.responsibilities(rows), axis=1) > 0.6
    np.testing.assert_array_equal(np.array(labels)[clear], mixture.labels(rows)[clear])
    far = np.abs(mixture.log_density(rows) - threshold) > 1.0
    np.testing.assert_array_equal(np.array(anomalies, bool)[far], (mixture.log_density(rows) < threshold)[far])


def test_a_row_that_is_not_finite_has_no_label_in_c(tmp_path: Path) -> None:
    export(Mixture([1.0, 0.0], [[0.0], [1.0]], [1.0, 1.0], "spherical"), tmp_path / "scorer.c", threshold=-9.0)
    library = compiled(tmp_path / "scorer.c")
    row = (ctypes.c_double * 1)(float("nan"))
    assert library.mixture_predict(row, None, None) == -1
    assert library.mixture_is_anomaly(row) == 1
    assert library.mixture_predict((ctypes.c_double * 1)(50.0), None, None) == 0  # the other has no weight


def test_a_prefix_names_everything(tmp_path: Path) -> None:
    export(example("diag")[0], tmp_path / "scorer.c", CExporter("flowers"))
    assert compiled(tmp_path / "scorer.c").flowers_predict
    with pytest.raises(InputError, match="name in C"):
        CExporter("9 lives")
