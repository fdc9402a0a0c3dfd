"""Fits of rows some of which belong to no component."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.estimators.outliers import Box, Outliers, log_volume_of, loneliness
from mixfold.fold import Fold
from mixfold.potentials import Potentials
from mixfold.rows import Rows

RANDOM = np.random.default_rng(0)
ROWS = np.concatenate(
    [
        RANDOM.normal(size=(150, 2)),
        RANDOM.normal(size=(150, 2)) * [2.0, 0.5] + 12.0,
        RANDOM.uniform(-40.0, 50.0, size=(40, 2)),
    ]
)
IS_ODD = np.arange(len(ROWS)) >= 300


def test_the_box_lies_along_the_principal_axes() -> None:
    turned = ROWS[:200] @ np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    assert log_volume_of(Fold.of_rows(turned)) == pytest.approx(log_volume_of(Fold.of_rows(ROWS[:200])), rel=1e-9)
    least, most = Box(np.zeros(2), np.eye(2))(Rows(ROWS))
    np.testing.assert_array_equal(most - least, np.ptp(ROWS, axis=0))


def test_loneliness_does_not_depend_on_units() -> None:
    weights = np.ones(len(ROWS))
    np.testing.assert_allclose(loneliness(ROWS, weights), loneliness(ROWS * [10.0, 0.1] + 7.0, weights), rtol=1e-6)


def test_no_share_is_no_background() -> None:
    potentials = Potentials.nearest(np.zeros((1, 1)))
    assert Outliers(0.0).beside(potentials) is potentials
    assert Outliers(0.1, log_threshold=-3.0).beside(potentials) is potentials
