"""Rows are asked at the end of a search whether they refute how alike its prior says that components are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import make_moons

from mixfold import GaussianMixture
from mixfold.covariance import family_for
from mixfold.fitting import DataScale, Iteration, em_steps
from mixfold.fitting.likeness import Apart
from mixfold.fitting.within import Within
from mixfold.fold import Fold
from mixfold.models import Penalized, Problem
from mixfold.parameters import Parameters
from mixfold.search import Effort, Search, searched, unlike
from mixfold.search.refutation import HOLDING
from mixfold.typing import FloatArray
from tests.examples import blobs

UNLIKE = blobs(240, 3, 3)[0]
"""Clusters whose shapes differ more than their pilot says."""


def four_groups() -> FloatArray:
    """Give groups at the corners of 20 x 9, of which two components may hold two in two ways."""
    corners = np.repeat([[0.0, 0.0], [20.0, 0.0], [0.0, 9.0], [20.0, 9.0]], 40, axis=0)
    return corners + np.random.default_rng(2).normal(size=corners.shape)


def search_from(pilot: Parameters, rows: FloatArray, deadline: float = np.inf) -> Search:
    """Give a search whose prior has learned likeness from a pilot of two equal components."""
    fold, family = Fold.of_rows(rows), family_for("full")
    counts = 0.5 * np.full(2, len(rows))
    apart = Apart(counts[:, None, None] * pilot.covariances, counts)
    scale = DataScale.of(fold, learns_likeness=True)
    scale._known.within[2, True] = Within(pilot, apart)
    problem = Problem(fold, Penalized(family, scale.prior(family, 2)))
    assert problem.model.prior.count > HOLDING * counts[0]
    return Search(problem, scale, 2, np.random.RandomState(0), Effort(9, 18, deadline))


ACROSS = Parameters(np.full(2, 0.5), np.array([[10.0, 0.0], [10.0, 9.0]]), np.diag([101.0, 1.0]))
ALONG = Parameters(np.full(2, 0.5), np.array([[0.0, 4.5], [20.0, 4.5]]), np.diag([1.0, 21.25]))


def test_a_wrong_pilot_holds_a_search_but_not_the_fit() -> None:
    search = search_from(ACROSS, four_groups())
    assert search.best().means[:, 0] == pytest.approx([10.0, 10.0], abs=1.0)
    found, last = searched(search, unlike(search.problem, search.scale, 2))
    assert np.sort(found.means[:, 0]) == pytest.approx([0.0, 20.0], abs=0.5)
    assert last.problem.model.prior.count < 2.0


def test_a_right_pilot_is_believed() -> None:
    search = search_from(ALONG, four_groups())
    found, last = searched(search, unlike(search.problem, search.scale, 2))
    assert last is search
    assert np.sort(found.means[:, 0]) == pytest.approx([0.0, 20.0], abs=0.5)


def test_where_time_is_over_rows_are_not_asked() -> None:
    search = search_from(ACROSS, four_groups(), deadline=-np.inf)
    assert searched(search, unlike(search.problem, search.scale, 2))[1] is search


def test_whoever_stops_a_search_stops_what_would_follow() -> None:
    search = search_from(ACROSS, four_groups())
    search.callback = lambda iteration: iteration.number > 4
    assert searched(search, unlike(search.problem, search.scale, 2))[1] is search


def test_a_prior_that_learns_nothing_has_nothing_to_refute() -> None:
    search = search_from(ALONG, four_groups())
    assert unlike(search.problem, search.scale.without_likeness, 2) is None
    freer = unlike(search.problem, search.scale, 2)
    assert freer is not None
    assert unlike(freer, search.scale, 2) is None


def test_a_fit_whose_likeness_is_refuted_is_that_without() -> None:
    fitted, weak = (GaussianMixture(3, random_state=0, reg_covar=how).fit(UNLIKE) for how in ("auto", "weak"))
    np.testing.assert_allclose(fitted.means_, weak.means_, atol=1e-2)
    assert fitted.objective_ == pytest.approx(weak.objective_, abs=1e-5)


def test_such_a_fit_that_was_interrupted_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    settings = {"n_components": 3, "random_state": 0, "tol": 1e-9}
    expected = GaussianMixture(**settings).fit(UNLIKE)
    n_raced = len(expected.restarts_) - 1

    def interrupt(iteration: Iteration) -> None:
        if iteration.restart == n_raced and iteration.number == 4:
            raise KeyboardInterrupt

    path = tmp_path / "fit.npz"
    with pytest.raises(KeyboardInterrupt):
        GaussianMixture(**settings, callback=interrupt, checkpoint=path).fit(UNLIKE)
    resumed = GaussianMixture(**settings, checkpoint=path).fit(UNLIKE)
    np.testing.assert_array_equal(resumed.covariances_, expected.covariances_)
    assert resumed.objective_ == expected.objective_


def test_where_the_prior_held_nothing_the_end_without_likeness_is_the_result() -> None:
    fold, family = Fold.of_rows(UNLIKE), family_for("full")
    scale = DataScale.of(fold, learns_likeness=True)
    problem = Problem(fold, Penalized(family, scale.prior(family, 3)))
    search = Search(problem, scale, 3, np.random.RandomState(0), Effort(9, 18))
    other = unlike(problem, scale, 3)
    assert other is not None
    found, last = searched(search, other)
    assert last.problem is other
    assert last.runs == search.runs  # no other starts
    assert np.all(np.diff(found.weights) <= 0.0)
    assert em_steps(other, found, 50).objectives[-1] == pytest.approx(
        em_steps(other, found, 1).objectives[-1], abs=1e-4
    )


def test_where_rows_do_not_tell_by_five_standard_errors_the_prior_is_believed() -> None:
    rows = make_moons(300, noise=0.1, random_state=0)[0]  # two that cross are likelier than two alike, by chance or not
    fitted, weak = (GaussianMixture(2, random_state=0, reg_covar=how).fit(rows) for how in ("auto", "weak"))
    assert 300.0 * (weak.score(rows) - fitted.score(rows)) > 10.0
    one, other = fitted.covariances_
    np.testing.assert_allclose(one, other, atol=0.05)
