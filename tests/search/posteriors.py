"""Posteriors of three blobs, for tests of the moves that a search makes from them."""

from __future__ import annotations

import numpy as np

from mixfold.covariance import family_for
from mixfold.fitting import Stopping
from mixfold.fold import Fold
from mixfold.models import GammaBelief, Point, PriorScale, Problem, StickPrior
from mixfold.search.found_components import Found
from mixfold.statistics import SufficientStatistics
from tests.examples import blobs

TYPES = ["full", "tied", "diag", "spherical"]
STOPPING = Stopping(1e-6, 1000)
ROWS, LABELS = blobs(150, 3, 2)
FOLD = Fold.of_rows(ROWS)


def statistics_of(labels: np.ndarray, k: int, covariance_type: str) -> SufficientStatistics:
    shares = np.eye(k)[labels]
    return FOLD.centered_moments(lambda rows: shares[rows.span], k, family_for(covariance_type).structure)


def scale_of(covariance_type: str) -> PriorScale:
    return PriorScale.of(FOLD, family_for(covariance_type), StickPrior(GammaBelief()))


def found_at(labels: np.ndarray, k: int, covariance_type: str = "full") -> Found:
    model = scale_of(covariance_type).first[1]
    problem = Problem(FOLD, model)
    start = model.maximize(statistics_of(labels, k, covariance_type))
    return Found(problem, Point.at(problem, start)).climbed(STOPPING)
