"""Splits of a component of a posterior."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import family_for
from mixfold.fold import Fold
from mixfold.models import GammaBelief, Point, PriorScale, Problem, StickPrior
from mixfold.search.component_splits import halved, halves_of_components
from mixfold.search.found_components import Found
from mixfold.search.tried_moves import TriedMoves
from mixfold.statistics import SufficientStatistics
from tests.examples import blobs

TYPES = ["full", "tied", "diag", "spherical"]
ROWS, LABELS = blobs(150, 3, 2)
FOLD = Fold.of_rows(ROWS)


def statistics_of(shares: np.ndarray, covariance_type: str) -> SufficientStatistics:
    return FOLD.centered_moments(lambda rows: shares[rows.span], shares.shape[1], family_for(covariance_type).structure)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_halved_sums_are_those_of_the_rows_of_the_halves(covariance_type: str) -> None:
    three = np.eye(3)[LABELS]
    halves = three[:, [1, 1]] * np.eye(2)[np.arange(150) % 2]
    after = halved(statistics_of(three, covariance_type), 1, statistics_of(halves, covariance_type))
    expected = statistics_of(np.column_stack([three[:, 0], halves[:, 0], three[:, 2], halves[:, 1]]), covariance_type)
    np.testing.assert_allclose(after.count, expected.count)
    np.testing.assert_allclose(after.means, expected.means, rtol=1e-12)
    np.testing.assert_allclose(after.scatter_about_means, expected.scatter_about_means, rtol=1e-10, atol=1e-10)


def test_the_largest_is_cut_first_across_its_longest_axes_and_none_twice() -> None:
    model = PriorScale.of(FOLD, family_for("full"), StickPrior(GammaBelief())).first[1]
    start = model.maximize(statistics_of(np.eye(2)[np.minimum(LABELS, 1)], "full"))
    problem, tried = Problem(FOLD, model), TriedMoves()
    found = Found(problem, Point.at(problem, start))
    first, *others = halves_of_components(found, tried)
    assert len(others) == 3
    assert int(np.argmin(first.count[:2] - found.counts)) == int(np.argmax(found.counts))
    assert first.count[-1] <= 0.5 * np.max(found.counts)
    apart = np.sort(first.means[[int(np.argmax(found.counts)), -1]], axis=0)
    of_labels = np.sort([ROWS[LABELS == 1].mean(axis=0), ROWS[LABELS == 2].mean(axis=0)], axis=0)
    np.testing.assert_allclose(apart, of_labels, atol=0.5)
    assert list(halves_of_components(found, tried)) == []
