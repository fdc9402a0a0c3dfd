"""Each restart is a line, and the best one is told apart."""

import numpy as np
import pytest

from mixfold import BayesianGaussianMixture, GaussianMixture
from mixfold.datasets import load_faithful
from mixfold.errors import InputError
from mixfold.fitting import Outcome, Run
from mixfold.plotting import ConvergenceDisplay, new_figure


@pytest.fixture(scope="module")
def model():
    X = np.random.default_rng(0).normal(size=(200, 2))
    return GaussianMixture(3, n_init=4, init_params="random_from_data", tol=1e-5, max_iter=4000, random_state=1).fit(X)


def test_each_restart_is_a_line_of_its_history(model, ax, drawn):
    ConvergenceDisplay.from_estimator(model, ax=ax)
    assert len(ax.get_lines()) == 4
    for run in model.restarts_:
        line = drawn(ax, f"restart {run.restart}")
        np.testing.assert_array_equal(line.get_xdata(), range(run.n_iter + 1))
        np.testing.assert_array_equal(line.get_ydata(), [iteration.objective for iteration in run.history])
        assert (np.diff(line.get_ydata()) >= -1e-9).all()  # what EM climbs never steps down


def test_the_best_restart_is_the_thickest_line_and_named(model, ax, drawn):
    ConvergenceDisplay.from_estimator(model, ax=ax)
    best = max(model.restarts_, key=lambda run: run.objective).restart
    assert max(ax.get_lines(), key=lambda line: line.get_linewidth()) is drawn(ax, f"restart {best}")
    assert ax.get_legend().get_texts()[0].get_text() == f"restart {best + 1}, the best"


def test_the_end_of_a_line_says_how_the_restart_ended(ax, drawn):
    X = np.random.default_rng(0).normal(size=(100, 2))
    model = GaussianMixture(
        2, init_params="kmeans", random_state=0, tol=0.0, callback=lambda iteration: iteration.number == 2
    ).fit(X)
    ConvergenceDisplay.from_estimator(model, ax=ax)
    assert drawn(ax, "restart 0").get_marker() == "s"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["restart 1, the best", "stopped (1)"]


def test_a_restart_that_collapsed_at_once_has_no_line_but_is_counted(model, ax):
    lost = Run(4, "kmeans", None, Outcome.COLLAPSED, "collapsed", (), np.zeros(0), None)
    display = ConvergenceDisplay(restarts=[*model.restarts_, lost], best=0).plot(ax)
    display.figure_.canvas.draw()
    assert "collapsed (1)" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_the_climb_of_a_posterior_is_that_of_its_search_and_goes_on_where_it_ended(ax, drawn):
    model = BayesianGaussianMixture(n_components=8, random_state=0).fit(load_faithful().data)
    ConvergenceDisplay.from_estimator(model, ax=ax)
    kept, searched = (drawn(ax, f"restart {at}") for at in range(2))
    assert np.nanmin(searched.get_ydata()) < model.lower_bound_ - 0.1  # which is of many components
    assert searched.get_ydata()[-1] == pytest.approx(model.lower_bound_, abs=1e-5)
    assert kept.get_xdata()[0] == searched.get_xdata()[-1] > 10
    assert ax.get_ylabel() == "evidence lower bound per row (nats)"
    assert f"evidence lower bound {model.lower_bound_:.5g}" in " ".join(text.get_text() for text in ax.texts)


def test_the_kept_run_of_several_is_the_only_line_of_a_posterior_that_keeps_one(ax):
    model = BayesianGaussianMixture(n_components=3, init_params="random", n_init=3, random_state=1)
    model.fit(load_faithful().data)
    assert [run.restart for run in model.restarts_] != [0]
    ConvergenceDisplay.from_estimator(model, ax=ax)
    assert len(ax.get_lines()) == 1


def test_what_is_left_to_gain_after_a_search_is_drawn_flat_and_with_few_digits(ax):
    X = np.random.default_rng(0).normal(size=(200, 2))
    model = BayesianGaussianMixture(n_components=3, random_state=1).fit(X)
    display = ConvergenceDisplay(restarts=model.restarts_[:1], best=0).plot(ax)
    display.figure_.canvas.draw()
    low, high = ax.get_ylim()
    assert high - low >= 0.9e-4 * abs(low)
    assert max(len(label.get_text()) for label in ax.get_yticklabels()) <= 10
    assert ax.get_ylabel() == "evidence lower bound per row (nats)"


def test_a_display_can_be_drawn_again_elsewhere(model, ax):
    display = ConvergenceDisplay.from_estimator(model, ax=ax)
    other = new_figure().subplots()
    assert display.plot(other).ax_ is other


def test_estimators_without_restarts_are_refused(ax):
    from sklearn.mixture import GaussianMixture as Other

    with pytest.raises(InputError, match="must have `restarts_`"):
        ConvergenceDisplay.from_estimator(Other().fit([[0.0], [1.0], [3.0]]), ax=ax)


def test_a_start_that_goes_on_with_other_rows_begins_a_new_line_and_the_note_says_so(ax, drawn):
    X = np.random.default_rng(3).normal(size=(40_000, 3))
    display = ConvergenceDisplay.from_estimator(GaussianMixture(2, tol=1e-4, random_state=0).fit(X), ax=ax)
    heights = [line.get_ydata() for line in ax.get_lines()]
    assert any(np.isnan(each).any() for each in heights)
    for each in heights:
        assert not (np.diff(each) < -1e-5).any()
        assert np.isfinite(each[-1])
    assert any(
        "a gap: the start goes on with more rows, on which heights are others" in " ".join(text.get_text().split())
        for text in ax.texts
    )
    assert display.ax_.get_ylabel() == "log-likelihood and log prior per row (nats)"


def test_without_a_prior_the_log_likelihood_is_what_is_climbed(ax):
    X = np.random.default_rng(0).normal(size=(100, 2))
    ConvergenceDisplay.from_estimator(GaussianMixture(2, init_params="kmeans", reg_covar=1e-6).fit(X), ax=ax)
    assert ax.get_ylabel() == "log-likelihood per row (nats)"
    assert not any("gap" in text.get_text() for text in ax.texts)
