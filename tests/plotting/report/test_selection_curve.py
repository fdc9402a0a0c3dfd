"""The models that were compared, in a table and in numbers for a chart."""

import pytest

from mixfold import AutoGaussianMixture
from mixfold.datasets import load_faithful
from mixfold.plotting import Report, SelectionCurve

INFINITE = float("inf")
CURVE = SelectionCurve(
    "BIC",
    (1, 2, 3, 1, 2, 3),
    ("full",) * 3 + ("tied",) * 3,
    (130.0, 120.0, INFINITE, 110.0, 100.0, 95.0),
    4,
    ("converged", "abandoned", "failed", "converged", "converged", "few rows"),
)


@pytest.fixture(scope="module")
def model():
    settings = {"covariance_types": ["full", "tied"], "random_state": 0}
    return AutoGaussianMixture(range(1, 4), **settings).fit(load_faithful().data)


def test_the_table_has_the_best_models_first_and_none_without_an_answer():
    rows = CURVE.rows()
    assert [(row["n_components"], row["covariance_type"]) for row in rows] == [
        (2, "tied"), (1, "tied"), (2, "full"), (1, "full"), (3, "tied")
    ]  # fmt: skip
    assert [row["above"] for row in rows] == ["0.0", "10.0", "20.0", "30.0", "no choice"]
    assert [row["ended"] for row in rows][::4] == ["converged (kept)", "few rows"]
    assert [row["is_chosen"] for row in rows] == [True, False, False, False, False]


def test_a_model_that_is_no_choice_is_not_the_best_however_low():
    assert CURVE.answers[0] == CURVE.chosen
    assert CURVE.content()["chosen"]["above"] == 0.0
    alone = SelectionCurve("BIC", (2,), ("full",), (5.0,), 0, ("degenerate",))
    assert alone.content()["lines"][0]["above"] == [0.0]  # unless there is no other


def test_the_star_is_where_the_choice_is_though_another_is_the_best():
    curve = SelectionCurve("BIC", (1, 2), ("full", "full"), (107.0, 100.0), 0)
    assert curve.content()["chosen"] == {"name": "full", "x": 1, "value": 107.0, "above": 7.0}


def test_each_family_is_a_line_the_best_first():
    best, other = CURVE.content()["lines"]
    assert (best["name"], best["x"], best["above"]) == ("tied", [1, 2], [10.0, 0.0])
    assert (other["name"], other["x"], other["above"]) == ("full", [1, 2], [30.0, 20.0])
    assert other["ended"] == ["converged", "abandoned"]


def test_hollow_points_are_explained_only_if_there_are_some():
    assert CURVE.has_unfinished
    assert not SelectionCurve("AIC", (1,), ("full",), (1.0,), 0).has_unfinished


def test_the_grid_of_an_estimator_is_taken_whole(model):
    curve = SelectionCurve.from_estimator(model)
    assert curve.value[curve.chosen] == model.best_value_
    assert curve.reason == model.reason_
    assert (curve.n_components[curve.chosen], curve.covariance_type[curve.chosen]) == (2, "full")
    assert len(curve.value) == len(model.results_) == 6


def test_the_report_of_an_estimator_that_chose_shows_its_grid_and_its_starts_unasked(model):
    report = Report.from_estimator(model, load_faithful().data)
    assert report.selection == SelectionCurve.from_estimator(model)
    html = report.html
    assert "The 6 models in a table" in html
    assert f"The {len(model.restarts_)} starts in a table" in html


def test_a_single_model_is_no_plural():
    rows = load_faithful().data
    only = AutoGaussianMixture([2], covariance_types=["full"], random_state=0).fit(rows)
    assert "The 1 model in a table" in Report.from_estimator(only, rows).html
