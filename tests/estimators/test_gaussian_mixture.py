"""The estimator: what a user of scikit-learn's GaussianMixture relies on, and what is new."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES, Diag, register, registry
from mixfold.engines import to_numpy
from mixfold.errors import CollapseError, ConvergenceWarning, InputError, ModelFileError, SpuriousComponentWarning
from mixfold.fitting import Iteration, Outcome
from mixfold.initialization import INITIALIZERS
from mixfold.typing import Array, FloatArray
from tests.examples import blobs

ROWS, LABELS = blobs(240, 3, 2, separation=6.0)
families = pytest.mark.parametrize("covariance_type", list(FAMILIES))
ignore_convergence = pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")


def model_of(**parameters: Any) -> GaussianMixture:
    """Give a mixture of three components with a seed."""
    return GaussianMixture(3, **{"init_params": "kmeans", "random_state": 0, **parameters})


@pytest.fixture
def by_hand() -> GaussianMixture:
    model = GaussianMixture(2)
    model.weights_ = np.array([0.25, 0.75])
    model.means_ = np.array([[0.0, 0.0], [4.0, 4.0]])
    model.precisions_cholesky_ = np.stack([np.eye(2), 2.0 * np.eye(2)])
    return model


# What a fit gives


@families
def test_separated_clusters_are_found(covariance_type: str) -> None:
    rows, labels = blobs(240, 3, 2, separation=60.0)
    predicted = model_of(covariance_type=covariance_type).fit_predict(rows)
    assert len({(a, b) for a, b in zip(labels, predicted, strict=True)}) == 3


@families
def test_lower_bound_is_the_score_of_the_returned_parameters(covariance_type: str) -> None:
    model = model_of(covariance_type=covariance_type).fit(ROWS)
    assert model.lower_bound_ == pytest.approx(model.score(ROWS), rel=1e-13)


@families
def test_lower_bound_is_the_weighted_score(covariance_type: str) -> None:
    weights = np.random.default_rng(0).uniform(size=240)
    model = model_of(covariance_type=covariance_type).fit(ROWS, sample_weight=weights)
    assert model.lower_bound_ == pytest.approx(model.score(ROWS, sample_weight=weights), rel=1e-13)


@ignore_convergence
@pytest.mark.parametrize("max_iter", [1, 2, 5, 200])
def test_lower_bound_is_the_score_wherever_a_fit_ends(max_iter: int) -> None:
    model = model_of(max_iter=max_iter, init_params="random").fit(ROWS)
    assert model.lower_bound_ == pytest.approx(model.score(ROWS), rel=1e-13)
    assert model.lower_bound_ == model.lower_bounds_[-1] == model.history_[-1].log_likelihood
    assert model.n_iter_ <= max_iter


@families
def test_fit_predict_is_fit_then_predict(covariance_type: str) -> None:
    labels = model_of(covariance_type=covariance_type).fit_predict(ROWS)
    np.testing.assert_array_equal(labels, model_of(covariance_type=covariance_type).fit(ROWS).predict(ROWS))


@families
def test_fitted_precisions_are_the_inverse_covariances(covariance_type: str) -> None:
    model = model_of(covariance_type=covariance_type).fit(ROWS)
    family = FAMILIES[covariance_type]
    product = family.dense(model.precisions_, 3, 2) @ family.dense(model.covariances_, 3, 2)
    np.testing.assert_allclose(product, np.stack([np.eye(2)] * 3), atol=1e-9)


@families
def test_a_seed_repeats_the_fit_to_the_bit(covariance_type: str) -> None:
    first, second = (
        model_of(covariance_type=covariance_type, init_params="random_from_data").fit(ROWS) for _ in range(2)
    )
    assert first.mixture_ == second.mixture_


def test_fitting_again_begins_anew() -> None:
    model = model_of(random_state=0).fit(ROWS[:50])
    assert model.fit(ROWS).mixture_ == model_of(random_state=0).fit(ROWS).mixture_


def test_the_data_are_not_changed() -> None:
    rows, weights = ROWS.copy(), np.ones(240)
    model_of().fit(rows, sample_weight=weights).predict_proba(rows)
    np.testing.assert_array_equal(rows, ROWS)
    np.testing.assert_array_equal(weights, np.ones(240))


@families
def test_bic_and_aic_follow_their_formulas(covariance_type: str) -> None:
    model = model_of(covariance_type=covariance_type).fit(ROWS)
    log_likelihood, p = 240 * model.score(ROWS), model.mixture_.n_parameters
    assert model.bic(ROWS) == pytest.approx(-2 * log_likelihood + p * np.log(240))
    assert model.aic(ROWS) == pytest.approx(-2 * log_likelihood + 2 * p)


def test_responsibilities_are_the_transform() -> None:
    model = model_of().fit(ROWS)
    np.testing.assert_array_equal(model.transform(ROWS), model.predict_proba(ROWS))
    assert model.get_feature_names_out().tolist() == [f"gaussianmixture{k}" for k in range(3)]


def test_a_sample_is_in_the_library_of_the_fit(library: Callable[[FloatArray], Array]) -> None:
    rows = library(ROWS)
    drawn, labels = model_of().fit(rows).sample(30.0)
    assert type(drawn) is type(labels) is type(rows)
    expected, expected_labels = model_of().fit(ROWS).sample(30)
    np.testing.assert_allclose(to_numpy(drawn), expected, rtol=1e-7, atol=1e-9)
    np.testing.assert_array_equal(to_numpy(labels), expected_labels)


def test_the_lower_bound_is_a_number_of_numpy() -> None:
    model = model_of().fit(ROWS)
    assert type(model.lower_bound_) is np.float64


def test_a_sample_has_the_seed_of_the_estimator() -> None:
    model = model_of().fit(ROWS)
    rows, labels = model.sample(30)
    assert rows.shape == (30, 2)
    assert labels.shape == (30,)
    np.testing.assert_array_equal(rows, model.sample(30)[0])


# Where a fit begins


@ignore_convergence
@families
def test_no_iteration_gives_the_start(covariance_type: str) -> None:
    model = model_of(covariance_type=covariance_type, labels_init=LABELS, max_iter=0).fit(ROWS)
    expected = [np.mean(ROWS[component == LABELS], axis=0) for component in range(3)]
    np.testing.assert_allclose(model.means_, expected, rtol=1e-10)
    assert (model.n_iter_, model.lower_bounds_, model.converged_) == (0, [], False)
    assert model.lower_bound_ == pytest.approx(model.score(ROWS))


@families
def test_given_parameters_are_the_start(covariance_type: str) -> None:
    fitted = model_of(covariance_type=covariance_type).fit(ROWS)
    given = {"weights_init": fitted.weights_, "means_init": fitted.means_, "precisions_init": fitted.precisions_}
    start = model_of(covariance_type=covariance_type, max_iter=0, **given).fit(ROWS)
    np.testing.assert_allclose(start.weights_, fitted.weights_, rtol=1e-12)
    np.testing.assert_allclose(start.means_, fitted.means_, rtol=1e-12)
    np.testing.assert_allclose(start.covariances_, fitted.covariances_, rtol=1e-8, atol=1e-9)


@families
@pytest.mark.parametrize("name", ["weights_init", "means_init", "precisions_init"])
def test_one_given_parameter_is_kept_and_the_others_are_found(covariance_type: str, name: str) -> None:
    fitted = model_of(covariance_type=covariance_type).fit(ROWS)
    attribute = name.replace("_init", "_")
    start = model_of(covariance_type=covariance_type, max_iter=0, **{name: getattr(fitted, attribute)}).fit(ROWS)
    np.testing.assert_allclose(getattr(start, attribute), getattr(fitted, attribute), rtol=1e-8, atol=1e-9)
    assert np.isfinite(start.lower_bound_)


@families
def test_given_responsibilities_are_the_start(covariance_type: str) -> None:
    shares = np.random.default_rng(0).dirichlet(np.ones(3), size=240)
    start = model_of(covariance_type=covariance_type, max_iter=0, responsibilities_init=shares).fit(ROWS)
    np.testing.assert_allclose(start.weights_, np.mean(shares, axis=0))


def test_a_start_beside_rows_of_weight_zero_is_aligned() -> None:
    weights = (np.arange(240) % 3 != 0).astype(float)
    kept = weights > 0
    ours = model_of(labels_init=LABELS, max_iter=0).fit(ROWS, sample_weight=weights)
    expected = model_of(labels_init=LABELS[kept], max_iter=0).fit(ROWS[kept])
    np.testing.assert_allclose(ours.means_, expected.means_)


def test_the_best_of_several_restarts_is_kept() -> None:
    model = model_of(n_init=6, init_params="random_from_data").fit(ROWS)
    assert len(model.restarts_) == 6
    assert model.history_[-1].objective == max(run.objective for run in model.restarts_)


def test_restarts_begin_differently() -> None:
    model = model_of(n_init=4, init_params="random").fit(ROWS)
    assert len({run.history[0].log_likelihood for run in model.restarts_}) == 4


def test_more_restarts_are_never_worse() -> None:
    one, many = (model_of(n_init=n, init_params="random_from_data").fit(ROWS) for n in (1, 5))
    assert many.history_[-1].objective >= one.history_[-1].objective


@ignore_convergence
def test_a_warm_start_goes_on_where_the_last_fit_ended() -> None:
    model = model_of(init_params="random", warm_start=True, max_iter=2, tol=0.0).fit(ROWS)
    before = model.history_[-1].objective
    model.fit(ROWS)
    assert model.history_[0].objective == pytest.approx(before, rel=1e-12)
    assert model.history_[-1].objective >= before


@ignore_convergence
def test_a_warm_start_reaches_what_one_long_fit_does() -> None:
    settings = {"init_params": "random", "tol": 0.0}
    model = model_of(warm_start=True, max_iter=40, **settings).fit(ROWS)
    for _ in range(9):
        model.fit(ROWS)
    long = model_of(max_iter=400, **settings).fit(ROWS)
    assert model.lower_bound_ == pytest.approx(long.lower_bound_, abs=1e-5)


@pytest.mark.parametrize(("change", "columns"), [({"n_components": 2}, 2), ({"covariance_type": "diag"}, 2), ({}, 1)])
def test_a_warm_start_of_another_shape_is_refused(change: dict[str, Any], columns: int) -> None:
    model = model_of(warm_start=True).fit(ROWS)
    with pytest.raises(InputError, match=r"A warm start needs .* Set `warm_start=False`"):
        model.set_params(**change).fit(ROWS[:, :columns])


def test_a_warm_start_begins_at_parameters_changed_by_hand() -> None:
    model = model_of(warm_start=True).fit(ROWS)
    moved = model.means_ + 1.0
    model.means_ = moved
    model.set_params(max_iter=0).fit(ROWS)
    np.testing.assert_allclose(model.means_, moved)


# How a fit ends


def test_the_default_search_is_as_good_as_any_single_start() -> None:
    auto = model_of(init_params="auto").fit(ROWS)
    for name in INITIALIZERS:
        assert auto.objective_ >= model_of(init_params=name).fit(ROWS).objective_ - 1e-5


def test_the_default_search_finds_what_it_found_before() -> None:
    first, second = (model_of(init_params="auto").fit(ROWS) for _ in range(2))
    assert first.mixture_ == second.mixture_
    assert first.lower_bound_ == pytest.approx(first.score(ROWS), rel=1e-13)


def test_a_time_limit_ends_the_fit_with_what_it_has() -> None:
    with pytest.warns(ConvergenceWarning, match="`max_time`"):
        model = model_of(init_params="random", tol=0.0, max_iter=10**6, max_time=0.05).fit(ROWS)
    assert model.outcome_ is Outcome.TIME_LIMIT
    assert model.lower_bound_ == pytest.approx(model.score(ROWS))


def test_a_component_of_few_rows_is_warned_about() -> None:
    rows = np.concatenate([ROWS, [[1e3, 1e3], [1e3, 1e3 + 1.0]]])
    with pytest.warns(
        SpuriousComponentWarning, match="Of 3 components, component 2 has fewer rows than the 3 that a covariance needs"
    ):
        model_of(means_init=[[0.0, 0.0], [5.0, 5.0], [1e3, 1e3]]).fit(rows)


@pytest.mark.parametrize("more", [np.zeros((122, 0)), np.ones((122, 1))], ids=["plain", "with a constant"])
@pytest.mark.parametrize("method", ["fit", "fit_predict"])
def test_a_warning_is_about_the_callers_line(more: np.ndarray, method: str) -> None:
    rows = np.concatenate([ROWS[:120], [[1e3, 1e3], [1e3, 1e3 + 1.0]]])
    with pytest.warns(SpuriousComponentWarning) as caught:
        getattr(GaussianMixture(3, random_state=0), method)(np.column_stack([rows, more]))
    assert {warning.filename for warning in caught} == {__file__}


def test_a_fit_that_converged_says_so() -> None:
    model = model_of(max_iter=1000).fit(ROWS)
    assert (model.converged_, model.outcome_) == (True, Outcome.CONVERGED)


def test_a_fit_that_did_not_converge_warns_what_to_do() -> None:
    with pytest.warns(
        ConvergenceWarning,
        match="reached `max_iter` after 1 iterations before it converged.*Increase `max_iter` or `tol`",
    ):
        model = model_of(max_iter=1, tol=0.0, init_params="random").fit(ROWS)
    assert (model.converged_, model.outcome_) == (False, Outcome.ITERATION_LIMIT)


def test_a_callback_sees_every_iteration_of_every_restart() -> None:
    seen: list[Iteration] = []
    model = model_of(n_init=3, init_params="random", callback=seen.append, max_iter=1000).fit(ROWS)
    assert {iteration.restart for iteration in seen} == {0, 1, 2}
    best = [iteration for iteration in seen if iteration.restart == model.history_[0].restart]
    assert tuple(best) == model.history_


def test_a_callback_that_answers_true_stops_the_fit() -> None:
    model = model_of(init_params="random", tol=0.0, callback=lambda iteration: iteration.number == 3).fit(ROWS)
    assert (model.outcome_, model.n_iter_, model.converged_) == (Outcome.STOPPED, 3, False)
    assert model.lower_bound_ == pytest.approx(model.score(ROWS))


def test_an_error_in_the_callback_reaches_the_caller() -> None:
    def fail(iteration: Iteration) -> None:
        raise KeyError(iteration.number)

    with pytest.raises(KeyError):
        model_of(callback=fail).fit(ROWS)


def test_one_collapsing_restart_among_several_does_not_raise_and_is_not_kept() -> None:
    # Four equal rows far away: a restart that gives them a component of their own collapses without regularization.
    rows = np.concatenate([ROWS, np.full((4, 2), 1e3)])
    settings = {"reg_covar": 0.0, "n_init": 12, "init_params": "random_from_data", "random_state": 0, "max_iter": 1000}
    model = GaussianMixture(2, **settings).fit(rows)
    assert Outcome.COLLAPSED in {run.outcome for run in model.restarts_}
    assert model.outcome_ is Outcome.CONVERGED
    assert np.isfinite(model.lower_bound_)


def test_a_fit_of_which_every_restart_collapsed_says_what_to_do() -> None:
    rows = np.concatenate([ROWS, np.full((4, 2), 1e3)])
    with pytest.raises(CollapseError, match="Try to decrease the number of components.*leave it at 'auto'"):
        GaussianMixture(2, reg_covar=0.0, init_params="random", random_state=0, max_iter=1000).fit(rows)


def test_when_every_start_is_singular_the_error_says_what_to_do() -> None:
    with pytest.raises(CollapseError, match="Fit fewer components, increase `reg_covar`, or leave it at 'auto'"):
        GaussianMixture(2, reg_covar=0.0, init_params="kmeans", random_state=0).fit(np.repeat(ROWS[:2], 5, axis=0))


def test_nothing_is_printed_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    model_of().fit(ROWS)
    assert capsys.readouterr() == ("", "")


class Axes(Diag):  # type: ignore[misc]  # final for those who extend the library, and enough of a family for a test
    """A family of somebody's own."""

    name = "axes"


def test_a_family_of_somebody_s_own_does_what_the_library_s_do() -> None:
    theirs, ours = (GaussianMixture(2, covariance_type=family, random_state=0).fit(ROWS) for family in (Axes(), "diag"))
    assert theirs.bic(ROWS) == ours.bic(ROWS)
    np.testing.assert_array_equal(theirs.predict(ROWS), ours.predict(ROWS))
    again = pickle.loads(pickle.dumps(theirs))
    assert again.mixture_ == theirs.mixture_
    theirs.means_ = theirs.means_ + 1.0
    assert theirs.mixture_.covariance_type == "axes"


def test_a_family_of_somebody_s_own_streams() -> None:
    model = GaussianMixture(2, covariance_type=Axes(), random_state=0).partial_fit(ROWS[::2]).partial_fit(ROWS[1::2])
    assert model.mixture_.covariance_type == "axes"


def test_saving_says_that_a_family_of_somebody_s_own_must_be_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_REGISTERED", {})
    model = GaussianMixture(2, covariance_type=Axes(), random_state=0).fit(ROWS)
    with pytest.raises(ModelFileError, match=r"Call `mixfold.covariance.register\(family\)`"):
        model.save(tmp_path / "model.json")
    register(Axes())
    model.save(tmp_path / "model.json")
    assert GaussianMixture.load(tmp_path / "model.json").bic(ROWS) == model.bic(ROWS)


def test_a_fit_that_ends_on_a_plateau_says_so_and_a_smaller_tol_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixfold.fitting.stopping.DEAR", 1e5)
    rows = np.random.default_rng(0).normal(size=(500, 2))
    settings: dict[str, Any] = {"init_params": "kmeans", "random_state": 0, "reg_covar": 1e-6, "max_iter": 3000}
    with pytest.warns(ConvergenceWarning, match="ended on a plateau after .* iterations.*smaller `tol`"):
        model = GaussianMixture(4, **settings).fit(rows)
    assert (model.converged_, model.outcome_) == (False, Outcome.PLATEAU)
    longer = GaussianMixture(4, tol=1e-9, **settings).fit(rows)
    assert longer.n_iter_ > model.n_iter_
    assert longer.lower_bound_ > model.lower_bound_


def test_a_search_in_the_span_of_wide_rows_ends_where_em_in_all_features_does() -> None:
    rows = np.random.default_rng(0).normal(size=(60, 90))
    labels = np.repeat([0, 1], 30)
    rows += 2.0 * labels[:, None]
    found = GaussianMixture(2, covariance_type="tied", random_state=0).fit(rows)
    told = GaussianMixture(2, covariance_type="tied", labels_init=labels).fit(rows)
    np.testing.assert_array_equal(np.sort(np.bincount(found.predict(rows))), [30, 30])
    assert abs(found.objective_ - told.objective_) < 1e-6
    np.testing.assert_allclose(found.covariances_, told.covariances_, rtol=1e-3, atol=1e-6)
