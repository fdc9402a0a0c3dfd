"""What a search for the components of a posterior looks at."""

from __future__ import annotations

import numpy as np

from mixfold.estimators.posterior_views import views_of
from mixfold.fold import Fold

ROWS = np.array([[0.0], [1.0], [2.0], [8.0]])


def test_rows_alone_are_one_view() -> None:
    assert [name for name, _ in views_of(Fold.of_rows(ROWS), None, with_outliers=False)] == ["all rows"]


def test_linked_rows_lie_at_their_mean_in_another() -> None:
    views = dict(views_of(Fold.of_rows(ROWS), np.array([0, -1, 0, -1]), with_outliers=False))
    np.testing.assert_array_equal(views["groups at their means"].source.values.ravel(), [1.0, 1.0, 1.0, 8.0])


def test_the_loneliest_rows_are_left_out_where_rows_may_be_outliers() -> None:
    rows = np.append(np.random.default_rng(0).normal(size=99), 30.0)[:, None]
    views = dict(views_of(Fold.of_rows(rows), None, with_outliers=True))
    assert [len(view.source.values) for view in views.values()] == [100, 90, 80]
    assert views["without 10%"].source.values.max() < 5.0
