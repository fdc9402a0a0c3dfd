"""Sums of chunks have the same bits in any grouping."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.segments import Segment, tree_sum
from tests.test_statistics import numbered


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
