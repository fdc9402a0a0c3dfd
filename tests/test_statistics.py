"""What comes back up from an engine."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from mixfold.engines import ArrayEngine
from mixfold.rows import Marks, Rows
from mixfold.statistics import SufficientStatistics
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


@structures
def test_sums_of_some_components_are_theirs(structure: Structure) -> None:
    rows = Rows(blobs(20, 3, 2)[0])
    whole = ArrayEngine().statistics(rows, potentials_of(structure), structure).with_labels
    some = whole.take(np.array([2, 0]))
    for name in ("center", "count", "shift", "labels", "means"):
        np.testing.assert_array_equal(getattr(some, name), getattr(whole, name)[[2, 0]])
    assert some.label_count is not None
    assert some.label_count[-1] == whole.background_weight


def test_labels_are_added_and_saved_and_rows_that_count_none_have_one_each() -> None:
    whole = replace(numbered(2.0), label_count=np.array([1.0, 3.0]))
    both = whole + whole.scaled(2.0)
    assert both.labels == [3.0]
    assert both.background_share == 0.75
    again = SufficientStatistics.of_saved(both.numbers, both.arrays, DIAGONAL)
    np.testing.assert_array_equal(again.label_count, both.label_count)
    single = numbered(2.0)
    for mixed in (whole + single, single + whole):
        np.testing.assert_array_equal(mixed.label_count, whole.label_count + single.with_labels.label_count)


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
