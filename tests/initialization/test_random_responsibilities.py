"""Responsibilities drawn at random."""

from __future__ import annotations

import numpy as np

from mixfold.engines import ArrayEngine
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.initialization import RandomResponsibilities
from mixfold.sources import ArraySource
from mixfold.structures import FULL
from tests.examples import blobs


def test_components_are_near_the_mean_of_everything_but_not_equal() -> None:
    rows, _ = blobs(1000, 3, 2)
    fold = Fold(ArraySource(rows), ArrayEngine(), LocalExecutor())
    statistics = RandomResponsibilities()(fold, 3, FULL, np.random.RandomState(0))
    distance = np.linalg.norm(statistics.means - np.mean(rows, axis=0), axis=1)
    assert np.all(distance < 0.2 * np.linalg.norm(np.std(rows, axis=0)))
    assert len(np.unique(statistics.means[:, 0])) == 3
