"""What comes back up from an engine."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from mixfold.engines import ArrayEngine
from mixfold.rows import Marks, Rows
from mixfold.statistics import Segment, SufficientStatistics, tree_sum
from mixfold.structures import DIAGONAL, FULL, STRUCTURES, Factors, Structure
from mixfold.typing import FloatArray
from tests.examples import blobs, potentials_of, scatter_by_loops

structures = pytest.mark.parametrize("structure", [*STRUCTURES, Factors(2)], ids=lambda s: s.name)


def numbered(value: float) -> SufficientStatistics:
    """Give statistics whose sums are all one number."""
    one = np.full((1, 1), value)
    return SufficientStatistics(np.zeros((1, 1)), one[0], one, one, DIAGONAL, value, 1, value)


@structures
def test_means_and_scatter_about_them_do_not_depend_on_the_center(structure: Structure) -> None:
    rows, labels = blobs(100, 3, 2)
    shares = np.eye(3)[labels]
    means = np.array([np.mean(rows[labels == component], axis=0) for component in range(3)])
    for center in (means, means + 5.0, np.zeros((3, 2))):
        statistics = ArrayEngine().moments(Rows(rows), shares, center, structure)
        np.testing.assert_allclose(statistics.means, means, rtol=1e-12)
        expected = scatter_by_loops(rows, shares, means, structure)
        np.testing.assert_allclose(statistics.scatter_about_means, expected, rtol=1e-10, atol=1e-10)


@structures
def test_a_component_without_rows_keeps_its_center(structure: Structure) -> None:
    rows, labels = blobs(50, 2, 2)
    center = np.full((3, 2), 7.0)
    statistics = ArrayEngine().moments(Rows(rows), np.eye(3)[labels], center, structure)
    np.testing.assert_array_equal(statistics.means[2], [7.0, 7.0])
    assert np.all(np.isfinite(statistics.scatter_about_means))


@structures
def test_a_component_whose_count_is_denormal_stays_finite(structure: Structure) -> None:
    rows, shares = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[1.0, 1e-310], [1.0, 3e-310]])
    statistics = ArrayEngine().moments(Rows(rows), shares, np.zeros((2, 2)), structure)
    np.testing.assert_allclose(statistics.means[1], [2.5, 4.25], rtol=1e-10)
    assert np.all(np.isfinite(statistics.scatter_about_means))


def test_addition_adds_every_sum() -> None:
    total = numbered(1.0) + numbered(10.0)
    assert (total.count[0], total.shift[0, 0], total.scatter[0, 0]) == (11.0, 11.0, 11.0)
    assert (total.log_likelihood, total.n_rows, total.weight) == (11.0, 2, 11.0)


def test_statistics_on_other_bases_are_refused() -> None:
    one = potentials_of(Factors(1), seed=0)
    statistics = [
        ArrayEngine().statistics(Rows(blobs(20)[0]), potentials, Factors(1))
        for potentials in (one, replace(one, whitener=0.5 * one.whitener))
    ]
    with pytest.raises(ValueError, match="the same centers and basis"):
        statistics[0] + statistics[1]


def test_statistics_around_other_centers_are_refused() -> None:
    elsewhere = replace(numbered(1.0), center=np.ones((1, 1)))
    with pytest.raises(ValueError, match="same centers"):
        numbered(1.0) + elsewhere


def test_statistics_of_another_structure_are_refused() -> None:
    with pytest.raises(ValueError, match="same structure"):
        numbered(1.0) + replace(numbered(1.0), structure=FULL)


def test_statistics_with_equal_centers_of_their_own_are_added() -> None:
    copied = replace(numbered(2.0), center=np.zeros((1, 1)))
    assert (numbered(1.0) + copied).weight == 3.0


@pytest.mark.parametrize("n", range(1, 20))
def test_a_tree_sum_adds_every_term_once(n: int) -> None:
    assert tree_sum(numbered(2.0**i) for i in range(n)).weight == 2.0**n - 1.0


def test_a_tree_sum_adds_neighbors_first() -> None:
    # In float64 1e16 + 1 = 1e16: a sum from the left loses every one, neighbors keep them.
    values = [1e16, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    assert tree_sum(numbered(value) for value in values).weight == 1e16 + 4.0


def test_a_tree_sum_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one term"):
        tree_sum([])


def test_a_tree_sum_holds_few_partial_sums() -> None:
    # It must not collect its terms: statistics of a million chunks would not fit.
    alive = 0
    most = 0

    class Counted:
        def __init__(self) -> None:
            nonlocal alive, most
            alive += 1
            most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

        def __add__(self, other: Counted) -> Counted:
            return Counted()

    tree_sum(Counted() for _ in range(1000))  # type: ignore[misc]
    assert most <= 14


@pytest.mark.parametrize("n", [1, 2, 7, 16, 21])
def test_segments_joined_in_any_grouping_have_the_bits_of_the_whole(n: int) -> None:
    random = np.random.default_rng(n)
    terms = [numbered(value) for value in random.normal(size=n) * 10.0 ** random.integers(-8, 8, size=n)]
    whole = tree_sum(terms).weight
    for _ in range(20):
        cuts = np.sort(random.integers(0, n + 1, size=4))
        segments = [
            Segment.of(int(first), terms[first:last])
            for first, last in zip([0, *cuts], [*cuts, n], strict=True)  # some are empty
        ]
        while len(segments) > 1:
            at = int(random.integers(len(segments) - 1))
            segments[at : at + 2] = [segments[at].join(segments[at + 1])]
        assert segments[0].total.weight == whole


def test_a_segment_ships_few_sums() -> None:
    assert len(Segment.of(8, [numbered(1.0)] * 8).nodes) == 1
    assert len(Segment.of(1, [numbered(1.0)] * 1000).nodes) <= 2 * 10


def test_segments_that_are_no_neighbors_are_refused() -> None:
    with pytest.raises(ValueError, match="expected chunk 3, got 4"):
        Segment.of(0, [numbered(1.0)] * 3).join(Segment.of(4, [numbered(1.0)]))


def test_centers_far_from_all_rows_are_told_from_those_among_them() -> None:
    rows, shares = np.random.default_rng(0).normal(size=(50, 2)), np.ones((50, 1))
    near, far = (ArrayEngine().moments(Rows(rows), shares, np.full((1, 2), at), FULL) for at in (3.0, 1e6))
    assert not near.is_far_from_means
    assert far.is_far_from_means


@structures
def test_means_of_heavy_tails_are_those_of_the_moments(structure: Structure) -> None:
    rows = blobs(200, 3, 2)[0]
    potentials = replace(potentials_of(structure, 3, 2), degrees=np.array([1.0, 4.0, 50.0]))
    statistics = ArrayEngine().statistics(Rows(rows), potentials, structure)
    assert statistics.mass is not None
    np.testing.assert_array_less(0.01, np.abs(statistics.mass - statistics.count))
    np.testing.assert_allclose(
        statistics.means, potentials.center + statistics.shift / statistics.mass[:, None], rtol=1e-13
    )
    moved = statistics.around(statistics.means)
    np.testing.assert_allclose(moved.scatter, statistics.scatter_about_means, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(moved.around(potentials.center).shift, statistics.shift, rtol=1e-9, atol=1e-12)
    doubled = statistics.scaled(2.0)
    np.testing.assert_array_equal(doubled.mass, 2.0 * statistics.mass)
    np.testing.assert_array_equal(doubled.log_mass, 2.0 * statistics.log_mass)


def test_statistics_with_and_without_degrees_are_not_added() -> None:
    rows, plain = blobs(20, 2, 2)[0], potentials_of(FULL, 2, 2)
    heavy = replace(plain, degrees=np.ones(2))
    one, other = (ArrayEngine().statistics(Rows(rows), potentials, FULL) for potentials in (plain, heavy))
    with pytest.raises(ValueError, match="both have degrees of freedom or neither"):
        one + other


def test_a_background_has_the_weight_that_counts_leave() -> None:
    rows = np.array([[0.0], [0.1], [50.0]])
    potentials = replace(potentials_of(DIAGONAL, 1, 1), center=np.zeros((1, 1)), background=-8.0)
    statistics = ArrayEngine().statistics(Rows(rows, Marks(np.array([1.0, 1.0, 3.0]))), potentials, DIAGONAL)
    assert statistics.background_weight == pytest.approx(3.0, abs=0.01)
    assert statistics.count[0] + statistics.background_weight == pytest.approx(5.0)


@structures
@pytest.mark.parametrize("degrees", [None, np.array([1.0, 4.0, 50.0])], ids=["gaussian", "heavy"])
def test_saved_statistics_are_the_same(structure: Structure, degrees: FloatArray | None) -> None:
    potentials = replace(potentials_of(structure, 3, 2), degrees=degrees)
    statistics = ArrayEngine().statistics(Rows(blobs(50, 3, 2)[0]), potentials, structure)
    again = SufficientStatistics.of_saved(statistics.numbers, statistics.arrays, structure)
    for field in fields(SufficientStatistics):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(statistics, field.name), err_msg=field.name)
