"""The reference engine against loops that spell out the definitions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import logsumexp

from mixfold.engines import ArrayEngine, Assignment, array, to_numpy
from mixfold.engines.array import BLOCK_ELEMENTS
from mixfold.potentials import Potentials
from mixfold.rows import Marks, Rows
from mixfold.structures import FULL, SPHERICAL, STRUCTURES, Factors, Structure
from mixfold.typing import Array, FloatArray
from tests.examples import potentials_of, scatter_by_loops, scores_by_loops

whiteners = pytest.mark.parametrize("whitener", [*STRUCTURES, Factors(2)], ids=lambda s: f"{s.name}-whitener")
scatters = pytest.mark.parametrize("structure", [*STRUCTURES, Factors(2)], ids=lambda s: f"{s.name}-scatter")
RANDOM = np.random.default_rng(0)
ROWS, WEIGHTS = RANDOM.normal(size=(25, 3)), RANDOM.uniform(size=25)


@whiteners
@scatters
@pytest.mark.parametrize("assignment", list(Assignment))
def test_statistics_are_sums_over_rows(whitener: Structure, structure: Structure, assignment: Assignment) -> None:
    potentials = potentials_of(whitener, 4, 3)
    scores = scores_by_loops(ROWS, potentials)
    shares = np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
    each = logsumexp(scores, axis=1)
    if assignment is Assignment.HARD:
        shares, each = np.eye(4)[np.argmax(scores, axis=1)], np.max(scores, axis=1)
    shares = shares * WEIGHTS[:, None]
    actual = ArrayEngine().statistics(Rows(ROWS, Marks(WEIGHTS)), potentials, structure, assignment)
    np.testing.assert_allclose(actual.count, np.sum(shares, axis=0), rtol=1e-12, atol=1e-14)
    shift = [shares[:, k] @ (ROWS - potentials.center[k]) for k in range(4)]
    np.testing.assert_allclose(actual.shift, shift, rtol=1e-11, atol=1e-13)
    scatter = scatter_by_loops(ROWS, shares, potentials.center, structure, potentials.basis(structure))
    np.testing.assert_allclose(actual.scatter, scatter, rtol=1e-11, atol=1e-13)
    assert actual.log_likelihood == pytest.approx(WEIGHTS @ each, rel=1e-12)
    assert (actual.n_rows, actual.weight) == (25, pytest.approx(np.sum(WEIGHTS)))


@whiteners
def test_scores_are_the_definition(whitener: Structure) -> None:
    potentials = potentials_of(whitener, 4, 3)
    scores = scores_by_loops(ROWS, potentials)
    np.testing.assert_allclose(ArrayEngine().log_density(ROWS, potentials), logsumexp(scores, axis=1), rtol=1e-12)
    expected = np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
    np.testing.assert_allclose(ArrayEngine().responsibilities(ROWS, potentials), expected, rtol=1e-11, atol=1e-15)
    np.testing.assert_array_equal(ArrayEngine().labels(ROWS, potentials), np.argmax(scores, axis=1))


@scatters
def test_moments_are_sums_over_rows(structure: Structure) -> None:
    random = np.random.default_rng(1)
    shares, center = random.dirichlet(np.ones(4), size=25), random.normal(size=(4, 3))
    actual = ArrayEngine().moments(Rows(ROWS, Marks(WEIGHTS)), shares, center, structure)
    expected = scatter_by_loops(ROWS, shares * WEIGHTS[:, None], center, structure)
    np.testing.assert_allclose(actual.scatter, expected, rtol=1e-11, atol=1e-13)
    assert actual.log_likelihood == 0.0


def test_more_rows_than_a_block_are_all_counted(library: Callable[[FloatArray], Array]) -> None:
    n = BLOCK_ELEMENTS // 2 + 3  # two blocks for one component in one dimension, and one more for two
    rows = library(np.ones((n, 1)))
    potentials = potentials_of(FULL, 2, 1)
    assert ArrayEngine().statistics(Rows(rows), potentials, FULL).n_rows == n
    assert ArrayEngine().labels(rows, potentials).shape == (n,)


@pytest.mark.parametrize("structure", [*STRUCTURES, Factors(2)], ids=lambda s: s.name)
def test_rows_that_are_multiplied_in_groups_are_all_counted(
    structure: Structure, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, potentials = np.random.default_rng(0).normal(size=(25, 3)), potentials_of(FULL, 4, 3)
    expected = ArrayEngine().statistics(Rows(rows), potentials, structure)
    monkeypatch.setattr(array, "SUMMED_TOGETHER", 8)
    actual = ArrayEngine().statistics(Rows(rows), potentials, structure)
    np.testing.assert_allclose(actual.scatter, expected.scatter, rtol=1e-12, atol=1e-14)


def test_centers_finer_than_float32_are_kept() -> None:
    # In float32 the center 1e6 + 0.01 is 1e6; the engine subtracts it in two parts.
    rows = np.array([[1e6]], dtype=np.float32)
    potentials = Potentials(np.zeros(1), np.array([[1e6 + 0.01]]), np.array([100.0]), SPHERICAL)
    assert float(ArrayEngine().log_density(rows, potentials)[0]) == pytest.approx(-0.5, rel=1e-5)


def test_float32_sums_are_collected_in_float64() -> None:
    # Beyond 2^24 a float32 counter would stand still.
    rows, weights = np.ones((2, 1), dtype=np.float32), np.array([2**24, 1.0], dtype=np.float32)
    potentials = Potentials.nearest(np.zeros((1, 1)))
    engine = ArrayEngine()
    total = engine.statistics(Rows(rows[:1], Marks(weights[:1])), potentials, FULL)
    total = total + engine.statistics(Rows(rows[1:], Marks(weights[1:])), potentials, FULL)
    assert total.weight == 2.0**24 + 1.0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_real_floating_arrays_are_accepted(dtype: type, library: Callable[[FloatArray], Array]) -> None:
    assert ArrayEngine().accepts(library(np.ones((1, 1), dtype=dtype)))


@pytest.mark.parametrize("dtype", [np.int64, np.float16, np.complex128, np.bool_])
def test_other_arrays_are_not_accepted(dtype: type, library: Callable[[FloatArray], Array]) -> None:
    assert not ArrayEngine().accepts(library(np.ones((1, 1), dtype=dtype)))


def test_lists_are_not_accepted() -> None:
    assert not ArrayEngine().accepts([[1.0]])


def test_any_array_becomes_numpy_float64(library: Callable[[FloatArray], Array]) -> None:
    array = to_numpy(library(np.array([1.5, 2.5], dtype=np.float32)))
    assert (type(array), array.dtype, array.tolist()) == (np.ndarray, np.float64, [1.5, 2.5])


def test_a_tensor_with_gradients_becomes_numpy() -> None:
    torch = pytest.importorskip("torch")
    assert to_numpy(torch.ones(2, requires_grad=True)).tolist() == [1.0, 1.0]
