"""Flagged rows are seen, and the line that the detector draws."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from sklearn.datasets import load_iris

from mixfold import MixtureOutlierDetector
from mixfold.datasets import load_faithful
from mixfold.plotting import OutlierDisplay, new_figure

X = load_faithful().data


@pytest.fixture(scope="module")
def detector():
    return MixtureOutlierDetector(2, contamination=0.05, random_state=0).fit(X)


def test_flagged_rows_are_drawn_apart_and_counted(detector, ax, drawn):
    OutlierDisplay.from_estimator(detector, X, ax=ax)
    np.testing.assert_array_equal(drawn(ax, "flagged rows").get_offsets(), X[detector.predict(X) == -1])
    assert len(drawn(ax, "other rows").get_offsets()) == 258
    assert ax.get_title("left") == "14 of 272 rows are flagged"


def test_the_line_lies_where_the_log_density_is_the_offset(detector, ax, drawn):
    OutlierDisplay.from_estimator(detector, X, ax=ax)
    corners = np.concatenate([path.vertices for path in drawn(ax, "line").get_paths()])
    assert np.abs(detector.decision_function(corners)).max() < 0.1


def test_the_most_unusual_rows_bear_their_numbers(detector, ax):
    OutlierDisplay.from_estimator(detector, X, ax=ax)
    worst = [f"row {number}" for number in np.argsort(detector.score_samples(X))[:5] + 1]
    written = [text.get_text() for text in ax.texts if text.get_text().startswith("row ")]
    assert written[0] == worst[0]
    assert set(written) <= set(worst)
    assert len(written) > 1


def test_numbers_of_rows_do_not_hide_each_other(ax):
    rows = np.concatenate([X, [[9.0, 20.0], [9.05, 20.5], [0.0, 120.0]]])
    detector = MixtureOutlierDetector(2, contamination=0.012, random_state=0).fit(rows)
    OutlierDisplay.from_estimator(detector, rows, ax=ax)
    written = {text.get_text() for text in ax.texts if text.get_text().startswith("row ")}
    assert len(written & {"row 273", "row 274"}) == 1
    assert "row 275" in written


def test_numbers_of_neighbors_do_not_cover_each_other(detector, ax):
    OutlierDisplay.from_estimator(detector, X, ax=ax)
    renderer = FigureCanvasAgg(ax.figure).get_renderer()
    boxes = [text.get_window_extent(renderer) for text in ax.texts if text.get_text().startswith("row ")]
    assert len(boxes) == 4
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_of_many_rows_all_flagged_ones_are_drawn(detector, ax, drawn):
    OutlierDisplay.from_estimator(detector, X, max_rows=20, ax=ax)
    assert len(drawn(ax, "flagged rows").get_offsets()) == 14
    assert len(drawn(ax, "other rows").get_offsets()) == 20
    assert any("20 of 258 other rows drawn" in text.get_text() for text in ax.texts)


def test_one_feature_is_drawn_against_the_log_density(ax, drawn):
    detector = MixtureOutlierDetector(2, random_state=0).fit(X[:, :1])
    OutlierDisplay.from_estimator(detector, X[:, :1], ax=ax)
    assert drawn(ax, "line").get_ydata()[0] == detector.offset_
    assert (drawn(ax, "flagged rows").get_offsets()[:, 1] < detector.offset_).all()


@pytest.fixture(scope="module")
def flowers():
    iris = load_iris(as_frame=True).data
    odd = iris.copy()
    odd.iloc[:3, 1] += 5.0
    odd.iloc[3:6, 3] -= 8.0
    return MixtureOutlierDetector(1, contamination=0.02, random_state=0).fit(iris), odd


def test_of_more_features_flagged_rows_lie_below_a_line_in_the_strip_of_their_component(flowers, ax, drawn):
    detector, odd = flowers
    display = OutlierDisplay.from_estimator(detector, odd, ax=ax)
    assert drawn(ax, "line").get_ydata()[0] == 0.0
    assert (drawn(ax, "flagged rows").get_offsets()[:, 1] < 0.0).all()
    assert (drawn(ax, "other rows").get_offsets()[:, 1] >= 0.0).all()
    np.testing.assert_array_equal(np.round(display.points[:, 0]), 0.0)
    assert ax.get_xticks().tolist() == [0]
    np.testing.assert_allclose(display.points[:, 1] + detector.offset_, display.scores)


def test_of_more_features_the_label_of_a_row_names_what_makes_it_unusual(flowers, ax):
    detector, odd = flowers
    OutlierDisplay.from_estimator(detector, odd, ax=ax)
    written = {text.get_text() for text in ax.texts if text.get_text().startswith("row ")}
    assert written
    assert written <= {
        *(f"row {n}: sepal width (cm)" for n in (1, 2, 3)),
        *(f"row {n}: petal width (cm)" for n in (4, 5, 6)),
    }


def test_rows_far_below_the_line_do_not_flatten_the_others(flowers, ax):
    detector, odd = flowers
    OutlierDisplay.from_estimator(detector, odd, ax=ax)
    (low, high) = ax.transAxes.inverted().transform(ax.transData.transform([(0.0, 0.0), (0.0, 5.0)]))[:, 1]
    assert high - low > 0.1


def test_chosen_features_of_more_are_drawn_with_ellipses(flowers):
    detector, odd = flowers
    display = OutlierDisplay.from_estimator(detector, odd, features=[1, 3], ax=new_figure().subplots())
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("sepal width (cm)", "petal width (cm)")
    assert any("ellipses hold 50% and 90%" in text.get_text() for text in display.ax_.texts)
    chosen = OutlierDisplay.from_estimator(detector, odd, features=[0], ax=new_figure().subplots())
    assert chosen.ax_.get_ylabel() == "log density (nats)"
