"""Fits of rows some of which belong to no component."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.estimators.outliers import Box, Outliers, log_sides_of, log_volume_of, loneliness
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


def test_sides_have_the_volume_of_the_box_and_follow_units() -> None:
    fold = Fold.of_rows(ROWS)
    sides = log_sides_of(fold)
    assert sum(sides) == pytest.approx(log_volume_of(fold), rel=1e-12)
    scaled = log_sides_of(Fold.of_rows(ROWS * [100.0, 1.0]))
    assert scaled[0] - scaled[1] == pytest.approx(sides[0] - sides[1] + np.log(100.0), rel=1e-12)


def test_what_is_saved_of_a_background_is_the_same_again() -> None:
    for one in (Outliers(0.1, 3.0, log_sides=(1.0, 2.0)), Outliers(0.05, log_threshold=-4.0), Outliers(0.0)):
        assert Outliers.of_plain(one.plain) == one


def test_loneliness_does_not_depend_on_units() -> None:
    weights = np.ones(len(ROWS))
    np.testing.assert_allclose(loneliness(ROWS, weights), loneliness(ROWS * [10.0, 0.1] + 7.0, weights), rtol=1e-6)


def test_no_share_is_no_background() -> None:
    potentials = Potentials.nearest(np.zeros((1, 1)))
    assert Outliers(0.0).beside(potentials) is potentials
    assert Outliers(0.1, log_threshold=-3.0).beside(potentials) is potentials
