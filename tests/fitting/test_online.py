"""Learning from batches that come one after the other."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES
from mixfold.engines import ArrayEngine
from mixfold.errors import InputError
from mixfold.fitting import em_steps
from mixfold.fitting.online import matched, merged, stepwise
from mixfold.fold import Fold
from mixfold.models import Penalized, Problem
from mixfold.rows import Marks, Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import STRUCTURES, Structure
from mixfold.typing import FloatArray
from tests.examples import blobs, mixture_of

structures = pytest.mark.parametrize("structure", list(STRUCTURES), ids=lambda s: s.name)
ROWS, LABELS = blobs(12_000, 3, 2, separation=5.0)


def moments(rows: FloatArray, center: FloatArray, structure: Structure) -> SufficientStatistics:
    shares = np.random.default_rng(0).dirichlet(np.ones(len(center)), size=len(rows))
    return ArrayEngine().moments(Rows(rows), shares, center, structure)


@structures
def test_sums_around_other_centers_are_those_that_the_rows_give_there(structure: Structure) -> None:
    here, there = np.zeros((3, 2)), np.arange(6.0).reshape(3, 2)
    actual, expected = moments(ROWS, here, structure).around(there), moments(ROWS, there, structure)
    np.testing.assert_allclose(actual.shift, expected.shift, rtol=1e-9)
    np.testing.assert_allclose(actual.scatter, expected.scatter, rtol=1e-9)


@pytest.mark.parametrize("covariance_type", list(FAMILIES))
def test_a_stream_leads_to_the_fit_of_all_rows(covariance_type: str) -> None:
    model = GaussianMixture(3, covariance_type=covariance_type, init_params="kmeans", random_state=0)
    whole = GaussianMixture(3, covariance_type=covariance_type, init_params="kmeans", random_state=0).fit(ROWS)
    for batch in np.split(ROWS, 24):
        model.partial_fit(batch)
    assert whole.score(ROWS) - model.score(ROWS) < 2e-3
    assert adjusted_rand_score(model.predict(ROWS), whole.predict(ROWS)) > 0.99


def test_equal_steps_of_exponent_one_weigh_all_batches_alike() -> None:
    model = GaussianMixture(1, step_exponent=1.0)
    for batch in np.split(ROWS, 8):
        model.partial_fit(batch)
    np.testing.assert_allclose(model.means_[0], np.mean(ROWS, axis=0), rtol=1e-9)
    np.testing.assert_allclose(model.covariances_[0], np.cov(ROWS.T, bias=True), rtol=1e-3)


def test_forgetting_follows_a_mixture_that_drifts() -> None:
    random = np.random.default_rng(0)
    drifting, settled = GaussianMixture(1, forgetting=0.8), GaussianMixture(1)
    for time in range(60):
        batch = random.normal(0.1 * time, 1.0, size=(300, 1))
        drifting.partial_fit(batch)
        settled.partial_fit(batch)
    assert abs(drifting.means_[0, 0] - 5.9) < 0.6
    assert abs(settled.means_[0, 0] - 5.9) > 0.8


def test_a_batch_with_other_features_is_refused() -> None:
    model = GaussianMixture(3, init_params="kmeans").partial_fit(ROWS)
    with pytest.raises(ValueError, match="features"):
        model.partial_fit(np.ones((5, 3)))


@pytest.mark.parametrize("covariance_type", list(FAMILIES))
def test_models_of_two_shards_merge_to_that_of_all_rows(covariance_type: str) -> None:
    def fitted(rows: FloatArray, seed: int) -> GaussianMixture:
        settings = {"covariance_type": covariance_type, "init_params": "kmeans", "random_state": seed, "n_init": 2}
        return GaussianMixture(3, **settings).fit(rows)

    one, other, whole = fitted(ROWS[:5000], 0), fitted(ROWS[5000:], 1), fitted(ROWS, 2)
    model = one.merge(other)
    assert whole.score(ROWS) - model.score(ROWS) < 1e-3
    assert model is not one
    assert model.merge(one).n_features_in_ == 2


def test_components_are_paired_whatever_their_order() -> None:
    mixture = mixture_of("full", 4, 3)
    order = np.array([2, 0, 3, 1])
    shuffled = type(mixture)(mixture.weights[order], mixture.means[order] + 0.01, mixture.covariances[order])
    np.testing.assert_array_equal(order[matched(mixture, shuffled)], np.arange(4))


@structures
def test_merged_sums_are_those_of_both_shards(structure: Structure) -> None:
    center = np.arange(6.0).reshape(3, 2)
    one, other = moments(ROWS[:4000], center, structure), moments(ROWS[4000:8000], center + 1.0, structure)
    total = merged(one, other, np.arange(3))
    expected = one + moments(ROWS[4000:8000], center, structure)
    np.testing.assert_allclose(total.scatter, expected.scatter, rtol=1e-9)
    assert total.n_rows == 8000


def test_models_of_other_shapes_are_not_merged() -> None:
    one, other = (GaussianMixture(k, init_params="kmeans").fit(ROWS[:500]) for k in (2, 3))
    with pytest.raises(InputError, match="same .n_components, n_features, covariance_type."):
        one.merge(other)


def test_minibatches_are_polished_to_the_optimum_of_full_passes() -> None:
    rows = np.concatenate([ROWS, ROWS[::-1] + 0.01, ROWS])
    settings = {"init_params": "random_from_data", "random_state": 3, "tol": 1e-9}
    quick = GaussianMixture(3, minibatch=8192, **settings).fit(rows)
    full = GaussianMixture(3, **settings).fit(rows)
    assert abs(quick.lower_bound_ - full.lower_bound_) < 1e-7
    assert quick.history_[0].objective > full.history_[0].objective


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "VVE"])
def test_rows_are_intervals_and_components_alike_in_a_stream_as_in_a_fit(covariance_type: str) -> None:
    rows = np.round(ROWS[:300])
    settings = {"covariance_type": covariance_type, "tol": 1e-13, "max_iter": 10_000}
    fitted = GaussianMixture(3, random_state=0, **settings).fit(rows)
    (_, prior), start, family = fitted._stream, fitted.mixture_.parameters, fitted.mixture_.family
    walked = stepwise([Fold.of_rows(rows)], start, Penalized(family, prior), exponent=0.7, forgetting=1.0)
    np.testing.assert_allclose(walked.covariances, start.covariances, rtol=1e-5, atol=1e-6)
    twice = Fold.of_rows(rows, Marks(np.full(300, 2.0)))
    step = em_steps(Problem(twice, Penalized(family, prior)), start, 1).point.parameters
    np.testing.assert_allclose(fitted.partial_fit(rows).covariances_, step.covariances, rtol=1e-9)


def test_halves_that_are_merged_count_rows_as_the_fit_of_all() -> None:
    rows = np.round(ROWS[:600])
    whole = GaussianMixture(3, random_state=0).fit(rows)
    one, two = (GaussianMixture(3, means_init=whole.means_).fit(half) for half in (rows[::2], rows[1::2]))
    both = one.merge(two)
    assert both.bic(rows) == pytest.approx(whole.bic(rows), abs=5.0)
    of_points = -2.0 * len(rows) * both.score(rows) + both.mixture_.n_parameters * np.log(len(rows))
    assert both.bic(rows) > of_points + 20.0


@pytest.mark.parametrize(("order", "size"), [("shuffled", 5), ("shuffled", 100), ("by cluster", 500)])
def test_a_stream_recovers_from_a_first_batch_that_is_small_or_of_one_cluster(order: str, size: int) -> None:
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 2000)
    rows = random.normal(size=(6000, 2)) + 6.0 * np.array([[0, 0], [1, 0], [0, 1]])[labels]
    batches = rows[random.permutation(6000)] if order == "shuffled" else rows
    model = GaussianMixture(3, random_state=0)
    for start in range(0, 6000, size):
        model.partial_fit(batches[start : start + size])
    assert adjusted_rand_score(model.predict(rows), labels) > 0.98


def test_a_stream_from_a_start_of_the_callers_stays_there() -> None:
    model = GaussianMixture(3, means_init=[[0.0, 0.0], [1e3, 0.0], [0.0, 1e3]])
    for batch in np.split(ROWS, 8):
        model.partial_fit(batch)
    assert np.sum(model.weights_ > 1e-6) == 1


def test_a_stream_goes_on_after_a_pickle_as_it_would_have() -> None:
    batches = np.split(ROWS, 24)
    model = GaussianMixture(3, random_state=0)
    for batch in batches[:3]:
        model.partial_fit(batch)
    restored = pickle.loads(pickle.dumps(model))
    for batch in batches[3:8]:
        model.partial_fit(batch)
        restored.partial_fit(batch)
    assert restored.mixture_ == model.mixture_


def test_a_stream_keeps_its_number_of_components_and_its_family() -> None:
    model = GaussianMixture(2, random_state=0).partial_fit(ROWS[:6])
    model.set_params(n_components=3, covariance_type="diag")
    for batch in np.split(ROWS, 24)[:6]:
        model.partial_fit(batch)
    assert model.means_.shape == (2, 2)
    assert model.mixture_.covariance_type == "full"
