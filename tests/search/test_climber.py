"""A climber knows how far it came, what it may still gain, and why it is no answer."""

from __future__ import annotations

import time

import numpy as np
import pytest

from mixfold.covariance import FAMILIES
from mixfold.fitting import DataScale, Outcome
from mixfold.fold import Fold
from mixfold.models import Penalized, Point, Problem
from mixfold.parameters import Parameters
from mixfold.search.climber import Climber
from mixfold.search.grid_model import Verdict
from tests.examples import blobs
from tests.search.problems import search_of, three_blobs, true_components


def climber_of(search, components):
    return Climber(search.problem, Point.at(search.problem, components), 0, (), "truth", time.perf_counter())


@pytest.fixture(scope="module")
def search():
    return three_blobs()


def test_steps_are_counted_and_recorded(search):
    climbed = climber_of(search, true_components(search)).climbed(7).climbed(5)
    assert climbed.n_steps == 12
    assert [iteration.number for iteration in climbed.history] == list(range(1, 13))
    assert climbed.history[-1].objective == climbed.point.objective


def test_a_gain_is_predicted_once_there_are_steps_to_predict_from_and_vanishes(search):
    begun = climber_of(search, true_components(search))
    assert begun.gain == np.inf
    assert begun.climbed(200).gain < 1e-6


def test_a_climb_is_told_with_its_steps_and_one_without_where_it_began(search):
    begun = climber_of(search, true_components(search))
    run = begun.told(Outcome.CONVERGED)
    assert (run.start, run.outcome, run.n_iter) == ("truth", Outcome.CONVERGED, 0)
    assert begun.climbed(4).told(Outcome.CONVERGED).n_iter == 4


def test_evidence_counts_weights_means_and_covariances(search):
    evidence = climber_of(search, true_components(search)).evidence()
    assert evidence.n_parameters == 2 + 3 * 2 + 3 * 3
    assert evidence.log_likelihood == pytest.approx(
        climber_of(search, true_components(search)).point.log_likelihood * 240
    )


def test_a_sound_solution_has_no_flaw(search):
    assert climber_of(search, true_components(search)).climbed(20).flaw is None


def test_more_parameters_than_rows_are_few_rows():
    rows, labels = blobs(18, 3, 3)
    search = search_of(rows, labels)
    climber = climber_of(search, true_components(search))
    assert not climber.is_sound
    assert climber.flaw is Verdict.FEW_ROWS


def test_a_component_that_only_the_prior_holds_is_degenerate():
    random = np.random.default_rng(0)
    line = random.normal(size=80) + 20.0
    rows = np.concatenate([random.normal(size=(100, 2)), np.column_stack([line, 2.0 * line])])
    fold = Fold.of_rows(rows)
    family = FAMILIES["full"]
    problem = Problem(fold, Penalized(family, DataScale.of(fold, n_components=2).prior(family, 2)))
    rows_of = (slice(0, 100), slice(100, 180))
    means, covariances = zip(*((np.mean(rows[one], axis=0), np.cov(rows[one].T)) for one in rows_of), strict=True)
    start = Parameters(np.array([0.5, 0.5]), np.array(means), np.array(covariances) + 0.01 * np.eye(2))
    climber = Climber(problem, Point.at(problem, start), 0, ()).climbed(30)
    assert climber.flaw is Verdict.DEGENERATE
