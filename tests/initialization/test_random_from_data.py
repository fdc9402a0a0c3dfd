"""Centers that are rows drawn at random."""

from __future__ import annotations

import numpy as np

from mixfold.engines import ArrayEngine
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.initialization import RandomFromData
from mixfold.rows import Marks
from mixfold.sources import ArraySource
from mixfold.structures import SPHERICAL


def start(rows: np.ndarray, k: int, seed: int, weights: np.ndarray | None = None) -> np.ndarray:
    """Give the centers that were drawn."""
    fold = Fold(ArraySource(rows, Marks(weights)), ArrayEngine(), LocalExecutor())
    return RandomFromData()(fold, k, SPHERICAL, np.random.RandomState(seed)).center


def test_centers_are_different_rows() -> None:
    rows = np.arange(10.0)[:, None]
    for seed in range(10):
        centers = start(rows, 4, seed)[:, 0]
        assert len(set(centers)) == 4
        assert set(centers) <= set(rows[:, 0])


def test_seeds_draw_different_rows() -> None:
    rows = np.arange(100.0)[:, None]
    assert len({tuple(start(rows, 3, seed)[:, 0]) for seed in range(10)}) > 8


def test_heavy_rows_are_drawn_more_often() -> None:
    rows, weights = np.arange(10.0)[:, None], np.array([91.0] + 9 * [1.0])
    drawn = [start(rows, 1, seed, weights)[0, 0] for seed in range(200)]
    assert 0.8 < np.mean(np.array(drawn) == 0.0) < 0.98
