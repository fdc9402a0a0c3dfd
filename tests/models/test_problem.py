"""A model on data, and where EM is on it."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import FAMILIES, Prior
from mixfold.engines import ArrayEngine
from mixfold.errors import InputError
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.models import Penalized, PenalizedProblem, Point, Problem
from mixfold.observations import Complete, Linear, Observation
from mixfold.rows import Marks
from mixfold.sources import ArraySource
from tests.examples import NO_PRIOR, blobs, parameters_of
from tests.models.test_abstract import EqualWeights

FULL = FAMILIES["full"]


def problem_of(prior: Prior) -> PenalizedProblem:
    return Problem(Fold.of_rows(blobs(60, 3, 2)[0]), Penalized(FULL, prior))


def test_the_objective_is_the_log_likelihood_and_the_log_prior_for_each_row() -> None:
    problem = problem_of(Prior.from_rows(2.0, np.eye(2)))
    point = Point.at(problem, parameters_of(FULL))
    log_prior = problem.model.log_prior(point.parameters, problem.model.potentials(point.parameters))
    assert log_prior < 0.0
    assert point.objective == pytest.approx(point.log_likelihood + log_prior / 60.0, rel=1e-14)


def test_without_a_prior_the_objective_is_the_log_likelihood() -> None:
    point = Point.at(problem_of(NO_PRIOR), parameters_of(FULL))
    assert point.objective == point.log_likelihood


class OfCompleteRows(EqualWeights):
    def accepts(self, observation: Observation) -> bool:
        return observation.is_complete


def test_rows_that_a_model_does_not_accept_are_refused_before_any_work() -> None:
    rows, marks = blobs(60, 3, 2)[0], Marks(strata=np.arange(60) % 2)
    observations = (Complete(), Linear(noise=np.array(0.5)))
    fold = Fold(ArraySource(rows, marks), ArrayEngine(), LocalExecutor(), observations)
    assert Problem(fold, EqualWeights()).fold is fold
    with pytest.raises(InputError, match="OfCompleteRows does not accept Linear"):
        Problem(fold, OfCompleteRows())
