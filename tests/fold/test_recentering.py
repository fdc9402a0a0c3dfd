"""Statistics around means that are far from the centers they were taken under."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.engines import Assignment
from mixfold.fold import Fold
from mixfold.potentials import Potentials
from mixfold.structures import FULL


@pytest.mark.parametrize("assignment", list(Assignment))
def test_recentered_statistics_are_exact_however_far_centers_are(assignment: Assignment) -> None:
    rows = np.random.default_rng(0).normal(size=(100, 2))
    fold = Fold.of_rows(rows)
    potentials = Potentials.nearest(np.array([[1e9, 0.0], [-1e9, 0.0]]))
    right = rows[:, 0] > 0.0
    statistics = fold.recentered(fold.statistics(potentials, FULL, assignment), potentials, assignment)
    expected = [np.cov(rows[which].T, bias=True) for which in (right, ~right)]
    np.testing.assert_allclose(statistics.scatter_about_means / statistics.count[:, None, None], expected, rtol=1e-10)
