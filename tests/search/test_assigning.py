"""Components that are drawn for rows: by their shares, and the same ones wherever rows are."""

from __future__ import annotations

import numpy as np

from mixfold.engines import ArrayEngine
from mixfold.potentials import Potentials
from mixfold.rows import Rows
from mixfold.search.assigning import Assigning, drawn
from mixfold.structures import DIAGONAL


def test_components_are_drawn_as_often_as_they_have_a_share() -> None:
    random = np.random.default_rng(0)
    shares = np.tile([0.2, 0.5, 0.3], (100_000, 1))
    np.testing.assert_allclose(np.bincount(drawn(shares, random.random(100_000))) / 100_000, shares[0], atol=0.01)


def test_rows_that_are_fixed_stay_and_the_sums_are_of_what_was_drawn() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 2))
    assigning = Assigning(ArrayEngine(), Potentials.nearest(np.zeros((2, 2))), DIAGONAL, 7, np.array([3, 44]))
    labels, statistics = assigning(Rows(rows))
    assert (labels[3], labels[44]) == (0, 1)
    np.testing.assert_array_equal(statistics.count, np.bincount(labels))
    np.testing.assert_allclose(statistics.means, [rows[labels == k].mean(axis=0) for k in (0, 1)])
    assert 0 < np.sum(labels) < 50
    np.testing.assert_array_equal(assigning(Rows(rows))[0], labels)
