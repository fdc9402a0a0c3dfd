"""What is believed of the weights of a mixture."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.models import DirichletPrior, DirichletWeights, StickPrior, StickWeights

COUNTS = np.array([7.0, 2.5, 0.5])


def test_some_components_have_their_own_shares() -> None:
    sticks, few = StickPrior(1.0).learn(COUNTS, None), DirichletPrior(1.0).learn(COUNTS, None)
    order = np.array([2, 0])
    assert isinstance(sticks, StickWeights)
    np.testing.assert_array_equal(sticks.reordered(order).taken, sticks.taken[order])
    assert isinstance(few, DirichletWeights)
    np.testing.assert_array_equal(few.reordered(order).concentration, few.concentration[order])


@pytest.mark.parametrize("prior", [StickPrior(0.8), StickPrior(0.8, 0.3), DirichletPrior(0.6)])
def test_divisions_of_three_rows_are_as_probable_as_rows_that_come_one_by_one_make_them(
    prior: StickPrior | DirichletPrior,
) -> None:
    sizes = {(3,): 1, (2, 1): 3, (1, 1, 1): 1}
    densities = {
        size: times * np.exp(prior.log_partition(np.array(size, dtype=float), 4)) for size, times in sizes.items()
    }
    if isinstance(prior, DirichletPrior):
        a, m = prior.concentration, 4
        together = (a + 1) / (m * a + 1) * (a + 2) / (m * a + 2)
        apart = (m - 1) * a / (m * a + 1) * (m - 2) * a / (m * a + 2)
    else:
        assert isinstance(prior.concentration, float)
        a, d = prior.concentration, prior.discount
        together = (1 - d) / (a + 1) * (2 - d) / (a + 2)
        apart = (a + d) / (a + 1) * (a + 2 * d) / (a + 2)
    total = sum(densities.values())
    assert densities[3,] / total == pytest.approx(together)
    assert densities[1, 1, 1] / total == pytest.approx(apart)
    assert prior.log_partition(np.ones(5), 4) == -np.inf


@pytest.mark.parametrize("prior", [StickPrior(0.8, 0.3), DirichletPrior(0.6)])
def test_weights_of_groups_are_drawn_around_their_shares(prior: StickPrior | DirichletPrior) -> None:
    random = np.random.default_rng(0)
    weights = [prior.draw_weights(np.array([80.0, 20.0]), random) for _ in range(500)]
    np.testing.assert_allclose(np.mean(weights, axis=0), [0.8, 0.2], atol=0.02)
    np.testing.assert_allclose(np.sum(weights, axis=1), 1.0)
