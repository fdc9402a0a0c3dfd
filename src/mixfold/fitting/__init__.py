"""Fitting: the *algorithm* that turns statistics into parameters, again and again.

em.py is expectation-maximization from one start, restarts.py runs several and picks the best, regularization.py makes
the prior from `reg_covar`, run.py and outcome.py record what happened.
"""

from mixfold.fitting.em import Problem, Stopping, em
from mixfold.fitting.outcome import Outcome
from mixfold.fitting.regularization import prior_for
from mixfold.fitting.restarts import best_of, run_restarts
from mixfold.fitting.run import Callback, Iteration, Run

__all__ = [
    "Callback",
    "Iteration",
    "Outcome",
    "Problem",
    "Run",
    "Stopping",
    "best_of",
    "em",
    "prior_for",
    "run_restarts",
]
