"""The picture has a line for each family, and a ring around the choice."""

import numpy as np
import pytest

from mixfold import AutoGaussianMixture
from mixfold.datasets import load_faithful
from mixfold.errors import InputError
from mixfold.plotting import SelectionDisplay, new_figure
from mixfold.plotting.selection import LINE_HEIGHT


def _with_choice(rows, chosen):
    return [{**row, "chosen": at == chosen} for at, row in enumerate(rows)]


@pytest.fixture(scope="module")
def model():
    return AutoGaussianMixture(range(1, 6), random_state=0).fit(load_faithful().data)


def test_each_family_is_a_line_of_differences_to_the_best(model, ax, drawn):
    SelectionDisplay.from_estimator(model, ax=ax)
    best = min(row["bic"] for row in model.results_)
    for name in {row["covariance_type"] for row in model.results_}:
        expected = [row["bic"] - best for row in model.results_ if row["covariance_type"] == name]
        np.testing.assert_allclose(drawn(ax, name).get_ydata(), expected)
        assert name in [text.get_text() for text in ax.texts]


def test_the_ring_is_around_the_choice(model, ax, drawn):
    SelectionDisplay.from_estimator(model, ax=ax)
    above = model.best_value_ - min(row["bic"] for row in model.results_)
    assert above > 0.0  # it is not the best, see `tie_break`
    np.testing.assert_allclose(drawn(ax, "choice").get_offsets(), [[model.n_components_, above]])
    assert ax.get_title("left") == f"Two components, {model.covariance_type_}"


def test_without_a_choice_the_ring_is_around_the_best(model, ax, drawn):
    rows = [{name: value for name, value in row.items() if name != "chosen"} for row in model.results_]
    SelectionDisplay(results=rows, criterion="bic").plot(ax)
    np.testing.assert_array_equal(drawn(ax, "choice").get_offsets(), [[3.0, 0.0]])


def test_names_of_lines_do_not_hide_each_other(ax):
    rows = [
        {"n_components": k, "covariance_type": f"F{name:02d}", "bic": 100.0 + name * 1e-3, "outcome": "converged"}
        for name in range(14)
        for k in (1, 2)
    ]
    SelectionDisplay(results=_with_choice(rows, 0), criterion="bic").plot(ax)
    height = 72.0 * ax.bbox.height / ax.figure.dpi  # in points
    heights = sorted(height * text.get_position()[1] for text in ax.texts if text.get_text().startswith("F"))
    assert len(heights) == 14
    assert np.min(np.diff(heights)) > LINE_HEIGHT - 1e-9


def test_cells_without_an_answer_leave_a_gap(ax, drawn):
    rows = [
        {"n_components": k, "covariance_type": "full", "bic": value, "outcome": "converged"}
        for k, value in enumerate([30.0, np.nan, 10.0], start=1)
    ]
    SelectionDisplay(results=_with_choice(rows, 2), criterion="bic").plot(ax)
    np.testing.assert_array_equal(drawn(ax, "full").get_ydata(), [20.0, np.nan, 0.0])


def test_cells_that_cannot_be_chosen_are_left_out(ax, drawn):
    rows = [
        {"n_components": k, "covariance_type": "full", "bic": value, "outcome": outcome}
        for k, (value, outcome) in enumerate([(30.0, "converged"), (-90.0, "degenerate"), (10.0, "converged")], start=1)
    ]
    SelectionDisplay(results=_with_choice(rows, 2), criterion="bic").plot(ax)
    np.testing.assert_array_equal(drawn(ax, "full").get_ydata(), [20.0, np.nan, 0.0])
    np.testing.assert_array_equal(drawn(ax, "choice").get_offsets(), [[3.0, 0.0]])


def test_another_criterion_can_be_drawn_with_the_ring_around_the_same_choice(model, ax, drawn):
    assert SelectionDisplay.from_estimator(model, criterion="aic", ax=ax).criterion == "aic"
    values = [row["aic"] for row in model.results_]
    chosen = next(row["aic"] for row in model.results_ if row["chosen"])
    assert chosen > np.nanmin(values)
    expected = [[model.n_components_, chosen - np.nanmin(values)]]
    np.testing.assert_allclose(drawn(ax, "choice").get_offsets(), expected)
    with pytest.raises(InputError, match="`criterion` must be one of"):
        SelectionDisplay.from_estimator(model, criterion="held_out", ax=new_figure().subplots())


def test_estimators_that_chose_nothing_are_refused(ax):
    from mixfold import GaussianMixture

    with pytest.raises(InputError, match="must have `results_`"):
        SelectionDisplay.from_estimator(GaussianMixture().fit([[0.0], [1.0], [3.0]]), ax=ax)
