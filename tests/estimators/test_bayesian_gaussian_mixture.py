"""scikit-learn's `BayesianGaussianMixture`, that finds how many components there are."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm
from sklearn.exceptions import ConvergenceWarning as ScikitLearnWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import BayesianGaussianMixture as ScikitLearn

from mixfold import BayesianGaussianMixture
from mixfold.datasets import load_faithful
from mixfold.errors import ConvergenceWarning, InputError
from mixfold.models import CONJUGATE
from mixfold.typing import FloatArray
from tests.examples import blobs, four_corners

TYPES = ["full", "tied", "diag", "spherical"]
KINDS = ["dirichlet_process", "dirichlet_distribution"]
FAITHFUL = load_faithful().data


def separated(k: int, n: int, d: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Draw rows from components whose centers are eight deviations apart at least."""
    random = np.random.default_rng(seed)
    centers: list[FloatArray] = []
    while len(centers) < k:
        center = random.uniform(-8.0, 8.0, size=d) * max(1.0, k ** (1.0 / d))
        if all(np.linalg.norm(center - other) > 8.0 for other in centers):
            centers.append(center)
    labels = random.integers(0, k, size=n)
    roots = np.eye(d) + 0.3 * random.normal(size=(k, d, d))
    return np.array(centers)[labels] + np.einsum("nij,nj->ni", roots[labels], random.normal(size=(n, d))), labels


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("n_iter", "ridge"), [(1, 1e-6), (7, 1e-6), (30, 0.3)])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_it_equals_scikit_learns_from_the_same_start_and_priors(
    covariance_type: str, kind: str, n_iter: int, ridge: float
) -> None:
    rows, _ = blobs(90, 3, 2)
    shares = np.random.default_rng(1).dirichlet(np.full(4, 0.5), size=90)
    settings: dict[str, Any] = {
        "n_components": 4,
        "covariance_type": covariance_type,
        "weight_concentration_prior_type": kind,
        "weight_concentration_prior": 0.7,
        "reg_covar": ridge,
        "tol": 0.0,
        "max_iter": n_iter,
    }
    theirs = ScikitLearn(**settings)
    theirs._initialize_parameters = lambda X, *_, **__: theirs._initialize(X, shares)
    theirs.fit(rows)
    ours = BayesianGaussianMixture(**settings, responsibilities_init=shares).fit(rows)
    for name in (
        *("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_", "mean_precision_"),
        *("degrees_of_freedom_", "mean_prior_", "covariance_prior_", "mean_precision_prior_"),
        *("degrees_of_freedom_prior_", "weight_concentration_prior_"),
    ):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-7, atol=1e-9, err_msg=name)
    for one, other in zip(
        np.atleast_2d(ours.weight_concentration_), np.atleast_2d(theirs.weight_concentration_), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-7)
    np.testing.assert_allclose(ours.predict_proba(rows), theirs.predict_proba(rows), atol=1e-7)
    assert ours.n_iter_ == theirs.n_iter_


@pytest.mark.parametrize(
    ("truncation", "d"), [(5, 6), (10, 6), (10, 2), pytest.param(30, 2, marks=pytest.mark.nightly)]
)
def test_it_finds_five_components_whatever_it_was_asked_for_at_most(truncation: int, d: int) -> None:
    rows, labels = separated(5, 160, d, seed=d)
    model = BayesianGaussianMixture(n_components=truncation, random_state=0).fit(rows)
    assert model.n_components_ == len(model.weights_) == 5
    assert adjusted_rand_score(labels, model.predict(rows)) == 1.0


def test_it_never_finds_more_than_it_was_asked_for() -> None:
    rows, _ = separated(5, 160, 2, seed=2)
    assert BayesianGaussianMixture(n_components=3, random_state=0).fit(rows).n_components_ <= 3


@pytest.mark.parametrize("covariance_type", CONJUGATE)
def test_few_rows_of_several_clusters_are_not_one_component(covariance_type: str) -> None:
    rows, _ = separated(3, 45, 4, seed=0)
    model = BayesianGaussianMixture(n_components=6, covariance_type=covariance_type, random_state=0).fit(rows)
    assert 2 <= model.n_components_ <= 4


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_no_affine_map_of_the_rows_changes_the_clusters(covariance_type: str) -> None:
    rows, _ = separated(4, 100, 2, seed=1)
    linear = np.array([[3e-4, 1e-4], [-2.0, 5.0]])
    settings: dict[str, Any] = {"n_components": 4, "covariance_type": covariance_type, "random_state": 0}
    here = BayesianGaussianMixture(**settings).fit(rows)
    there = BayesianGaussianMixture(**settings).fit(rows @ linear.T + 7.0)
    assert adjusted_rand_score(here.predict(rows), there.predict(rows @ linear.T + 7.0)) == 1.0


@pytest.mark.parametrize("covariance_type", TYPES)
def test_the_unit_of_the_rows_does_not_matter(covariance_type: str) -> None:
    settings: dict[str, Any] = {"n_components": 3, "covariance_type": covariance_type, "random_state": 0}
    rows = FAITHFUL[:50]
    here, there = (BayesianGaussianMixture(**settings).fit(unit * rows) for unit in (1.0, 1e-4))
    assert here.n_components_ == there.n_components_
    np.testing.assert_array_equal(here.predict(rows), there.predict(1e-4 * rows))
    assert there.lower_bound_ == pytest.approx(here.lower_bound_ - 2 * np.log(1e-4), rel=1e-6)


def test_a_larger_concentration_gives_more_even_weights_over_ten_orders() -> None:
    rows, _ = blobs(60, 3, 2)
    evenness = []
    for concentration in 10.0 ** np.arange(-5.0, 6.0, 2.0):
        model = BayesianGaussianMixture(
            n_components=6,
            weight_concentration_prior=concentration,
            weight_concentration_prior_type="dirichlet_distribution",
            responsibilities_init=np.random.default_rng(0).dirichlet(np.ones(6), size=60),
        ).fit(rows)
        evenness.append(-np.sum(model.weights_ * np.log(np.maximum(model.weights_, 1e-300))))
    assert np.all(np.diff(evenness) > -1e-3)
    assert evenness[-1] == pytest.approx(np.log(6.0), abs=1e-3)
    assert evenness[0] < np.log(4.0)


def test_a_process_of_larger_concentration_leaves_more_for_components_that_have_no_rows() -> None:
    rows, _ = blobs(60, 3, 2)
    left = []
    for concentration in 10.0 ** np.arange(-5.0, 6.0, 2.0):
        model = BayesianGaussianMixture(
            n_components=3, weight_concentration_prior=concentration, init_params="kmeans", random_state=0
        ).fit(rows)
        taken, others = model.weight_concentration_
        left.append(float(np.prod(others / (taken + others))))
    assert np.all(np.diff(left) > 0.0)
    assert left[-1] > 0.99
    assert left[0] < 0.01


def test_a_concentration_that_is_learned_is_larger_for_more_components() -> None:
    learned = [
        BayesianGaussianMixture(n_components=5, random_state=0)
        .fit(separated(k, 20 * k, 2, seed=k)[0])
        .weight_concentration_prior_
        for k in (2, 5)
    ]
    assert learned[0] < learned[1]


def test_no_iteration_lowers_the_bound() -> None:
    model = BayesianGaussianMixture(n_components=8, init_params="random", random_state=0).fit(FAITHFUL)
    assert len(model.lower_bounds_) > 10
    assert np.min(np.diff(model.lower_bounds_)) > -1e-12


def test_more_starts_give_no_lower_bound() -> None:
    rows, _ = blobs(50, 4, 2, seed=5)
    bounds = [BayesianGaussianMixture(n_components=4, n_init=n, random_state=0).fit(rows).lower_bound_ for n in (1, 2)]
    assert bounds[1] >= bounds[0] - 1e-6


def test_densities_are_predictive_unless_those_of_expected_parameters_are_asked_for() -> None:
    model = BayesianGaussianMixture(n_components=5, random_state=0).fit(FAITHFUL[:25])
    far = np.array([[40.0, 400.0]])
    heavy = model.score_samples(far)[0]
    light = model.set_params(predictive="plug-in").score_samples(far)[0]
    assert heavy > light + 10.0
    np.testing.assert_allclose(light, model.mixture_.log_density(far)[0])
    assert model.score(FAITHFUL) == pytest.approx(np.mean(model.score_samples(FAITHFUL)))


def test_densities_of_held_out_rows_are_higher_than_those_of_expected_parameters() -> None:
    random = np.random.default_rng(0)
    gains = []
    for _ in range(4):
        rows = random.normal(size=(520, 6))
        model = BayesianGaussianMixture(n_components=1, random_state=0).fit(rows[:20])
        predictive = model.score(rows[20:])
        gains.append(predictive - model.set_params(predictive="plug-in").score(rows[20:]))
    assert np.mean(gains) > 0.0


def test_rows_of_weight_two_count_twice() -> None:
    rows, _ = blobs(60, 3, 2)
    weights = np.where(np.arange(60) < 20, 2.0, 1.0)
    shares = np.random.default_rng(0).dirichlet(np.ones(3), size=60)
    repeated = np.repeat(np.arange(60), weights.astype(int))
    settings: dict[str, Any] = {
        "n_components": 3,
        "covariance_prior": np.eye(2),
        "mean_prior": [0.0, 0.0],
        "max_iter": 5,
        "tol": 0.0,
    }
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        one = BayesianGaussianMixture(**settings, responsibilities_init=shares).fit(rows, sample_weight=weights)
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        two = BayesianGaussianMixture(**settings, responsibilities_init=shares[repeated]).fit(rows[repeated])
    np.testing.assert_allclose(one.means_, two.means_, rtol=1e-9)
    np.testing.assert_allclose(one.lower_bound_, two.lower_bound_, rtol=1e-9)


def test_a_warm_start_goes_on_from_the_last_posterior() -> None:
    settings: dict[str, Any] = {"n_components": 4, "init_params": "random", "random_state": 0, "tol": 0.0}
    parts = BayesianGaussianMixture(**settings, max_iter=5, warm_start=True)
    with pytest.warns(ConvergenceWarning):
        whole = BayesianGaussianMixture(**settings, max_iter=10).fit(FAITHFUL)
    for _ in range(2):
        with pytest.warns(ConvergenceWarning):
            parts.fit(FAITHFUL)
    np.testing.assert_allclose(parts.means_, whole.means_, rtol=1e-9)


@pytest.mark.nightly
def test_many_rows_are_searched_by_a_sample_whose_chance_is_not_taken_for_structure() -> None:
    rows, labels = separated(2, 100_000, 5, seed=2)  # each row of the sample as six would be five components
    model = BayesianGaussianMixture(n_components=3, random_state=0).fit(rows)
    assert model.n_components_ == 2
    assert np.sum(model.mean_precision_) == pytest.approx(100_000, rel=1e-3)
    assert adjusted_rand_score(labels, model.predict(rows)) == 1.0


def test_a_pickled_one_answers_the_same() -> None:
    model = BayesianGaussianMixture(n_components=3, init_params="kmeans", random_state=0).fit(FAITHFUL[:60])
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.score_samples(FAITHFUL), model.score_samples(FAITHFUL))


def test_features_that_never_vary_are_no_obstacle() -> None:
    rows, _ = separated(3, 75, 2, seed=0)
    model = BayesianGaussianMixture(n_components=4, random_state=0).fit(np.column_stack([rows, np.full(75, 3.0)]))
    assert model.n_components_ == 3


def test_a_callback_sees_iterations_and_may_stop() -> None:
    seen = []
    model = BayesianGaussianMixture(
        n_components=4, init_params="random", random_state=0, callback=lambda it: seen.append(it) or len(seen) == 3
    ).fit(FAITHFUL)
    assert len(seen) == 3
    assert not model.converged_


def test_the_summary_says_how_many_components_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    model = BayesianGaussianMixture(n_components=4, random_state=0, verbose=2).fit(FAITHFUL[::3])
    assert "BayesianGaussianMixture: 2 of at most 4 components, converged" in model.summary()
    assert "Initialization 0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_components": 400}, "n_samples >= n_components"),
        ({"degrees_of_freedom_prior": 0.5}, "should be greater than 1"),
        ({"mean_prior": [1.0]}, "mean_prior"),
        ({"covariance_prior": [[1.0, 2.0], [2.0, 1.0]]}, "positive definite, got a smallest eigenvalue of -1"),
        ({"covariance_prior": [1.0, 2.0]}, "covariance_prior"),
        ({"covariance_prior": -1.0, "covariance_type": "spherical"}, "covariance_prior"),
        ({"responsibilities_init": np.ones((3, 1))}, "responsibilities_init"),
        ({"covariance_type": "VVE"}, "covariance_type"),
        ({"predictive": "normal"}, "predictive"),
    ],
)
def test_what_cannot_be_used_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BayesianGaussianMixture(**settings).fit(FAITHFUL)
    assert issubclass(InputError, ValueError)


def test_noise_of_rows_is_in_no_covariance() -> None:
    random = np.random.default_rng(0)
    rows, labels = four_corners(random, 240)
    noise = np.where(random.random(rows.shape) < 0.5, 0.1, 3.0) * random.uniform(0.99, 1.01, rows.shape)
    seen = rows + noise * random.normal(size=rows.shape)
    model = BayesianGaussianMixture(n_components=5, random_state=0).fit(seen, noise=noise)
    assert model.n_components_ == 4
    np.testing.assert_allclose(np.linalg.det(model.covariances_), 1.0, rtol=0.9)
    blind = BayesianGaussianMixture(n_components=5, random_state=0).fit(seen)
    assert np.min(np.linalg.det(blind.covariances_)) > 2.0
    assert np.all(np.diff(model.lower_bounds_) > -1e-12)
    known = noise.max(axis=1) < 0.2
    assert adjusted_rand_score(labels[known], model.predict(seen, noise=noise)[known]) > 0.98


def test_what_noise_made_several_components_of_is_one_where_values_are_missing_too() -> None:
    random = np.random.default_rng(0)
    rows = np.array([[0.0, 0.0], [9.0, 0.0]])[random.integers(0, 2, 200)] + random.normal(size=(200, 2))
    noise = np.where(random.random((200, 1)) < 0.5, 0.1, 3.5) * np.ones((1, 2))
    rows = rows + noise * random.normal(size=rows.shape)
    rows[random.random(rows.shape) < 0.03] = np.nan
    model = BayesianGaussianMixture(n_components=3, random_state=0)
    assert model.fit(rows).n_components_ == 3
    assert model.fit(rows, noise=noise).n_components_ == 2


def test_the_bound_of_noisy_rows_is_that_of_components_blurred_with_it() -> None:
    rows = np.array([[0.0], [1.0], [2.0], [8.0], [9.5], [10.0]])
    model = BayesianGaussianMixture(n_components=2, random_state=0).fit(rows, noise=0.7)
    assert model._fit is not None
    posterior, prior = model._fit
    potentials = prior.potentials(posterior)
    precision = potentials.whitener.reshape(-1) ** 2
    # What the offset has beside the norm of a normal of that precision stays when noise is added to the variance.
    beside = potentials.offset - 0.5 * np.log(precision / (2.0 * np.pi))
    blurred = norm(potentials.center.ravel(), np.sqrt(1.0 / precision + 0.49)).logpdf(rows)
    by_hand = np.mean(logsumexp(blurred + beside, axis=1)) + prior.log_prior(posterior, potentials) / len(rows)
    assert model.lower_bound_ == pytest.approx(by_hand, abs=1e-5)


def test_a_background_takes_the_rows_that_belong_to_no_component(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows, labels = four_corners(random)
    everything = np.concatenate([rows, random.uniform(-30.0, 40.0, size=(24, 2))])
    model = BayesianGaussianMixture(n_components=5, outliers="uniform", random_state=0).fit(everything)
    found = model.predict(everything)
    assert model.n_components_ == 4
    assert adjusted_rand_score(labels, found[:160]) > 0.98
    assert np.sum(found[160:] == -1) > 21
    assert model.outlier_share_ == pytest.approx(24 / 184, abs=0.02)
    assert np.all(np.diff(model.lower_bounds_) > -1e-12)
    model.save(tmp_path / "model.json")
    again = BayesianGaussianMixture.load(tmp_path / "model.json")
    np.testing.assert_array_equal(again.predict(everything), found)
    np.testing.assert_array_equal(again.score_samples(everything), model.score_samples(everything))
    assert again.outlier_share_ == model.outlier_share_


def test_a_background_of_no_rows_has_no_share() -> None:
    rows, _ = four_corners(np.random.default_rng(0))
    model = BayesianGaussianMixture(n_components=4, outliers="uniform", random_state=0).fit(rows)
    assert model.n_components_ == 4
    assert model.outlier_share_ < 0.03
    assert np.mean(model.predict(rows) == -1) < 0.03


def test_linked_rows_are_of_one_component() -> None:
    random = np.random.default_rng(0)
    rows, labels = four_corners(random)
    links = np.where(random.random(160) < 0.15, labels % 2, -1)  # corners of one side are of one component
    model = BayesianGaussianMixture(n_components=5, random_state=0).fit(rows, must_link=links)
    found = model.predict(rows, must_link=links)
    assert len(set(found[links == 0])) == len(set(found[links == 1])) == 1
    assert set(found[links == 0]) != set(found[links == 1])


@pytest.mark.parametrize(
    ("settings", "facts"),
    [
        ({"outliers": "uniform", "init_params": "kmeans"}, {}),
        ({"outliers": "uniform", "checkpoint": "fit.npz"}, {}),
        ({"init_params": "kmeans"}, {"must_link": np.arange(272) // 2}),
    ],
)
def test_what_needs_several_searches_is_refused_without_one(settings: dict[str, Any], facts: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="components are searched for in more than one way"):
        BayesianGaussianMixture(n_components=3, random_state=0, **settings).fit(FAITHFUL, **facts)


def test_a_stream_does_not_go_on_from_rows_of_which_more_was_known() -> None:
    model = BayesianGaussianMixture(n_components=2, random_state=0).fit(FAITHFUL[:50], noise=[0.1, 1.0])
    with pytest.raises(InputError, match="`noise`"):
        model.partial_fit(FAITHFUL)


def test_without_a_search_default_priors_are_those_of_scikit_learn() -> None:
    settings = {"n_components": 3, "weight_concentration_prior": 0.5, "random_state": 0, "max_iter": 1, "tol": 0.0}
    with pytest.warns(ConvergenceWarning):
        ours = BayesianGaussianMixture(**settings, init_params="kmeans").fit(FAITHFUL)
    with pytest.warns(ScikitLearnWarning):
        theirs = ScikitLearn(**settings).fit(FAITHFUL)
    for name in ("covariance_prior_", "mean_prior_", "degrees_of_freedom_prior_", "mean_precision_prior_"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-13)
