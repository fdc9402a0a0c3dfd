"""The bootstrap rejects what is not there, keeps what is, and gives the textbook's standard errors."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import GaussianMixture, Mixture, bootstrap_likelihood_ratio, bootstrap_standard_errors
from mixfold.datasets import load_faithful
from mixfold.errors import InputError

TWO = Mixture([0.3, 0.7], [[0.0, 0.0], [6.0, 0.0]], [1.0, 1.0], "spherical")
ROWS, _ = TWO.sample(300, random_state=0)


def test_two_clusters_are_more_than_one_and_not_fewer_than_three() -> None:
    one = bootstrap_likelihood_ratio(ROWS, 1, "spherical", n_bootstrap=19, random_state=0)
    two = bootstrap_likelihood_ratio(ROWS, 2, "spherical", n_bootstrap=19, random_state=0)
    assert one.p_value == 1 / 20
    assert two.p_value > 0.1
    assert one.statistic > 10.0 * np.max(one.simulated)


@pytest.mark.nightly
def test_p_values_are_not_small_where_the_smaller_mixture_is_true() -> None:
    random = np.random.default_rng(1)
    values = [
        bootstrap_likelihood_ratio(random.normal(size=(60, 1)), 1, "tied", n_bootstrap=19, random_state=seed).p_value
        for seed in range(8)
    ]
    assert np.mean(values) > 0.25
    assert np.sum(np.array(values) <= 0.05) <= 3


def test_the_bits_do_not_depend_on_how_many_are_computed_at_a_time() -> None:
    one, two = (
        bootstrap_likelihood_ratio(ROWS[:80], 1, "diag", n_bootstrap=9, random_state=3, n_jobs=n_jobs)
        for n_jobs in (1, 2)
    )
    assert one.statistic == two.statistic
    np.testing.assert_array_equal(one.simulated, two.simulated)


def test_standard_errors_of_separate_clusters_are_the_textbooks() -> None:
    fitted = GaussianMixture(2, covariance_type="spherical", random_state=0).fit(ROWS).mixture_
    errors = bootstrap_standard_errors(fitted, ROWS, n_bootstrap=150, random_state=0)
    assert errors.n_fitted == 150
    counts = 300 * fitted.weights
    variances = fitted.component_covariances[:, 0, 0]
    np.testing.assert_allclose(errors.weights, np.sqrt(np.prod(fitted.weights) / 300), rtol=0.25)
    np.testing.assert_allclose(errors.means, np.sqrt(variances / counts)[:, None] * np.ones(2), rtol=0.25)
    np.testing.assert_allclose(errors.covariances[:, 0, 0], variances * np.sqrt(1.0 / counts), rtol=0.3)


def test_the_order_of_components_does_not_enter_the_errors() -> None:
    fitted = GaussianMixture(2, random_state=0).fit(load_faithful().data).mixture_
    flipped = Mixture(fitted.weights[::-1], fitted.means[::-1], fitted.covariances[::-1])
    one, other = (
        bootstrap_standard_errors(mixture, load_faithful().data, n_bootstrap=20, random_state=0)
        for mixture in (fitted, flipped)
    )
    np.testing.assert_allclose(one.means, other.means[::-1], rtol=1e-3)


def test_progress_counts_to_the_end() -> None:
    seen: list[tuple[int, int]] = []
    bootstrap_standard_errors(TWO, ROWS, n_bootstrap=5, random_state=0, callback=lambda *at: seen.append(at))
    assert seen == [(done, 5) for done in range(1, 6)]


def test_what_cannot_be_tested_is_refused() -> None:
    with pytest.raises(InputError, match="`n_bootstrap` must be"):
        bootstrap_likelihood_ratio(ROWS, 1, n_bootstrap=0)
    with pytest.raises(InputError, match="more than n_components = 3 rows"):
        bootstrap_likelihood_ratio(ROWS[:3], 3)
    with pytest.raises(ValueError, match="covariance_type"):
        bootstrap_likelihood_ratio(ROWS, 1, "round")
    with pytest.raises(ValueError, match="2 features"):
        bootstrap_standard_errors(TWO, ROWS[:, :1])
