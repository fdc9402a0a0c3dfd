"""What a mixture makes of each row, kept small."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.plotting.report import review as module
from mixfold.plotting.report.review import Review

MIXTURE = Mixture([0.5, 0.3, 0.2], [[0.0], [4.0], [9.0]], [1.0, 1.0, 1.0], "spherical")
ROWS = np.random.default_rng(0).normal(size=(50, 1)) * 4.0 + 3.0


def test_the_two_most_probable_components_are_those_of_the_responsibilities() -> None:
    review, shares = Review.of(MIXTURE, ROWS), MIXTURE.responsibilities(ROWS)
    order = np.argsort(-shares, axis=1)
    np.testing.assert_array_equal(review.labels, order[:, 0])
    np.testing.assert_array_equal(review.seconds, order[:, 1])
    np.testing.assert_array_equal(review.shares, np.sort(shares, axis=1)[:, -1])
    np.testing.assert_array_equal(review.second_shares, np.sort(shares, axis=1)[:, -2])
    np.testing.assert_array_equal(review.log_density, MIXTURE.log_density(ROWS))


def test_overlap_is_the_mean_share_of_others_in_the_rows_of_a_component() -> None:
    review, shares = Review.of(MIXTURE, ROWS), MIXTURE.responsibilities(ROWS)
    for component in range(3):
        np.testing.assert_allclose(review.overlap[component], shares[review.labels == component].mean(axis=0))


def test_rows_are_looked_at_some_at_a_time_and_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Review.of(MIXTURE, ROWS)
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 7)
    parts = Review.of(MIXTURE, ROWS)
    np.testing.assert_array_equal(parts.labels, whole.labels)
    np.testing.assert_allclose(parts.overlap, whole.overlap, rtol=1e-14)


def test_one_component_has_no_second() -> None:
    review = Review.of(Mixture([1.0], [[0.0]], [1.0], "spherical"), ROWS)
    assert np.all(review.seconds == 0)
    assert np.all(review.second_shares == 0.0)
