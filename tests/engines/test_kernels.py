"""Which kernels are there, and how they are called; what each computes is in test_native.py."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.engines import kernels

pytestmark = pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")


def test_kernels_are_those_of_the_type_of_the_rows() -> None:
    for dtype in (np.float32, np.float64):
        kernel = kernels.kernel_for("labels", np.zeros((1, 1), dtype))
        assert kernel.__name__ == f"labels_{np.dtype(dtype).name}"


def test_weights_come_in_the_type_of_the_rows() -> None:
    rows = np.zeros((2, 1), np.float32)
    weights = kernels.same_type([1, 2], rows)
    assert weights.dtype == np.float32
    assert kernels.same_type(None, rows) is None


def test_the_kernels_that_run_are_among_those_that_can() -> None:
    assert kernels.instruction_set() in kernels.available_instruction_sets()
