"""What comes in, checked once at the door: each fault with its message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from mixfold import GaussianMixture, StudentMixture
from mixfold.errors import InputError, ShapeError
from mixfold.typing import Array, FloatArray
from mixfold.validation import array_of_shape, feature_indices, is_tensor, rows_of, weights_of


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floating_rows_come_through_as_they_are(dtype: type, library: Callable[[FloatArray], Array]) -> None:
    rows = library(np.ones((3, 2), dtype=dtype))
    assert rows_of(rows) is rows


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.bool_, np.float16])
def test_other_numbers_become_float64(dtype: type, library: Callable[[FloatArray], Array]) -> None:
    assert str(rows_of(library(np.ones((3, 2), dtype=dtype))).dtype).endswith("float64")


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_become_arrays(frame: Callable[[dict[str, list[int]]], Any]) -> None:
    np.testing.assert_array_equal(rows_of(frame({"a": [1, 2], "b": [3, 4]})), [[1.0, 3.0], [2.0, 4.0]])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_rows_that_are_not_finite_are_refused(bad: float, library: Callable[[FloatArray], Array]) -> None:
    with pytest.raises(ValueError, match="NaN|infinity"):
        rows_of(library(np.array([[1.0, bad], [2.0, 3.0]])))


def test_complex_rows_are_refused(library: Callable[[FloatArray], Array]) -> None:
    with pytest.raises(ValueError, match="Complex data not supported"):
        rows_of(library(np.ones((3, 2), dtype=complex)))


@pytest.mark.parametrize("shape", [(0, 2), (3, 0)])
def test_empty_rows_are_refused(shape: tuple[int, int], library: Callable[[FloatArray], Array]) -> None:
    with pytest.raises(ValueError, match=r"minimum of 1|at least 1"):
        rows_of(library(np.empty(shape)))


@pytest.mark.parametrize("shape", [(3,), (3, 2, 1)])
def test_rows_that_are_not_two_dimensional_are_refused(
    shape: tuple[int, ...], library: Callable[[FloatArray], Array]
) -> None:
    with pytest.raises(ValueError, match=r"(?i)reshape|dim 3"):
        rows_of(library(np.ones(shape)))


def test_a_wrong_number_of_features_is_refused(library: Callable[[FloatArray], Array]) -> None:
    with pytest.raises(ShapeError, match="X must have 3 features, the number of the mixture, got 2"):
        rows_of(library(np.ones((4, 2))), n_features=3)


def test_arrays_of_other_libraries_are_tensors(library: Callable[[FloatArray], Array]) -> None:
    array = library(np.ones(1))
    assert is_tensor(array) == (type(array) is not np.ndarray)
    assert not is_tensor([[1.0]])


def test_weights_take_the_rows_library_and_dtype(library: Callable[[FloatArray], Array]) -> None:
    rows = library(np.ones((3, 2), dtype=np.float32))
    weights = weights_of([1, 2, 3], rows)
    assert type(weights) is type(rows)
    assert weights is not None
    assert weights.dtype == rows.dtype


def test_no_weights_are_none() -> None:
    assert weights_of(None, np.ones((2, 1))) is None


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, -1.0, 1.0], "negative|Negative"),
        ([1.0, np.nan, 1.0], "NaN"),
        ([1.0, np.inf, 1.0], "infinity"),
        ([0.0, 0.0, 0.0], "every weight is zero|at least one non-zero"),
        ([1.0, 1.0], "shape"),
        ([[1.0], [1.0], [1.0]], "shape|1D"),
    ],
)
def test_useless_weights_are_refused(weights: list[Any], message: str, library: Callable[[FloatArray], Array]) -> None:
    with pytest.raises(ValueError, match=message):
        weights_of(weights, library(np.ones((3, 2))))


def test_an_array_of_the_right_shape_becomes_float64(library: Callable[[FloatArray], Array]) -> None:
    array = array_of_shape(library(np.ones((2, 3), dtype=np.float32)), (2, 3), "means", "(k, d)")
    assert (type(array), array.dtype) == (np.ndarray, np.float64)


def test_a_transposed_array_is_recognized() -> None:
    with pytest.raises(
        ShapeError, match=r"`means` must have shape \(k, d\) = \(2, 3\), got \(3, 2\). Pass its transpose"
    ):
        array_of_shape(np.ones((3, 2)), (2, 3), "means", "(k, d)")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[1.0, np.nan]], "must be finite"),
        ([["a", "b"]], "must hold real numbers"),
        ([[1.0 + 1j, 2.0]], "complex"),
        ([[1.0], [1.0, 2.0]], "must hold real numbers"),
        (None, "must hold real numbers|must have shape"),
    ],
)
def test_parameters_that_are_no_numbers_are_refused(values: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        array_of_shape(values, (1, 2), "means", "(k, d)")


def test_features_are_found_by_name_and_index() -> None:
    assert feature_indices(["b", 0, -1], ["a", "b", "c"], 3) == [1, 0, 2]


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ([3], "from 0 to 2"),
        ([1.5], "must be an index"),
        (["z"], "'z' is unknown"),
        ([], "at least one"),
        ([0, "a"], "once each"),
        ([-4], "from 0 to 2"),
    ],
)
def test_unknown_features_are_refused(features: list[Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        feature_indices(features, ["a", "b", "c"], 3)


def test_missing_values_are_refused_with_what_takes_them() -> None:
    rows = np.array([[1.0, np.nan], [2.0, 3.0], [4.0, 5.0]])
    for model in (GaussianMixture(1, missing="raise"), StudentMixture(1, missing="raise")):
        with pytest.raises(InputError, match=r"contains NaN, which `GaussianMixture\(missing='em'\)` takes"):
            model.fit(rows)
