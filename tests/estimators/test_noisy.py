"""Fits and scores of rows that were measured with noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mixfold import GaussianMixture
from mixfold.errors import InputError
from mixfold.typing import FloatArray

RANDOM = np.random.default_rng(0)
N = 800
LABELS = RANDOM.integers(2, size=N)
ROWS = RANDOM.normal(size=(N, 2)) * [1.0, 0.5] + np.array([[0.0, 0.0], [4.0, 4.0]])[LABELS]
NOISE = RANDOM.choice([0.2, 1.0, 2.0], size=(N, 1)) * np.ones(2)
SEEN = ROWS + RANDOM.normal(size=ROWS.shape) * NOISE


def gaps(rows: FloatArray) -> FloatArray:
    """Give rows without a tenth of their values."""
    return np.where(np.random.default_rng(1).random(rows.shape) < 0.1, np.nan, rows)


@pytest.mark.parametrize("lacks", [False, True])
def test_what_lies_under_the_noise_is_found(lacks: bool) -> None:
    model = GaussianMixture(2, random_state=0).fit(gaps(SEEN) if lacks else SEEN, noise=NOISE)
    order = np.argsort(model.means_[:, 0])
    np.testing.assert_allclose(model.means_[order], [[0.0, 0.0], [4.0, 4.0]], atol=0.3)
    np.testing.assert_allclose(model.covariances_[order], np.stack([np.diag([1.0, 0.25])] * 2), atol=0.4)


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")  # they make few steps
@pytest.mark.parametrize("family", ["full", "tied", "diag", "spherical", "VEE", "factor:1"])
def test_the_objective_never_falls(family: str) -> None:
    model = GaussianMixture(2, random_state=0, covariance_type=family, max_iter=30, tol=1e-4)
    objectives = [iteration.objective for iteration in model.fit(gaps(SEEN)[:400], noise=NOISE[:400]).history_]
    assert len(objectives) > 1
    assert np.all(np.diff(objectives) >= -1e-12 * np.abs(objectives[-1]))


def test_rows_are_scored_as_they_were_observed_where_their_noise_is_given() -> None:
    model = GaussianMixture(2, random_state=0).fit(SEEN, noise=NOISE)
    covariances = np.array([[[0.3, 0.1], [0.1, 0.5]], [[2.0, -1.0], [-1.0, 1.0]]])
    scores = model.score_samples(SEEN[:2], noise=covariances)
    shares = model.predict_proba(SEEN[:2], noise=covariances)
    for row, noise, score, share in zip(SEEN[:2], covariances, scores, shares, strict=True):
        parts = [
            weight * multivariate_normal(mean, covariance + noise).pdf(row)
            for weight, mean, covariance in zip(model.weights_, model.means_, model.covariances_, strict=True)
        ]
        assert score == pytest.approx(np.log(sum(parts)), rel=1e-12)
        np.testing.assert_allclose(share, np.array(parts) / sum(parts), rtol=1e-10, atol=1e-14)
    np.testing.assert_array_equal(model.predict(SEEN[:2], noise=covariances), np.argmax(shares, axis=1))


def test_without_noise_rows_are_scored_as_they_are() -> None:
    model = GaussianMixture(2, random_state=0).fit(SEEN[:300])
    np.testing.assert_array_equal(model.score_samples(SEEN, noise=0.0), model.score_samples(SEEN))
    np.testing.assert_array_equal(model.predict(SEEN), model.predict(SEEN, noise=None))


def test_noise_of_zero_is_a_fit_without_it() -> None:
    one, other = (GaussianMixture(2, random_state=0).fit(SEEN[:300], noise=noise) for noise in (None, 0.0))
    np.testing.assert_array_equal(one.means_, other.means_)


def test_weights_count_rows_with_their_noise() -> None:
    weights = np.random.default_rng(2).integers(0, 3, size=300)
    start = GaussianMixture(2, random_state=0).fit(SEEN[:300])
    given = {
        "weights_init": start.weights_,
        "means_init": start.means_,
        "precisions_init": start.precisions_,
        "rounding": 0.0,
        "reg_covar": 1e-9,
    }
    weighted = GaussianMixture(2, **given).fit(SEEN[:300], sample_weight=weights, noise=NOISE[:300])
    at = np.repeat(np.arange(300), weights)
    repeated = GaussianMixture(2, **given).fit(SEEN[at], noise=NOISE[at])
    np.testing.assert_allclose(weighted.means_, repeated.means_, atol=1e-6)


def test_bad_noise_is_refused_before_any_work() -> None:
    with pytest.raises(InputError, match="without negative eigenvalues"):
        GaussianMixture(2).fit(SEEN, noise=-np.eye(2)[None])


@pytest.mark.parametrize("lacks", [False, True])
def test_rows_may_each_have_their_own_noise(lacks: bool) -> None:
    random = np.random.default_rng(3)
    noise = random.uniform(0.1, 2.0, size=(N, 2))
    seen = ROWS + noise * random.normal(size=ROWS.shape)
    labels = np.where(random.random(N) < 0.02, LABELS, -1)
    seen = gaps(seen) if lacks else seen
    model = GaussianMixture(2, random_state=0).fit(seen, noise=noise, labels=labels)
    np.testing.assert_allclose(model.means_, [[0.0, 0.0], [4.0, 4.0]], atol=0.3)
    np.testing.assert_allclose(model.covariances_, np.stack([np.diag([1.0, 0.25])] * 2), atol=0.4)
    objectives = [iteration.objective for iteration in model.history_]
    assert np.all(np.diff(objectives) >= -1e-12 * np.abs(objectives[-1]))
    scores = [model.score_samples(seen[[at]], noise=noise[[at]])[0] for at in range(5)]
    np.testing.assert_allclose(model.score_samples(seen, noise=noise)[:5], scores, rtol=1e-12)


def test_outliers_are_found_among_rows_with_noise() -> None:
    odd = np.random.default_rng(4).uniform(-30.0, 30.0, size=(40, 2))
    rows, noise = np.concatenate([SEEN, odd]), np.concatenate([NOISE, np.ones((40, 2))])
    model = GaussianMixture(2, outliers="uniform", random_state=0).fit(rows, noise=noise)
    assert model.outlier_share_ == pytest.approx(40 / 840, abs=0.02)
    assert np.mean(model.predict(rows, noise=noise)[-40:] == -1) > 0.7
    trimmed = GaussianMixture(2, outliers=0.05, random_state=0).fit(gaps(rows), noise=noise)
    assert np.mean(trimmed.predict(rows, noise=noise) == -1) < 0.1
    lacking = GaussianMixture(2, outliers="uniform", random_state=0).fit(gaps(rows), noise=noise)
    assert lacking.outlier_share_ == pytest.approx(40 / 840, abs=0.02)
