"""How parameters become a fit: where it begins, how it goes on from another, and what collapses."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.mixture import GaussianMixture as ScikitLearnMixture

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES, family_for, vve
from mixfold.covariance.decomposed import Decomposed
from mixfold.covariance.full import Full
from mixfold.engines import to_numpy
from mixfold.errors import CollapseError, ConvergenceWarning
from mixfold.estimators.determined import refuse_singular
from mixfold.fitting import Outcome
from mixfold.parameters import Parameters
from mixfold.typing import Array, FloatArray
from tests.examples import blobs

ROWS, LABELS = blobs(240, 3, 2, separation=6.0)
ignore_convergence = pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")


def model_of(**parameters: Any) -> GaussianMixture:
    """Give a mixture of three components with a seed."""
    return GaussianMixture(3, **{"init_params": "kmeans", "random_state": 0, **parameters})


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_a_warm_start_of_single_steps_converges_where_one_fit_does(covariance_type: str) -> None:
    settings: dict[str, Any] = {"covariance_type": covariance_type, "init_params": "kmeans", "tol": 1e-5}
    one = model_of(**settings).fit(ROWS)
    model, n_fits = model_of(**settings, warm_start=True, max_iter=1), 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        while n_fits == 0 or not (model.converged_ or n_fits > one.n_iter_):
            model.fit(ROWS)
            n_fits += 1
    assert model.converged_
    assert model.objective_ == pytest.approx(one.objective_, abs=1e-5 * n_fits)


@ignore_convergence
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_warm_start_of_single_steps_ends_as_soon_as_scikit_learns_at_its_tolerance() -> None:
    rows = np.random.RandomState(0).randn(200, 2)
    settings: dict[str, Any] = {"warm_start": True, "max_iter": 1, "random_state": 0, "tol": 1e-3, "reg_covar": 1e-6}
    models = [kind(2, **settings) for kind in (GaussianMixture, ScikitLearnMixture)]
    n_fits = [next(n for n in range(1, 300) if model.fit(rows).converged_) for model in models]
    assert n_fits[0] <= n_fits[1]


def test_a_warm_start_of_a_fit_that_converged_leaves_it_as_it_is() -> None:
    model = model_of(warm_start=True).fit(ROWS)
    before = model.mixture_
    for _ in range(3):
        model.fit(ROWS)
        assert (model.mixture_, model.converged_, model.n_iter_) == (before, True, 0)


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
def test_a_warm_start_on_other_rows_knows_nothing_of_the_last_fit() -> None:
    model = model_of(warm_start=True).fit(ROWS)
    model.fit(ROWS + np.array([0.5, 0.0]))
    assert model.n_iter_ > 0
    np.testing.assert_allclose(
        np.average(model.means_, 0, model.weights_), np.mean(ROWS, 0) + np.array([0.5, 0.0]), rtol=1e-3
    )


@ignore_convergence
def test_too_few_iterations_for_a_race_are_scikit_learns_start() -> None:
    auto, kmeans = (model_of(init_params=name, max_iter=2, n_init=3, tol=0.0).fit(ROWS) for name in ("auto", "kmeans"))
    assert auto.mixture_ == kmeans.mixture_
    assert auto.n_iter_ == 2


@ignore_convergence
@pytest.mark.filterwarnings("ignore::mixfold.errors.SpuriousComponentWarning")
def test_max_iter_bounds_the_steps_of_a_family_whose_steps_are_dear() -> None:
    steps: list[int] = []

    def counted(scatter: FloatArray, counts: FloatArray, before: FloatArray | None) -> FloatArray:
        steps.append(len(scatter))
        return vve.maximize(scatter, counts, before)

    family = Decomposed("VVE", Full(), counted, step_cost=vve.VVE.step_cost)
    rows = np.random.default_rng(0).normal(size=(200, 2))
    model = GaussianMixture(12, covariance_type=family, max_iter=1, random_state=0).fit(rows)
    assert (model.n_iter_, len(model.restarts_)) == (1, 1)
    assert steps.count(12) == 2  # that of the start, and one


@pytest.mark.parametrize("init_params", ["random_from_data", "k-means++"])
def test_the_first_means_are_rows(init_params: str, library: Callable[[FloatArray], Array]) -> None:
    model = model_of(init_params=init_params, max_iter=0).fit(library(ROWS))
    for mean in to_numpy(model.means_):
        assert np.any(np.all(mean == ROWS, axis=1))


def test_given_means_begin_as_scikit_learns_do() -> None:
    rows, labels = blobs(240, 3, 2, separation=60.0)
    means = np.stack([np.mean(rows[labels == k], axis=0) + 1.0 for k in range(3)])
    settings: dict[str, Any] = {"means_init": means, "random_state": 0, "max_iter": 0, "reg_covar": 1e-6}
    ours, theirs = GaussianMixture(3, **settings).fit(rows), ScikitLearnMixture(3, **settings).fit(rows)
    np.testing.assert_array_equal(ours.means_, means)
    np.testing.assert_allclose(np.sort(ours.weights_), np.sort(theirs.weights_))
    determinants = [np.sort(np.linalg.det(model.covariances_)) for model in (ours, theirs)]
    np.testing.assert_allclose(*determinants, rtol=1e-6)


def test_a_last_iteration_that_collapses_leaves_the_parameters_before_it() -> None:
    # The second component is so narrow that its one row is all that it keeps.
    start = {"means_init": [[0.0], [9.0]], "precisions_init": [1.0, 1e8], "weights_init": [0.5, 0.5]}
    model = GaussianMixture(2, covariance_type="spherical", reg_covar=0.0, max_iter=1, **start)
    rows = np.array([[-1.0], [0.0], [1.0], [9.0]])
    with pytest.warns(ConvergenceWarning, match="The last iteration collapsed; the parameters before it are kept"):
        model.fit(rows)
    assert (model.outcome_, model.converged_) == (Outcome.COLLAPSED, False)
    assert model.lower_bound_ == pytest.approx(model.score(rows))


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
@pytest.mark.parametrize("max_iter", [1, 1000])
def test_features_that_determine_each_other_collapse_without_regularization(
    covariance_type: str, max_iter: int
) -> None:
    rows = np.column_stack([ROWS, ROWS.sum(axis=1)])
    with pytest.raises(CollapseError, match="leave it at 'auto'"):
        GaussianMixture(2, covariance_type=covariance_type, reg_covar=0.0, max_iter=max_iter, random_state=0).fit(rows)


@ignore_convergence
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag"])
def test_a_numeric_ridge_is_scikit_learns_where_features_determine_each_other(covariance_type: str) -> None:
    rows = np.column_stack([ROWS, ROWS.sum(axis=1), np.ones(240)])
    settings: dict[str, Any] = {"covariance_type": covariance_type, "reg_covar": 1e-3}
    start = dict.fromkeys(["weights_init", "means_init", "precisions_init"])
    fitted = ScikitLearnMixture(2, **settings, random_state=0).fit(rows)
    start = {name: getattr(fitted, name.replace("init", "")) for name in start}
    model = GaussianMixture(2, **settings, **start, tol=0.0, max_iter=3).fit(rows)
    theirs = ScikitLearnMixture(2, **settings, **start, tol=0.0, max_iter=3).fit(rows)
    np.testing.assert_allclose(model.covariances_, theirs.covariances_, rtol=1e-7, atol=1e-9)


def test_as_many_components_as_rows_that_repeat_are_fitted_with_a_ridge() -> None:
    rows = np.concatenate([np.ones((5, 5)), np.zeros((5, 5))])
    for covariance_type in ("full", "tied", "diag", "spherical"):
        model = GaussianMixture(10, covariance_type=covariance_type, reg_covar=1e-6, random_state=0).fit(rows)
        assert np.isfinite(model.lower_bound_)


@pytest.mark.parametrize("unit", [2.0**-30, 1.0, 2.0**30])
def test_units_do_not_make_a_covariance_singular(unit: float) -> None:
    covariance = np.array([[[1.0, 0.999 * unit], [0.999 * unit, unit**2]]])
    refuse_singular(Parameters(np.ones(1), np.zeros((1, 2)), covariance), family_for("full"))
    covariance[0, 0, 1] = covariance[0, 1, 0] = unit
    covariance[0, 1, 1] *= 1.0 + 2.3e-16
    with pytest.raises(CollapseError, match="features determine each other in component 0"):
        refuse_singular(Parameters(np.ones(1), np.zeros((1, 2)), covariance), family_for("full"))


@pytest.mark.parametrize("start", [{}, {"init_params": "auto"}, {"init_params": "random_from_data", "n_init": 3}])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_components_come_by_their_weight_the_largest_first(start: dict[str, Any], seed: int) -> None:
    rows = np.concatenate([ROWS[LABELS == 0][:30], ROWS[LABELS == 1], ROWS[LABELS == 2][:60]])
    model = model_of(**{**start, "random_state": seed}).fit(rows)
    assert (np.diff(model.weights_) <= 1e-6).all()
    best = max((run for run in model.restarts_ if run.parameters is not None), key=lambda run: run.objective)
    assert best.parameters is not None
    np.testing.assert_array_equal(best.parameters.means, model.means_)
    np.testing.assert_allclose(best.counts / len(rows), model.weights_, atol=1e-2)


def test_the_order_of_a_given_start_stays() -> None:
    means = np.stack([ROWS[label == LABELS].mean(axis=0) for label in (2, 0, 1)])
    rows = np.concatenate([ROWS[LABELS == 0][:30], ROWS[LABELS == 1], ROWS[LABELS == 2][:60]])
    given = model_of(means_init=means).fit(rows)
    assert given.weights_.argsort().tolist() == [1, 0, 2]
    again = model_of(labels_init=given.predict(rows)).fit(rows)
    np.testing.assert_allclose(again.means_, given.means_, atol=1e-3)


@pytest.mark.filterwarnings("ignore::mixfold.errors.SpuriousComponentWarning")
@pytest.mark.parametrize("covariance_type", [*FAMILIES, "factor:1"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_mean_that_is_far_from_all_rows_gets_none(covariance_type: str, dtype: type) -> None:
    model = GaussianMixture(2, covariance_type=covariance_type, means_init=[[0.0, 0.0], [1e30, 1e30]], max_iter=100)
    model.fit(ROWS.astype(dtype))
    assert model.weights_.tolist() == [1.0, 0.0]
    np.testing.assert_allclose(model.means_[0], np.mean(ROWS, axis=0), rtol=1e-4)


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
def test_a_numeric_reg_covar_never_ends_below_one_start_of_kmeans() -> None:
    petals = load_iris().data[:, 2:]
    for ridge in (0.01, 0.1):
        model = GaussianMixture(3, reg_covar=ridge, random_state=0).fit(petals)
        starts = [run.start for run in model.restarts_ if run.parameters is not None][-2:]
        assert starts == ["search", "kmeans"]
        assert model.lower_bound_ == max(run.log_likelihood for run in model.restarts_[-2:])
        alone = GaussianMixture(3, reg_covar=ridge, init_params="kmeans", random_state=0).fit(petals)
        assert model.lower_bound_ >= alone.lower_bound_ - 1e-3


@ignore_convergence
def test_more_components_than_a_sample_tells_begin_from_kmeans() -> None:
    rows, _ = blobs(16_500, 20, 2)
    model = GaussianMixture(700, random_state=0, max_iter=2).fit(rows)
    assert [run.start for run in model.restarts_] == ["kmeans"]
    assert model.reg_covar == "auto"
    weak = GaussianMixture(700, random_state=0, max_iter=2, reg_covar="weak").fit(rows)
    np.testing.assert_array_equal(model.means_, weak.means_)  # nothing is learned that no search could refute
