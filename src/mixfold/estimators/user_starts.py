"""Starts that a caller hands to an estimator, checked."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import joblib
import numpy as np

from mixfold.covariance import CovarianceFamily
from mixfold.engines import to_numpy
from mixfold.errors import CollapseError, InputError, ShapeError
from mixfold.initialization import GivenLabels, GivenResponsibilities, Initializer
from mixfold.models import PenalizedProblem
from mixfold.parameters import Parameters, normalized_weights
from mixfold.rows import Source
from mixfold.sources import ArraySource, in_memory
from mixfold.typing import FloatArray
from mixfold.validation import array_of_shape, is_tensor


def without_weightless_rows(source: Source) -> tuple[slice | np.ndarray[Any, np.dtype[np.bool_]], Source]:
    """Give which rows of an array have weight, and the source of only those: weight zero is as good as absent."""
    if not source.is_in_memory or source.weights is None:
        return slice(None), source
    kept = to_numpy(source.weights) > 0.0
    if kept.all():
        return slice(None), source
    rows = in_memory(source).take(np.flatnonzero(kept))
    return kept, ArraySource(rows.values, rows.marks)


def named_start(
    initialize: Initializer,
    problem: PenalizedProblem,
    n_components: int,
    fixed: dict[str, FloatArray],
    random_state: np.random.RandomState,
) -> tuple[str, Callable[[], Parameters]]:
    """Name a start, which is made when its turn comes; `fixed` are parameters that the caller knows."""

    def make() -> Parameters:
        statistics = initialize(problem.fold, n_components, problem.model.structure, random_state)
        return replace(problem.model.maximize(statistics), **fixed)

    return initialize.name, make


def given_initializer(
    estimator: Any, n_rows: int, kept: slice | np.ndarray[Any, np.dtype[np.bool_]]
) -> Initializer | None:
    """Give the initializer for labels or responsibilities that the caller knows; None if there are none.

    Raises
    ------
    InputError
        If they do not fit the data, or more than one way is given.
    """
    k = estimator.n_components
    n = n_rows if isinstance(kept, slice) else len(kept)
    ways = ["labels_init", "responsibilities_init", "means_init"]
    named = [name for name in ways if getattr(estimator, name) is not None]
    if len(named) > 1:
        message = f"At most one of {ways} can be the start, got {' and '.join(named)}. Leave the others at None."
        raise InputError(message)
    if named == ["labels_init"]:
        labels = array_of_shape(estimator.labels_init, (n,), "labels_init", "(n_samples,)")[kept]
        if np.any(labels != np.floor(labels)) or np.min(labels) < 0 or np.max(labels) >= k:
            message = (
                f"`labels_init` must hold whole numbers from 0 to n_components - 1 = {k - 1}, got values from "
                f"{np.min(labels):g} to {np.max(labels):g}."
            )
            raise InputError(message)
        return GivenLabels(labels.astype(np.intp))
    if named == ["responsibilities_init"]:
        axes = "(n_samples, n_components)"
        shares = array_of_shape(estimator.responsibilities_init, (n, k), "responsibilities_init", axes)[kept]
        if np.any(shares < 0.0) or not np.allclose(np.sum(shares, axis=1), 1.0, rtol=0.0, atol=1e-6):
            message = "Every row of `responsibilities_init` must be at least zero and sum to one. Normalize its rows."
            raise InputError(message)
        return GivenResponsibilities(shares)
    return None


def given_parameters(
    estimator: Any, family: CovarianceFamily, n_components: int, n_features: int
) -> dict[str, FloatArray]:
    """Give the caller's first parameters under the names of `Parameters`.

    Raises
    ------
    InputError
        If a shape does not fit, or the weights are no distribution.
    CollapseError
        If a precision is not positive definite.
    """
    k = n_components
    given: dict[str, FloatArray] = {}
    if estimator.weights_init is not None:
        weights = _of_shape(estimator.weights_init, (k,), "weights_init", "(n_components,)", "weights")
        given["weights"] = _distribution(weights)
    if estimator.means_init is not None:
        axes = "(n_components, n_features)"
        given["means"] = _of_shape(estimator.means_init, (k, n_features), "means_init", axes, "means")
    if estimator.precisions_init is not None:
        axes = f"that of covariance_type={family.name!r}"
        shape, known_as = family.shape(k, n_features), f"{family.name} precision"
        try:
            precisions = _of_shape(estimator.precisions_init, shape, "precisions_init", axes, known_as)
        except ShapeError as error:
            if family.structure.is_matrix or not _has_more_factors(np.shape(estimator.precisions_init), shape):
                raise
            message = (
                f"{error}. A fit has one factor more for each feature that others follow from. Go on from it by "
                "`warm_start=True`, or pass its `weights_` and `means_` alone."
            )
            raise ShapeError(message) from error
        try:
            given["covariances"] = family.nearest(family.from_precisions(precisions), n_features)
        except CollapseError as error:
            what = "symmetric, positive-definite" if family.structure.is_matrix else "positive"
            message = f"{error} In scikit-learn's words: '{known_as}' should be {what}."
            raise CollapseError(message) from error
    return given


def _has_more_factors(given: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether the shape of precisions differs from that of a family of factors by more of these."""
    return len(wanted) == len(given) == 3 and given[:2] == wanted[:2] and given[2] > wanted[2]


def _of_shape(values: Any, shape: tuple[int, ...], name: str, axes: str, known_as: str) -> FloatArray:
    """Give an array, or refuse it in the words of this library and of scikit-learn, which programs may look for."""
    try:
        return array_of_shape(values, shape, name, axes)
    except ShapeError as error:
        words = f"The parameter '{known_as}' should have the shape of {shape}, but got {np.shape(values)}"
        message = f"{error} In scikit-learn's words: {words}"
        raise ShapeError(message) from error


def _distribution(weights: FloatArray) -> FloatArray:
    """Give weights that sum to one, or refuse them likewise."""
    try:
        return normalized_weights(weights, "weights_init")
    except InputError as error:
        least, most, total = np.min(weights), np.max(weights), np.sum(weights)
        words = f"normalized, but got sum(weights) = {total:.5f}"
        if least < 0.0 or most > 1.0:
            # Its message takes one for the other.
            words = f"in the range [0, 1], but got max value {least:.5f}, min value {most:.5f}"
        message = f"{error} In scikit-learn's words: The parameter 'weights' should be {words}"
        raise InputError(message) from error


def refuse_starts_of_rows(initializer: Initializer | None) -> None:
    """Refuse labels or responsibilities of all rows as the start of a fit that begins on a sample of them.

    Raises
    ------
    InputError
        If the start is one of these.
    """
    if isinstance(initializer, GivenLabels | GivenResponsibilities):
        message = (
            "A fit of rows that lack values begins on a sample of them where they are not in memory, and so "
            "`labels_init` and `responsibilities_init` must be None. Read the rows into an array, or pass `means_init`."
        )
        raise InputError(message)


def described(value: Any) -> str:
    """Give a setting as text that is equal for equal settings, in other processes too.

    Arrays are told by their fingerprint, objects by that of what a pickle of them holds, others as they print.

    Raises
    ------
    InputError
        If it is an object that cannot be pickled.
    """
    if isinstance(value, np.random.RandomState):
        value = value.get_state(legacy=True)[1]  # type: ignore[index]
    if value is None or isinstance(value, str | int | float):
        return repr(value)
    array = np.asarray(to_numpy(value) if is_tensor(value) else value)
    if not array.dtype.hasobject:
        return f"{array.shape} {sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]}"
    try:
        return f"{type(value).__qualname__} {joblib.hash(value)}"
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        message = (
            f"With a `checkpoint`, settings must be objects that can be pickled, by which a fit is known that was "
            f"killed; got {value!r}: {error}. Define its class at the top of a module, or leave `checkpoint` out."
        )
        raise InputError(message) from error
