"""A pickle holds what answers, in types that every reader trusts, and is about as large as scikit-learn's."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from copy import copy, deepcopy
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture as ScikitLearnMixture

from mixfold import AutoGaussianMixture, GaussianMixture
from mixfold.covariance import FAMILIES
from mixfold.engines import to_numpy
from mixfold.typing import Array, FloatArray
from tests.examples import blobs

ROWS, _ = blobs(240, 3, 2, separation=6.0)
NOISE = np.random.default_rng(0).normal(size=(200, 2))
families = pytest.mark.parametrize("covariance_type", [*FAMILIES, "factor:1"])
ATTRIBUTES = ["weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"]


def model_of(**parameters: Any) -> GaussianMixture:
    """Give a fit of three components from one start."""
    return GaussianMixture(3, **{"init_params": "kmeans", "random_state": 0, **parameters}).fit(ROWS)


def again(model: GaussianMixture) -> GaussianMixture:
    """Give the model that a pickle of it brings."""
    restored: GaussianMixture = pickle.loads(pickle.dumps(model))
    return restored


def types_in(value: Any) -> set[type]:
    """Name the types of a value and of everything in it."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return {type(value)}.union(*(types_in(each) for each in inner))


@pytest.mark.parametrize(("k", "d"), [(1, 1), (2, 2), (3, 4), (5, 8), (8, 20)])
@pytest.mark.parametrize("covariance_type", ["full", "diag", "tied", "spherical"])
def test_a_pickle_is_at_most_half_as_large_again_however_few_the_components(
    k: int, d: int, covariance_type: str
) -> None:
    rows, _ = blobs(60 * k, k, d, separation=6.0)
    ours, theirs = (
        len(pickle.dumps(cls(k, covariance_type=covariance_type, init_params="kmeans", random_state=0).fit(rows)))
        for cls in (GaussianMixture, ScikitLearnMixture)
    )
    assert ours <= 1.5 * theirs


def test_a_pickle_of_components_that_overlap_is_at_most_half_as_large_again() -> None:
    rows, _ = blobs(480, 8, 20, separation=2.0)  # their first moments are no round numbers
    ours, theirs = (
        len(pickle.dumps(cls(8, covariance_type="spherical", init_params="kmeans", random_state=0).fit(rows)))
        for cls in (GaussianMixture, ScikitLearnMixture)
    )
    assert ours <= 1.5 * theirs


@pytest.mark.parametrize("covariance_type", ["full", "diag", "tied", "spherical"])
@pytest.mark.parametrize("separation", [0.0, 2.0])
def test_a_pickle_after_a_long_climb_is_at_most_half_as_large_again_as_after_one_as_long(
    covariance_type: str, separation: float
) -> None:
    # Both keep the bound of every iteration, and we make more of them by default: `tol` is a thousand times smaller.
    rows, _ = blobs(300, 2, 2, separation=separation)
    ours = GaussianMixture(2, covariance_type=covariance_type, max_iter=300, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        n_iter = ours.fit(rows).n_iter_
        theirs = ScikitLearnMixture(2, covariance_type=covariance_type, tol=0.0, max_iter=n_iter, random_state=0)
        theirs.fit(rows)
    assert len(ours.lower_bounds_) == len(theirs.lower_bounds_) == n_iter
    assert len(pickle.dumps(ours)) <= 1.5 * len(pickle.dumps(theirs))


def test_what_was_not_given_is_not_given_after_a_pickle_and_what_was_is() -> None:
    model = model_of(n_jobs=1)
    restored = again(model)
    assert restored.get_params() == model.get_params()
    assert restored.n_missing_.tolist() == [0, 0]
    unfitted = again(GaussianMixture(2, max_time=3.0))
    assert (unfitted.max_time, unfitted.means_init) == (3.0, None)


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_a_pickle_is_at_most_half_as_large_again_as_scikit_learns(covariance_type: str) -> None:
    ours, theirs = (
        len(pickle.dumps(cls(3, covariance_type=covariance_type, random_state=0).fit(NOISE)))
        for cls in (GaussianMixture, ScikitLearnMixture)
    )
    assert ours <= 1.5 * theirs


@families
def test_a_pickle_holds_types_that_every_reader_trusts(covariance_type: str) -> None:
    plain = {dict, list, tuple, str, int, float, bool, type(None), np.ndarray, np.float64}
    assert types_in(model_of(covariance_type=covariance_type).__getstate__()) <= plain


@families
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_restored_model_is_the_model(
    covariance_type: str, dtype: type, library: Callable[[FloatArray], Array]
) -> None:
    rows = library(ROWS.astype(dtype))
    model = GaussianMixture(3, covariance_type=covariance_type, init_params="kmeans", random_state=0).fit(rows)
    restored = again(model)
    assert restored.mixture_ == model.mixture_
    for name in ATTRIBUTES:
        mine, other = getattr(restored, name), getattr(model, name)
        assert (type(mine), mine.dtype) == (type(other), other.dtype)
        np.testing.assert_array_equal(to_numpy(mine), to_numpy(other))
    for name in ("outcome_", "n_iter_", "converged_", "lower_bound_", "lower_bounds_", "objective_", "warnings_"):
        assert getattr(restored, name) == getattr(model, name)
    assert restored.bic(rows) == model.bic(rows)


@pytest.mark.parametrize("covariance_type", [*FAMILIES])
def test_a_restored_model_goes_on_from_the_rows_it_has_seen(covariance_type: str) -> None:
    model = model_of(covariance_type=covariance_type)
    restored = again(model)
    assert restored.partial_fit(ROWS[:50]).mixture_ == model.partial_fit(ROWS[:50]).mixture_
    assert again(again(restored)).merge(model).mixture_ == restored.merge(model).mixture_


@pytest.mark.parametrize("scale", [1e-60, 1e60])
def test_first_moments_beyond_single_precision_come_back(scale: float) -> None:
    model = GaussianMixture(3, covariance_type="spherical", init_params="kmeans", random_state=0).fit(scale * ROWS)
    restored = again(model)
    assert restored.partial_fit(scale * ROWS[:50]).mixture_ == model.partial_fit(scale * ROWS[:50]).mixture_


@pytest.mark.parametrize("name", ATTRIBUTES[:3] + ATTRIBUTES[4:])
def test_what_was_set_by_hand_comes_back(name: str) -> None:
    model = model_of()
    setattr(model, name, getattr(model, name) * (1.0 if name == "weights_" else 1.5))
    restored = again(model)
    assert restored.mixture_ == model.mixture_
    np.testing.assert_array_equal(getattr(restored, name), getattr(model, name))
    restored.means_ = restored.means_ + 1.0
    model.means_ = model.means_ + 1.0
    assert restored.mixture_ == model.mixture_


def test_a_model_that_was_built_by_hand_comes_back() -> None:
    model = GaussianMixture(1)
    model.weights_, model.means_, model.precisions_cholesky_ = np.ones(1), np.zeros((1, 2)), np.eye(2)[None]
    restored = again(model)
    assert restored.mixture_ == model.mixture_
    assert not hasattr(restored, "covariances_")


def test_a_model_that_was_not_fitted_comes_back() -> None:
    assert again(GaussianMixture(4, tol=0.5)).get_params() == GaussianMixture(4, tol=0.5).get_params()


def test_the_names_of_features_come_back() -> None:
    pd = pytest.importorskip("pandas")
    model = GaussianMixture(2, random_state=0).fit(pd.DataFrame(ROWS, columns=["a", "b"]))
    assert again(model).mixture_ == model.mixture_
    assert again(model).feature_names_in_.tolist() == ["a", "b"]


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
def test_a_warm_start_goes_on_after_a_pickle() -> None:
    model, other = (model_of(warm_start=True, max_iter=1) for _ in range(2))
    for _ in range(6):
        model, other = again(model).fit(ROWS), other.fit(ROWS)
        assert (model.mixture_, model.converged_) == (other.mixture_, other.converged_)


def test_the_course_of_a_fit_is_in_a_pickle_on_demand() -> None:
    model = model_of(n_init=2)
    assert not hasattr(again(model), "restarts_")
    kept = again(model.keep_course())
    assert kept.history_ == model.history_
    assert [run.objective for run in kept.restarts_] == [run.objective for run in model.restarts_]
    assert not hasattr(again(kept.keep_course(keep=False)), "history_")


@pytest.mark.parametrize("copied", [copy, deepcopy])
def test_a_copy_has_the_course_of_the_fit(copied: Callable[[GaussianMixture], GaussianMixture]) -> None:
    model = model_of()
    other = copied(model)
    assert other.history_ == model.history_
    assert other.mixture_ == model.mixture_
    other.means_ = other.means_ + 1.0
    assert other.mixture_ != model.mixture_


@pytest.fixture(scope="module")
def chosen() -> AutoGaussianMixture:
    """Give a choice between a few cells."""
    return AutoGaussianMixture([1, 2, 3, 4], covariance_types=["full", "diag"], random_state=0).fit(ROWS)


def test_a_pickle_of_a_choice_is_at_most_half_as_large_again_as_what_it_says(chosen: AutoGaussianMixture) -> None:
    said = len(pickle.dumps(chosen.best_estimator_)) + len(pickle.dumps(chosen.results_))
    assert len(pickle.dumps(chosen)) <= 1.5 * said


def test_a_pickle_of_a_choice_holds_types_that_every_reader_trusts(chosen: AutoGaussianMixture) -> None:
    plain = {dict, list, tuple, str, int, float, bool, type(None), np.ndarray, np.float64, GaussianMixture}
    assert types_in(chosen.__getstate__()) <= plain


def test_a_restored_choice_is_the_choice_without_its_cells_unless_they_are_kept(chosen: AutoGaussianMixture) -> None:
    restored = pickle.loads(pickle.dumps(chosen))
    assert restored.mixture_ == chosen.mixture_
    assert restored.results_ == chosen.results_
    assert not hasattr(restored, "grid_models_")
    assert not hasattr(restored, "restarts_")
    np.testing.assert_array_equal(restored.cluster_labels(ROWS), chosen.cluster_labels(ROWS))
    whole = pickle.loads(pickle.dumps(deepcopy(chosen).keep_course()))
    assert len(whole.grid_models_) == len(chosen.grid_models_)
    assert len(whole.restarts_) == len(chosen.restarts_)
    assert copy(chosen).grid_models_ is chosen.grid_models_
