"""Pictures of what rows lack, of those that belong to no cluster, and of errors of measurement."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from mixfold import AutoGaussianMixture, GaussianMixture
from mixfold.datasets import load_faithful
from mixfold.plotting import Report
from mixfold.plotting.report.rows_seen import MOST_FEATURES, RowsSeen, seen_of

ROWS = np.concatenate([load_faithful().data, [[12.0, 300.0], [-9.0, -100.0], [15.0, -80.0]]])
HOSTILE = ["<i>eruptions", "waiting"]


@pytest.fixture(scope="module")
def lacking() -> np.ndarray:
    rows = ROWS.copy()
    rows[:30, 1] = np.nan
    return rows


def test_a_page_shows_where_values_are_missing_and_which_rows_are_of_no_cluster(lacking: np.ndarray) -> None:
    noise = np.full(lacking.shape, [0.1, 2.0])
    model = GaussianMixture(2, outliers="uniform", tol=1e-3, random_state=0).fit(lacking, noise=noise)
    page = Report.from_estimator(model, lacking, noise=noise, feature_names=HOSTILE).html
    assert "30 values are missing" in page
    assert "3 rows belong to no cluster" in page
    assert "one standard deviation of their errors" in page
    assert "&lt;i&gt;eruptions" in page
    assert "<i>eruptions" not in page


def test_a_page_of_complete_rows_has_no_such_pictures() -> None:
    model = GaussianMixture(2, random_state=0).fit(load_faithful().data)
    assert 'id="seen"' not in Report.from_estimator(model, load_faithful().data).html
    assert seen_of(model, load_faithful().data)[0] is None


def test_frames_that_lack_values_are_drawn_completed(lacking: np.ndarray) -> None:
    frame = pd.DataFrame(lacking[:272], columns=["eruptions", "waiting"])
    model = AutoGaussianMixture([2], covariance_types=["full"], random_state=0).fit(frame)
    report = Report.from_estimator(model, frame)
    assert not np.isnan(report.rows).any()
    assert report.seen is not None
    assert report.seen.n_missing == 30


def test_strips_are_as_dark_as_they_lack_values() -> None:
    lacks = np.zeros((96, 2), dtype=bool)
    lacks[:2, 1], lacks[2, 1] = True, True  # strips of two rows: all of the first, half of the second
    picture = RowsSeen(lacks, np.zeros(96, dtype=np.int64)).missing_picture(("a", "b"))
    assert re.findall(r'fill="var\(--accent\)" fill-opacity="([\d.]+)"', picture) == ["1.00", "0.57"]
    assert ">3%<" in picture


def test_of_many_features_those_that_lack_most_are_shown() -> None:
    lacks = np.zeros((10, 40), dtype=bool)
    lacks[:5, 37] = True
    picture = RowsSeen(lacks, np.zeros(10, dtype=np.int64)).missing_picture([f"f{at}" for at in range(40)])
    assert ">f37<" in picture
    assert picture.count("rotate(35") == MOST_FEATURES


def test_features_in_another_order_keep_what_is_known_of_them() -> None:
    seen = RowsSeen(np.array([[True, False]]), np.array([0]), np.array([[1.0, 2.0]])).in_order(np.array([1, 0]))
    assert seen.lacks.tolist() == [[False, True]]
    assert seen.deviations is not None
    assert seen.deviations.tolist() == [[2.0, 1.0]]


def test_rows_of_one_feature_lie_beside_their_clusters() -> None:
    rows = np.array([[0.0], [1.0], [10.0], [11.0], [90.0]])
    model = GaussianMixture(2, init_params="kmeans", random_state=0).fit(rows[:4])
    seen = RowsSeen(np.zeros((5, 1), dtype=bool), np.array([0, 0, 1, 1, -1]), np.ones((5, 1)))
    picture = seen.rows_picture(model.mixture_, rows, ("x",))
    assert picture.count("<circle") == 4
    assert ">cluster<" in picture
