"""A mixture of few components made as near as it can be to one of many."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from mixfold import Mixture
from mixfold.mixtures import best_weights, integrated_squared_error, log_inner_product, reduced, refined
from mixfold.mixtures.refine import _Start
from tests.examples import mixture_of


@pytest.mark.parametrize("d", [1, 2, 4])
def test_the_gradient_is_that_of_the_error(d: int) -> None:
    few, many = mixture_of("full", 3, d, seed=1), mixture_of("diag", 5, d, seed=2)
    start = _Start(few, many)
    x = 0.1 * np.random.default_rng(d).standard_normal(3 + start.n_moves)
    value, gradient = start.error(x)
    weights, means, factors = start.parameters(x)
    moved = Mixture(weights, means, factors @ np.swapaxes(factors, 1, 2))
    unit = np.exp(log_inner_product(many, many))
    assert unit * (value + 1.0) == pytest.approx(integrated_squared_error(moved, many), rel=1e-9)
    slopes = approx_fprime(x, lambda at: start.error(at)[0], 1e-6)
    np.testing.assert_allclose(gradient, slopes, atol=1e-5 * max(1.0, np.abs(slopes).max()))


@pytest.mark.parametrize("method", ["runnalls", "west", "cowa"])
def test_a_refinement_is_nearer_and_at_rest(method: str) -> None:
    many = mixture_of("full", 12, 2, seed=4)
    few = reduced(many, 4, method).mixture  # type: ignore[arg-type]
    nearer = refined(few, many)
    assert integrated_squared_error(nearer, many) < 0.9 * integrated_squared_error(few, many)
    gradient = _Start(nearer, many).error(np.concatenate([np.log(nearer.weights), np.zeros(4 * 5)]))[1]
    assert np.abs(gradient).max() < 1e-3


def test_what_is_the_same_already_stays() -> None:
    mixture = mixture_of("full", 3, 2)
    again = refined(mixture, mixture)
    np.testing.assert_allclose(again.means, mixture.means, atol=1e-4)
    assert integrated_squared_error(again, mixture) < 1e-9


def test_a_refinement_finds_the_mixture_that_was_split() -> None:
    few = Mixture([0.4, 0.6], [[0.0, 0.0], [6.0, 1.0]], [[[1.0, 0.3], [0.3, 2.0]], [[2.0, 0.0], [0.0, 1.0]]])
    near = Mixture([0.5, 0.5], few.means + 0.3, few.covariances * 1.2)
    found = refined(near, few)
    np.testing.assert_allclose(found.means, few.means, atol=1e-3)
    np.testing.assert_allclose(found.covariances, few.covariances, atol=1e-2)
    np.testing.assert_allclose(found.weights, few.weights, atol=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_no_other_weights_have_a_smaller_error(seed: int) -> None:
    random = np.random.default_rng(seed)
    few, many = mixture_of("full", 5, 2, seed=seed), mixture_of("full", 8, 2, seed=seed + 50)
    weights = best_weights(few, many)

    def error(w: np.ndarray) -> float:  # type: ignore[type-arg]
        return integrated_squared_error(Mixture(w, few.means, few.covariances), many)

    least = error(weights)
    for _ in range(40):
        step = random.dirichlet(np.full(5, 0.5))
        share = 10.0 ** random.uniform(-4, 0)
        assert error((1.0 - share) * weights + share * step) >= least * (1.0 - 1e-9)


def test_components_that_are_the_same_are_no_obstacle_to_weights() -> None:
    few = Mixture([0.5, 0.25, 0.25], [[0.0], [5.0], [5.0]], [1.0, 1.0, 1.0], "spherical")
    many = Mixture([0.2, 0.8], [[0.0], [5.0]], [1.0, 1.0], "spherical")
    weights = best_weights(few, many)
    assert weights[0] == pytest.approx(0.2, abs=1e-6)
    assert weights.sum() == pytest.approx(1.0)
