"""Which kernels are there, and how they are called; what each computes is in test_native.py."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from mixfold.engines import kernels
from mixfold.structures import SPHERICAL

pytestmark = pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")


def test_rows_and_weights_of_different_types_are_refused() -> None:
    rows, ones, one = np.zeros((2, 1), np.float32), np.ones(1), np.zeros((1, 1))
    result = np.empty(2, np.float32)
    kernels.compiled.log_density(
        rows, ones, one, ones, kernels.STRUCTURE_CODES[SPHERICAL], None, -np.inf, None, False, result
    )
    assert np.isfinite(result).all()
    for others in ((rows, np.empty(2)), (rows.astype(">f4"), result), (rows.astype(np.int32), result)):
        with pytest.raises(TypeError, match="incompatible function arguments"):
            kernels.compiled.log_density(others[0], ones, one, ones, 3, None, -np.inf, None, False, others[1])


@pytest.mark.parametrize("type_of_items", [np.float32, np.float64])
def test_the_order_of_bytes_may_be_said_at_length(type_of_items: type[np.floating]) -> None:
    at_length = np.dtype(type_of_items).newbyteorder("<" if sys.byteorder == "little" else ">")
    ones, results = np.ones(1), [np.empty(2, dtype) for dtype in (type_of_items, at_length)]
    for result in results:
        rows = np.array([[0.0], [2.0]], result.dtype)
        kernels.compiled.log_density(rows, ones, np.zeros((1, 1)), ones, 3, None, -np.inf, None, False, result)
    np.testing.assert_array_equal(*results)


def test_an_unknown_structure_is_refused() -> None:
    with pytest.raises(ValueError, match="must be one of 0 to 3, got 4"):
        kernels.compiled.log_density(
            np.zeros((1, 1)), np.ones(1), np.ones((1, 1)), np.ones(1), 4, None, -np.inf, None, False, np.empty(1)
        )


def test_weights_come_in_the_type_of_the_rows() -> None:
    rows = np.zeros((2, 1), np.float32)
    weights = kernels.same_type([1, 2], rows)
    assert weights.dtype == np.float32
    assert kernels.same_type(None, rows) is None


def test_the_kernels_that_run_are_among_those_that_can() -> None:
    assert kernels.instruction_set() in kernels.available_instruction_sets()


def test_rows_of_which_values_are_missing_need_normal_components() -> None:
    ones, result = np.ones(1), np.empty(1)
    with pytest.raises(ValueError, match="need normal components"):
        kernels.compiled.log_density(
            np.zeros((1, 1)), ones, np.zeros((1, 1)), ones, 3, ones, -np.inf, None, True, result
        )
