"""The fit of each group: that of the group alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixfold import GaussianMixture, GroupedMixtures, fit_many
from mixfold.estimators import grouped_fit
from tests.examples import blobs

SIZES = np.random.default_rng(0).integers(30, 300, 12)
ROWS = np.concatenate([blobs(int(n), 3, 2, seed=int(n), separation=2.0)[0] for n in SIZES])
OFFSETS = np.concatenate([[0], np.cumsum(SIZES)])
WEIGHTS = np.random.default_rng(1).uniform(0.5, 2.0, len(ROWS))


def same_as_alone(many: GroupedMixtures, settings: dict[str, Any], k: int, weights: np.ndarray | None = None) -> None:
    """Compare each mixture with the fit of its rows alone, bit by bit."""
    for position in range(len(many)):
        span = slice(OFFSETS[position], OFFSETS[position + 1])
        alone = GaussianMixture(k, **settings).fit(ROWS[span], sample_weight=None if weights is None else weights[span])
        mixture = many[position]
        assert mixture is not None
        np.testing.assert_array_equal(mixture.weights, alone.mixture_.weights)
        np.testing.assert_array_equal(mixture.means, alone.mixture_.means)
        np.testing.assert_array_equal(mixture.covariances, alone.mixture_.covariances)
        assert many.n_iter[position] == alone.n_iter_
        assert many.log_likelihood[position] == alone.lower_bound_
        assert many.converged[position] == alone.converged_


@pytest.mark.parametrize("k", [1, 3, 12])
@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_each_has_the_bits_of_the_fit_alone(covariance_type: str, k: int) -> None:
    settings: dict[str, Any] = {"covariance_type": covariance_type, "random_state": 3}
    many = fit_many(ROWS, offsets=OFFSETS, n_components=k, **settings)
    same_as_alone(many, {**settings, "init_params": "kmeans", "reg_covar": 1e-6}, k)


@pytest.mark.parametrize(
    "settings",
    [
        {"reg_covar": "auto"},
        {"init_params": "auto"},
        {"init_params": "random"},
        {"covariance_type": "VVE", "reg_covar": 1e-4},
        {"n_init": 4},
        {"reg_covar": 0.0},
        {"tol": 1e-2},
        {"engine": "array"},
    ],
)
def test_other_settings_are_those_of_the_fit_alone(settings: dict[str, Any]) -> None:
    many = fit_many(ROWS, offsets=OFFSETS, n_components=2, random_state=0, **settings)
    same_as_alone(many, {"init_params": "kmeans", "reg_covar": 1e-6, "random_state": 0, **settings}, 2)


def test_weights_and_single_precision_are_those_of_the_fit_alone() -> None:
    many = fit_many(ROWS, offsets=OFFSETS, n_components=2, random_state=0, sample_weight=WEIGHTS)
    same_as_alone(many, {"init_params": "kmeans", "reg_covar": 1e-6, "random_state": 0}, 2, WEIGHTS)
    single = fit_many(ROWS.astype(np.float32), offsets=OFFSETS, n_components=2, random_state=0)
    first = GaussianMixture(2, init_params="kmeans", reg_covar=1e-6, random_state=0)
    first.fit(ROWS[: OFFSETS[1]].astype(np.float32))
    assert single[0] is not None
    np.testing.assert_array_equal(single[0].means, first.mixture_.means)


def test_threads_and_batches_do_not_change_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = fit_many(ROWS, offsets=OFFSETS, n_components=[1, 2, 3], random_state=0)
    monkeypatch.setattr(grouped_fit, "BATCH_WORK", 700)
    found = fit_many(ROWS, offsets=OFFSETS, n_components=[1, 2, 3], random_state=0, n_jobs=3)
    np.testing.assert_array_equal(found.means, expected.means)
    np.testing.assert_array_equal(found.starts, expected.starts)


def test_of_several_numbers_of_components_the_one_of_lowest_bic_is_taken() -> None:
    many = fit_many(ROWS, offsets=OFFSETS, n_components=range(1, 5), random_state=0)
    assert len(set(many.n_components.tolist())) > 1
    for position in range(len(many)):
        rows = ROWS[OFFSETS[position] : OFFSETS[position + 1]]
        fits = [GaussianMixture(k, init_params="kmeans", reg_covar=1e-6, random_state=0).fit(rows) for k in range(1, 5)]
        criteria = [fit.bic(rows) for fit in fits]
        assert many.n_components[position] == 1 + int(np.argmin(criteria))
        np.testing.assert_allclose(many.bic[position], min(criteria), rtol=1e-12)


def test_a_group_that_collapses_has_no_mixture_and_says_why() -> None:
    line = np.repeat(np.arange(20.0)[:, None], 2, axis=1)
    many = fit_many([line, ROWS[:100], line[:1]], n_components=2, reg_covar=0.0, random_state=0)
    assert many.n_components.tolist() == [0, 2, 0]
    assert "positive definite" in many.reasons[0]
    assert many[0] is None


def test_groups_that_are_too_small_have_an_answer_and_a_reason() -> None:
    many = fit_many([ROWS[:100], ROWS[:3], ROWS[:0], ROWS[:1]], n_components=5, random_state=0)
    assert many.n_components.tolist() == [5, 1, 0, 1]
    assert "3 row(s) are too few for 5 component(s): a single component" in many.reasons[1]
    assert "no mixture" in many.reasons[2]
    np.testing.assert_allclose(many[1].means[0], ROWS[:3].mean(axis=0))
    np.testing.assert_allclose(many[3].means[0], ROWS[0])


def test_a_callback_that_says_so_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouped_fit, "BATCH_WORK", 400)
    seen: list[tuple[int, int]] = []

    def callback(n_done: int, n_groups: int) -> bool:
        seen.append((n_done, n_groups))
        return n_done > 3

    many = fit_many(ROWS, offsets=OFFSETS, n_components=2, random_state=0, callback=callback)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert np.flatnonzero(many.n_components == 0).tolist() == list(range(seen[-1][0], 12))
    assert "Stopped" in many.reasons[11]
