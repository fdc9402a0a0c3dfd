"""The rows that a stream keeps."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.fitting import Reservoir
from mixfold.fitting.reservoir import capacity


def streamed(n_batches: int, size: int, least_share: float = 0.0, n_features: int = 1) -> Reservoir:
    """Keep rows that hold the number of their batch."""
    ones = np.ones(size)
    reservoir = Reservoir.of(np.zeros((size, n_features)), ones, n_components=2)
    for batch in range(1, n_batches):
        reservoir = reservoir.followed_by(np.full((size, n_features), batch), ones, size, 2, least_share)
    return reservoir


def test_all_rows_are_kept_while_there_is_room() -> None:
    reservoir = streamed(n_batches=4, size=100)
    np.testing.assert_array_equal(reservoir.rows[:, 0], np.repeat([0, 1, 2, 3], 100))


@pytest.mark.parametrize("size", [3, 700, 5000])
def test_each_batch_has_its_share_of_a_bounded_sample(size: int) -> None:
    reservoir = streamed(n_batches=12_000 // size, size=size)
    assert len(reservoir.rows) == len(reservoir.weights) == capacity(1, 2)
    assert reservoir.n_seen == 12_000 // size * size
    halves = np.mean(reservoir.rows < 6000 // size)
    assert halves == pytest.approx(min(6000 // size * size, reservoir.n_seen) / reservoir.n_seen, abs=0.05)


def test_a_least_share_keeps_the_latest_rows() -> None:
    assert np.mean(streamed(n_batches=60, size=500, least_share=0.3).rows >= 57) > 0.5


def test_wide_rows_take_no_more_memory() -> None:
    assert streamed(n_batches=3, size=400, n_features=1000).rows.size <= 1 << 17


def test_a_surprise_is_searched_sooner() -> None:
    reservoir = streamed(n_batches=10, size=100).searched
    reservoir = reservoir.followed_by(np.zeros((100, 1)), np.ones(100), 100, 2, 0.0)
    assert reservoir.is_due(shortfall=10.0, n_rows=100)
    assert not reservoir.is_due(shortfall=0.5, n_rows=100)
