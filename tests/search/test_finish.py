"""A cell that may be chosen comes to its end: at least as high as the sweep and as a search of its own brought it."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.covariance import family_for
from mixfold.fitting import DataScale, Outcome
from mixfold.fold import Fold
from mixfold.parameters import Parameters
from mixfold.search.comparison import Comparison
from mixfold.search.finish import SEARCHED, Finished, better, ended, searched
from mixfold.search.grid_model import GridModel

RNG = np.random.default_rng(5)
ROWS = np.concatenate([RNG.normal(place, 1.0, (60, 2)) for place in ([0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 9.0])])
BAD = Parameters(
    np.full(4, 0.25), np.array([[4.0, 4.0], [4.1, 4.0], [4.0, 4.1], [60.0, 4.0]]), np.tile(np.eye(2), (4, 1, 1))
)
"""Where EM may begin, and never comes to the four clusters."""


def comparison(deadline: float = math.inf, *, learns_likeness: bool = False) -> Comparison:
    fold = Fold.of_rows(ROWS)
    return Comparison(fold, "bic", deadline, DataScale.of(fold, learns_likeness=learns_likeness))


def cell(parameters: Parameters = BAD, outcome: Outcome = Outcome.DROPPED) -> GridModel:
    return GridModel(len(parameters.weights), "full", outcome, outcome.value, parameters)


def test_a_cell_that_was_given_up_says_converged_only_when_em_did() -> None:
    done = ended(comparison(), cell(), "sweep")
    assert done.cell.outcome in {Outcome.CONVERGED, Outcome.DEGENERATE}
    assert str(done.run.outcome) == "converged"
    cut = ended(comparison(time.perf_counter()), cell(), "sweep")
    assert cut.cell.outcome is Outcome.TIME_LIMIT
    assert cut.cell.n_iter == 0


def test_evidence_and_steps_are_those_of_the_end() -> None:
    done = ended(comparison(), replace(cell(), n_iter=3), "sweep")
    family = family_for("full")
    log_likelihood, _ = comparison().fold.log_likelihood(
        done.parameters.potentials(family).jittered(done.problem.model.prior.jitter)
    )
    assert done.cell.evidence is not None
    assert done.cell.evidence.log_likelihood == pytest.approx(log_likelihood)
    assert done.cell.n_iter == 3 + done.run.n_iter


def test_a_search_ends_where_a_fit_by_default_does() -> None:
    alone = comparison(learns_likeness=True)
    found = searched(alone, cell(), 0)
    done = ended(alone, found, "search")
    plain = GaussianMixture(4, random_state=0).fit(ROWS)
    assert done.run.objective == pytest.approx(plain.objective_, abs=1e-9)
    assert {run.parameters for run in found.climbs} == {None}


def both() -> tuple[Finished, Finished, GridModel]:
    found = searched(comparison(), cell(), 0)
    return ended(comparison(), cell(), "sweep"), ended(comparison(), found, "search"), found


def test_the_better_end_is_kept_and_says_that_there_was_a_search() -> None:
    own, other, found = both()
    assert other.run.objective > own.run.objective
    for first, second in ((own, other), (other, own)):
        best = better(first, second, found.climbs)
        assert best.run.objective == other.run.objective
        assert best.cell.reason == SEARCHED
        assert best.cell.climbs == first.cell.climbs
        assert best.is_searched


def test_a_search_alone_is_taken_and_its_race_comes_before_the_climb_to_the_end() -> None:
    _, other, found = both()
    alone = better(None, other, found.climbs)
    assert alone.parameters is other.parameters
    assert [run.start for run in alone.climbs] == [*(run.start for run in found.climbs), "search"]


def test_the_climb_to_the_end_comes_last() -> None:
    raced = searched(comparison(), cell(), 0)
    runs = ended(comparison(), replace(cell(), climbs=raced.climbs[:2]), "sweep").climbs
    assert [run.restart for run in runs] == [0, 1]
    assert runs[-1].start == raced.climbs[1].start
    numbers = [one.number for one in runs[-1].history]
    assert numbers == sorted(set(numbers))


def test_a_search_of_a_cell_begins_where_the_sweep_ended_among_others() -> None:
    start = ended(comparison(), cell(), "sweep").cell
    found = searched(comparison(), start, 0)
    assert found.climbs[0].start == "known"
    assert len({run.start for run in found.climbs}) >= 3
    good = ended(comparison(), found, "search").cell
    again = searched(comparison(), good, 0)
    known, *others = again.climbs
    assert max(run.objective for run in others) <= known.objective + 1e-5  # nothing is better than what was best


def test_a_search_of_a_cell_begins_at_the_best_split_of_one_component_less_too() -> None:
    ends = ([0.0, 0.0], [9.0, 0.0], [4.5, 9.0])
    far = Parameters(
        np.array([0.25, 0.25, 0.5]), np.array(ends), np.array([np.eye(2), np.eye(2), np.diag([21.0, 1.0])])
    )
    found = searched(comparison(), cell(), 0, below=cell(far))
    assert [climb.start for climb in found.climbs].count("known") == 2
