"""EM is a fold: the statistics of chunks add up to those of the whole, in any grouping."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mixfold.engines import ArrayEngine, Assignment
from mixfold.rows import Marks, Rows
from mixfold.segments import tree_sum
from mixfold.statistics import SufficientStatistics
from mixfold.structures import STRUCTURES, Structure
from tests.examples import potentials_of
from tests.properties.strategies import soft_rows


def assert_equal_to_rounding(actual: SufficientStatistics, expected: SufficientStatistics) -> None:
    """Compare every sum."""
    for name in ("count", "shift", "scatter"):
        ours, theirs = getattr(actual, name), getattr(expected, name)
        np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=1e-12 * (1.0 + np.max(np.abs(theirs))))
    np.testing.assert_allclose(actual.log_likelihood, expected.log_likelihood, rtol=1e-12)
    np.testing.assert_allclose(actual.weight, expected.weight, rtol=1e-13)
    assert actual.n_rows == expected.n_rows


@given(
    rows=soft_rows(),
    structure=st.sampled_from(STRUCTURES),
    assignment=st.sampled_from(Assignment),
    cuts=st.lists(st.integers(0, 150), max_size=6),
    seed=st.integers(0, 100),
)
def test_chunks_fold_to_the_whole(
    rows: np.ndarray, structure: Structure, assignment: Assignment, cuts: list[int], seed: int
) -> None:
    engine, d = ArrayEngine(), rows.shape[1]
    potentials = potentials_of(structure, 3, d, seed)
    weights = np.random.default_rng(seed).uniform(size=len(rows))
    edges = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    chunks = [
        engine.statistics(Rows(rows[start:end], Marks(weights[start:end])), potentials, structure, assignment)
        for start, end in itertools.pairwise(edges)
    ]
    whole = engine.statistics(Rows(rows, Marks(weights)), potentials, structure, assignment)
    assert_equal_to_rounding(tree_sum(chunks), whole)
    assert_equal_to_rounding(sum(chunks[1:], start=chunks[0]), whole)


@given(rows=soft_rows(), structure=st.sampled_from(STRUCTURES), seed=st.integers(0, 100))
def test_the_order_of_rows_does_not_matter(rows: np.ndarray, structure: Structure, seed: int) -> None:
    potentials = potentials_of(structure, 3, rows.shape[1], seed)
    shuffled = np.random.default_rng(seed).permutation(rows)
    assert_equal_to_rounding(
        ArrayEngine().statistics(Rows(shuffled), potentials, structure),
        ArrayEngine().statistics(Rows(rows), potentials, structure),
    )


@given(rows=soft_rows(), structure=st.sampled_from(STRUCTURES), seed=st.integers(0, 100))
def test_addition_commutes_to_the_bit(rows: np.ndarray, structure: Structure, seed: int) -> None:
    potentials = potentials_of(structure, 2, rows.shape[1], seed)
    half = len(rows) // 2
    a, b = (ArrayEngine().statistics(Rows(part), potentials, structure) for part in (rows[:half], rows[half:]))
    np.testing.assert_array_equal((a + b).scatter, (b + a).scatter)
    assert (a + b).log_likelihood == (b + a).log_likelihood
