"""How posteriors are learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import clone
from sklearn.metrics import adjusted_rand_score

from mixfold import BayesianGaussianMixture
from mixfold.datasets import load_faithful
from mixfold.errors import CheckpointError, InputError
from mixfold.estimators.bayesian_fitter import BayesianFitter
from mixfold.estimators.outliers import log_sides_of
from mixfold.estimators.strata import Facts, in_strata
from mixfold.fitting import Iteration, Stopping
from mixfold.fold import Fold
from mixfold.models import DirichletPrior, GammaBelief, StickPrior
from mixfold.rows import Marks
from mixfold.search.component_search import FIRST
from mixfold.sources import ArraySource
from tests.examples import CORNERS, blobs, four_corners

ROWS, _ = blobs(90, 3, 2)
OVERLAPPING = np.random.default_rng(1).normal(size=(80, 2)) + np.repeat([[0.0, 0.0], [2.5, 0.0]], 40, axis=0)


def test_a_concentration_that_is_not_given_is_learned() -> None:
    assert BayesianFitter(BayesianGaussianMixture()).weight_prior == StickPrior(GammaBelief())
    assert BayesianFitter(BayesianGaussianMixture(weight_concentration_prior=3)).weight_prior == StickPrior(3.0)


def test_a_dirichlet_distribution_is_that_of_scikit_learn_where_nothing_is_searched_and_else_learned() -> None:
    settings = {"n_components": 4, "weight_concentration_prior_type": "dirichlet_distribution"}
    for more, prior in (
        ({}, DirichletPrior(GammaBelief())),
        ({"init_params": "kmeans"}, DirichletPrior(0.25)),
        ({"weight_concentration_prior": 3}, DirichletPrior(3.0)),
    ):
        assert BayesianFitter(BayesianGaussianMixture(**settings, **more)).weight_prior == prior


@pytest.mark.parametrize("posterior", ["variational", "gibbs"])
def test_a_learned_dirichlet_distribution_finds_what_is_there_and_is_in_files(posterior: str, tmp_path: Path) -> None:
    settings = {"weight_concentration_prior_type": "dirichlet_distribution", "posterior": posterior, "n_draws": 20}
    model = BayesianGaussianMixture(n_components="auto", **settings, random_state=0).fit(ROWS)
    assert model.n_components_ == 3
    assert 0.0 < model.weight_concentration_prior_ < 30.0
    np.testing.assert_allclose(np.sum(model.weight_concentration_ - model.weight_concentration_prior_), len(ROWS))
    model.save(tmp_path / "model.json")
    again = BayesianGaussianMixture.load(tmp_path / "model.json")
    assert again.weight_concentration_prior_ == pytest.approx(model.weight_concentration_prior_)
    np.testing.assert_array_equal(again.predict_proba(ROWS), model.predict_proba(ROWS))


def test_how_many_there_may_be_can_be_left_to_the_rows() -> None:
    model = BayesianGaussianMixture(n_components="auto", random_state=0).fit(ROWS)
    assert model.n_components_ == 3
    assert "3 components, " in model.summary()
    assert model.partial_fit(ROWS).n_components_ == 3
    model.set_params(posterior="gibbs", n_draws=5).fit(ROWS)
    assert model.n_components_ == 3


@pytest.mark.parametrize("settings", [{"init_params": "kmeans"}, {"responsibilities_init": np.ones((90, 1))}])
def test_what_is_not_searched_for_has_a_number(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="`n_components` must be a number where components are not searched for"):
        BayesianGaussianMixture(n_components="auto", **settings).fit(ROWS)


@pytest.mark.parametrize(
    ("settings", "are_points"),
    [
        ({}, False),
        ({"init_params": "kmeans"}, True),
        ({"covariance_prior": np.eye(2)}, True),
        ({"reg_covar": 0.1}, True),
    ],
)
def test_recorded_values_stand_for_those_around_them_unless_covariances_are_the_callers(
    settings: dict[str, Any], are_points: bool
) -> None:
    rows = np.column_stack([np.round(ROWS[:, 0]), ROWS[:, 1]])
    fit = BayesianFitter(BayesianGaussianMixture(n_components=2, random_state=0, **settings)).fit(ArraySource(rows))
    if are_points:
        assert not np.any(fit.model.jitter)
    else:
        np.testing.assert_allclose(fit.model.jitter, [1.0 / 12.0, 0.0])


def test_a_search_learns_the_priors_and_a_single_start_has_those_of_scikit_learn() -> None:
    searched = BayesianFitter(BayesianGaussianMixture(n_components=4, random_state=0)).fit(ArraySource(ROWS))
    single = BayesianFitter(BayesianGaussianMixture(n_components=4, init_params="kmeans", random_state=0))
    assert searched.model.mean_precision_prior < 1.0
    fit = single.fit(ArraySource(ROWS))
    assert (fit.model.mean_precision_prior, fit.model.degrees_of_freedom_prior) == (1.0, 2.0)
    np.testing.assert_allclose(fit.model.covariance_prior, np.cov(ROWS.T), rtol=1e-6)
    assert len(fit.posterior.weights) == 4
    assert len(searched.posterior.weights) == 3
    assert searched.run.objective > fit.run.objective


def test_rows_without_weight_do_not_count() -> None:
    weights = np.where(np.arange(90) < 3, 1.0, 0.0)
    with pytest.raises(InputError, match="n_samples = 3"):
        BayesianFitter(BayesianGaussianMixture(n_components=4)).fit(ArraySource(ROWS, Marks(weights)))


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_rows_that_lack_values_give_the_clusters_and_a_bound_that_never_falls(covariance_type: str) -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 120)
    whole = random.normal(size=(120, 3)) + np.array([[0.0, 0.0, 0.0], [9.0, 0.0, 4.0], [0.0, 9.0, -4.0]])[labels]
    rows = np.where(random.random(whole.shape) < 0.15, np.nan, whole)
    model = BayesianGaussianMixture(
        n_components=4, covariance_type=covariance_type, predictive="plug-in", random_state=0
    ).fit(rows)
    assert model.n_components_ == 3
    assert adjusted_rand_score(labels, model.predict(rows)) > 0.9
    assert np.all(np.diff(model.lower_bounds_) > -1e-12)
    assert np.all(np.isfinite(model.score_samples(rows)))


def test_a_start_of_rows_that_lack_values_is_that_of_completed_ones() -> None:
    rows = np.array([[0.0, 1.0], [1.0, np.nan], [9.0, 8.0], [8.0, 9.0], [np.nan, 8.5], [0.5, 0.0]])
    model = BayesianGaussianMixture(
        n_components=2, init_params="kmeans", random_state=0, covariance_type="spherical"
    ).fit(rows)
    np.testing.assert_array_equal(
        model.predict(rows) == model.predict(rows)[0], [True, True, False, False, False, True]
    )


SEARCHED = {"n_components": 3, "tol": 0.0, "max_iter": 30}
ONE_START = {"n_components": 5, "init_params": "random_from_data", "n_init": 3, "tol": 0.0, "max_iter": 12}
PITMAN_YOR = {**ONE_START, "weight_concentration_prior_type": "pitman_yor_process", "covariance_type": "tied"}


def interrupted(settings: dict[str, Any], path: Path, after: int) -> None:
    """Fit until so many iterations were seen, and leave by an error."""
    seen: list[Iteration] = []

    def interrupt(iteration: Iteration) -> None:
        seen.append(iteration)
        if len(seen) == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        BayesianGaussianMixture(**settings, random_state=0, checkpoint=path, callback=interrupt).fit(OVERLAPPING)


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
@pytest.mark.parametrize(("settings", "after"), [(SEARCHED, 20), (ONE_START, 20), (PITMAN_YOR, 20)])
def test_a_fit_that_was_interrupted_goes_on_to_the_same_bits(
    settings: dict[str, Any], after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixfold.fitting.checkpoint.SHARE", 1e9)  # a save after every iteration
    path = tmp_path / "fit.npz"
    interrupted(settings, path, after)
    seen: list[Iteration] = []
    model = BayesianGaussianMixture(**settings, random_state=0)
    resumed = clone(model).set_params(checkpoint=path, callback=seen.append).fit(OVERLAPPING)
    expected = model.fit(OVERLAPPING)
    assert 0 < len(seen) < settings.get("n_init", 1) * (settings["max_iter"] + 1) - after + 3  # it did not begin anew
    assert resumed.lower_bounds_ == expected.lower_bounds_
    assert resumed.component_probabilities_ == expected.component_probabilities_
    assert resumed.degrees_of_freedom_prior_ == expected.degrees_of_freedom_prior_
    np.testing.assert_array_equal(resumed.covariances_, expected.covariances_)
    np.testing.assert_array_equal(resumed.score_samples(OVERLAPPING), expected.score_samples(OVERLAPPING))


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
def test_a_checkpoint_goes_on_without_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "fit.npz"
    first = BayesianGaussianMixture(**SEARCHED, random_state=0, checkpoint=path).fit(OVERLAPPING)

    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("mixfold.estimators.bayesian_fitter.search_components", refuse)
    again = BayesianGaussianMixture(**SEARCHED, random_state=0, checkpoint=path).fit(OVERLAPPING)
    assert again.lower_bounds_ == first.lower_bounds_
    assert again.optima_ == first.optima_
    assert len(first.optima_) > 1


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
@pytest.mark.parametrize(
    ("changed", "name"),
    [({"weight_concentration_prior": 2.0}, "weight_concentration_prior"), ({"covariance_type": "diag"}, "covariance_")],
)
def test_a_checkpoint_of_other_settings_is_refused(changed: dict[str, Any], name: str, tmp_path: Path) -> None:
    path = tmp_path / "fit.npz"
    BayesianGaussianMixture(**SEARCHED, random_state=0, checkpoint=path).fit(OVERLAPPING)
    with pytest.raises(CheckpointError, match=name):
        BayesianGaussianMixture(**{**SEARCHED, **changed}, random_state=0, checkpoint=path).fit(OVERLAPPING)
    with pytest.raises(CheckpointError, match="data"):
        BayesianGaussianMixture(**SEARCHED, random_state=0, checkpoint=path).fit(OVERLAPPING + 1.0)
    other = BayesianGaussianMixture(**SEARCHED, predictive="plug-in", random_state=0, checkpoint=path)
    other.fit(OVERLAPPING)  # what is asked of a posterior changes nothing of it


def test_few_rows_of_many_features_are_not_left_in_more_components_than_few_to_begin_with_find() -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal(size=(22, 10)), random.normal(1.6, 1.0, size=(22, 10))])
    many, two = (
        BayesianFitter(BayesianGaussianMixture(n_components=most, random_state=0)).fit(ArraySource(rows))
        for most in (12, 2)
    )
    assert len(many.counts) <= 2
    assert many.log_evidence >= two.log_evidence - 1e-6


def test_a_background_leaves_no_component_without_rows() -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal(size=(120, 2)), random.uniform(-30.0, 30.0, size=(30, 2))])
    fitter = BayesianFitter(BayesianGaussianMixture(n_components=4, outliers="uniform", random_state=0))
    fold, stopping = Fold.of_rows(rows), Stopping(1e-6, 1000)
    found, *_ = fitter._found(fold, fitter.scale_of(fold), stopping, np.random.RandomState(0))
    assert len(found.counts) == 2  # one of them wide
    fit = fitter._beside_background(found, fold, log_sides_of(fold), "all rows", stopping)
    assert len(fit.counts) == len(fit.posterior.weights) == 1
    assert fit.outliers is not None
    assert fit.outliers.share == pytest.approx(0.2, abs=0.05)


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
def test_a_checkpoint_of_rows_with_other_noise_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fit.npz"
    for noise in (0.5, 0.6):
        source, observations = in_strata(ArraySource(OVERLAPPING), Facts(np.full((1, 2), noise)))
        fitter = BayesianFitter(BayesianGaussianMixture(**SEARCHED, random_state=0, checkpoint=path))
        if noise == 0.5:
            fitter.fit(source, None, observations)
        else:
            with pytest.raises(CheckpointError, match="observations"):
                fitter.fit(source, None, observations)


def test_components_are_found_beside_those_that_labels_name() -> None:
    random = np.random.default_rng(0)
    rows, corner = four_corners(random)
    labels = np.full(160, -1)
    for label, named in enumerate((3, 1)):
        labels[np.flatnonzero(corner == named)[:3]] = label
    model = BayesianGaussianMixture(n_components=6, random_state=0).fit(rows, labels=labels)
    assert model.n_components_ == 4
    np.testing.assert_allclose(model.means_[:2], CORNERS[[3, 1]], atol=0.6)
    assert model.weights_[2] >= model.weights_[3]
    assert model.component_probabilities_ == {}
    assert adjusted_rand_score(corner, model.predict(rows)) > 0.95


@pytest.mark.parametrize("outliers", [None, "uniform"])
def test_labels_part_what_is_one_component_without_them_with_noise_and_missing_values_too(outliers: str | None) -> None:
    random = np.random.default_rng(1)
    kinds = random.integers(0, 2, 80)
    rows = np.where(kinds[:, None] == 0, [0.0, 0.0], [2.0, 0.0]) + random.normal(size=(80, 2))
    labels, links = np.where(random.random(80) < 0.4, kinds, -1), np.full(80, -1)
    links[:6] = kinds[:6]
    rows[random.random(80) < 0.1, 1] = np.nan
    model = BayesianGaussianMixture(n_components=2, random_state=0, predictive="plug-in", outliers=outliers)
    assert outliers or model.fit(rows, noise=0.1).n_components_ == 1
    model.fit(rows, noise=0.1, labels=labels, must_link=links)
    assert model.n_components_ == 2
    np.testing.assert_allclose(model.means_[:, 0], [0.0, 2.0], atol=0.4)
    assert np.all(np.diff(model.lower_bounds_) > -1e-12)


@pytest.mark.parametrize("outliers", [None, "uniform"])
def test_a_label_of_which_no_row_is_known_keeps_its_number(outliers: str | None) -> None:
    corner, labels = np.repeat([0, 1], 30), np.full(60, -1)
    rows = np.random.default_rng(0).normal(size=(60, 2)) + 9.0 * corner[:, None]
    labels[[np.argmin(corner), np.argmax(corner)]] = [2, 0]
    model = BayesianGaussianMixture(n_components=3, random_state=0, outliers=outliers).fit(rows, labels=labels)
    np.testing.assert_array_equal(model.predict(rows), np.array([2, 0])[corner])


@pytest.mark.parametrize(
    ("settings", "labels", "message"),
    [
        ({"init_params": "kmeans"}, np.arange(272) % 2, "components are searched for beside those that are named"),
        ({"posterior": "gibbs"}, np.arange(272) % 2, "labels or links. Use posterior='variational'"),
        ({}, np.arange(272) % 4, r"from 0 to n_components - 1 = 2.*got 3 in row 3"),
        ({}, np.arange(816).reshape(272, 3) % 4 < 3, "must be whole numbers"),
    ],
)
def test_labels_that_cannot_be_used_are_refused(settings: dict[str, Any], labels: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BayesianGaussianMixture(n_components=3, random_state=0, **settings).fit(load_faithful().data, labels=labels)


@pytest.mark.parametrize("covariance_type", ["VEV", "factor:2"])
def test_a_family_without_a_conjugate_prior_is_refused_with_the_reason(covariance_type: str) -> None:
    model = BayesianGaussianMixture(n_components=3, covariance_type=covariance_type)
    with pytest.raises(InputError, match=rf"must be of full, .* got '{covariance_type}'.* there is no conjugate prior"):
        model.fit(load_faithful().data)


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
def test_when_time_is_over_a_search_begins_with_no_more_components() -> None:
    groups = np.column_stack(np.divmod(np.arange(600) % 60, 8))
    rows = 9.0 * groups + np.random.default_rng(0).normal(size=(600, 2))
    model = BayesianGaussianMixture(n_components="auto", covariance_type="tied", random_state=0, max_time=1e-9)
    assert len(model.fit(rows).weights_) == FIRST  # it has all sixty otherwise
