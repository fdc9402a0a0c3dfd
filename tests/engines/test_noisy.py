"""The kernels of rows with noise of their own, against the same formulas in NumPy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold.engines import kernels
from mixfold.engines.noisy import NativeNoise, whole
from mixfold.observations import Components, OwnNoise
from mixfold.observations.own_noise import output_of_noisy, statistics_of_noisy
from mixfold.potentials import Potentials
from mixfold.structures import FULL
from mixfold.typing import FloatArray
from tests.examples import potentials_of

pytestmark = pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")
K = 3


def asked(d: int, n: int = 37, *, lacks: bool, full: bool) -> tuple[FloatArray, FloatArray, FloatArray, Components]:
    """Give rows, their noise and weights, and the components that they are of, beside a background."""
    random = np.random.default_rng([d, n])
    potentials = potentials_of(FULL, K, d, seed=d)
    values = potentials.center[random.integers(K, size=n)] + 2.0 * random.normal(size=(n, d))
    if lacks:
        values[random.random((n, d)) < 0.3] = np.nan
    roots = random.normal(size=(n, d, d))
    noise = roots @ np.swapaxes(roots, 1, 2) if full else random.uniform(0.0, 2.0, size=(n, d))
    beside = replace(potentials, background=-2.0 * d, log_sides=np.linspace(0.5, 1.5, d))
    return values, noise, random.uniform(0.0, 2.0, size=n), Components.of(beside)


@pytest.mark.parametrize("d", range(1, 9))
@pytest.mark.parametrize(("lacks", "full"), [(False, False), (False, True), (True, False), (True, True)])
def test_sums_and_scores_are_those_of_the_formulas(d: int, lacks: bool, full: bool) -> None:
    values, noise, weights, components = asked(d, lacks=lacks, full=full)
    for is_hard in (False, True):
        expected = statistics_of_noisy(values, noise, weights, components, OwnNoise(), is_hard=is_hard)
        found, smallest = NativeNoise().statistics(
            values, noise, weights, components.normal, components.potentials, is_hard=is_hard
        )
        assert smallest > 0.0
        for name in ("count", "shift", "scatter"):
            here, there = getattr(found, name), getattr(expected, name)
            np.testing.assert_allclose(here, there, rtol=0.0, atol=1e-12 * max(1.0, float(np.max(np.abs(there)))))
        assert found.log_likelihood == pytest.approx(expected.log_likelihood, rel=1e-12)
        assert (found.weight, found.n_rows) == (expected.weight, expected.n_rows)
    scores, _ = NativeNoise().scores(values, noise, components.normal)
    np.testing.assert_allclose(
        scores, output_of_noisy("scores", values, noise, components, OwnNoise()), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("name", kernels.available_instruction_sets())
def test_every_instruction_set_computes_them(name: str) -> None:
    values, noise, weights, components = asked(6, lacks=True, full=True)
    expected, usual = statistics_of_noisy(values, noise, weights, components, OwnNoise()), kernels.instruction_set()
    assert usual is not None
    kernels.select_instruction_set(name)
    try:
        found, _ = NativeNoise().statistics(values, noise, weights, components.normal, components.potentials)
    finally:
        kernels.select_instruction_set(usual)
    np.testing.assert_allclose(found.scatter, expected.scatter, rtol=0.0, atol=1e-11)


def test_a_component_that_no_row_may_be_of_has_none() -> None:
    values, noise, weights, components = asked(2, lacks=False, full=False)
    allowed, beside = OwnNoise(np.array([True, False, True])).beside(components, np.isnan(values))
    found, _ = NativeNoise().statistics(values, noise, weights, allowed.normal, beside)
    assert found.count[1] == 0.0
    assert np.sum(found.count) == pytest.approx(np.sum(weights), rel=1e-12)


def test_a_covariance_that_is_none_has_a_pivot_that_is_not_positive() -> None:
    components = np.zeros(1), np.zeros((1, 2)), -np.ones((1, 2, 2))
    potentials = Potentials.nearest(np.zeros((1, 2)))
    values, noise = np.zeros((3, 2)), np.zeros((3, 2))
    assert not NativeNoise().statistics(values, noise, np.ones(3), components, potentials)[1] > 0.0
    assert not NativeNoise().scores(values, noise, components)[1] > 0.0


def test_rows_of_more_features_than_there_are_kernels_for_are_refused() -> None:
    d = NativeNoise.most_features + 1
    with pytest.raises(ValueError, match="from 1 to 8 features"):
        NativeNoise().scores(np.zeros((1, d)), np.zeros((1, d)), (np.zeros(1), np.zeros((1, d)), np.eye(d)[None]))


def test_arrays_of_any_layout_are_taken() -> None:
    assert whole(np.ones((2, 3), dtype=np.float32).T).dtype == np.float64
