"""Optima of a posterior beside the best: what a search came to that is nearly as probable.

A variational posterior knows of one optimum. The mixture of several that hardly overlap has the bound

    log sum_i exp(bound_i),  with the shares  exp(bound_i) / sum_j exp(bound_j)

(Jaakkola & Jordan 1998, Learning in Graphical Models, 163-173), and averages over them as Bayes does over models
(Hoeting, Madigan, Raftery & Volinsky 1999, Statistical Science 14, 382-401). Each optimum stands for K! that differ in
the order of components alone (Bishop 2006, section 10.2.4; on a stick nearly so). That one component more must bring
strong evidence is asked of the number that is told, not believed: in an average all numbers are equally probable
beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.special import gammaln

from mixfold.models.prior_scale import SETTLED
from mixfold.search.found_components import LOG_ODDS, Found
from mixfold.search.race import N_STAYING
from mixfold.typing import FloatArray

NEGLIGIBLE = 2.0 * LOG_ODDS
"""Nats of evidence against what is left out: very strong (Kass & Raftery 1995, section 3.2)."""


def log_mass(found: Found) -> float:
    """Give the log evidence of an optimum with all orders of its components, in nats, but for a constant.

    Parameters
    ----------
    found : Found
    """
    k = len(found.counts)
    return found.log_evidence + LOG_ODDS * k + float(gammaln(k + 1.0))


def other_optima(best: Found, reached: Iterable[Found]) -> list[Found]:
    """Give those of the optima that were reached which are others than the best, and not negligible beside it.

    Parameters
    ----------
    best : Found
    reached : iterable of Found
        Under priors that were learned. Evidence under the shape of all rows does not compare with that under a shape
        that components teach each other: these are left out where the best has the latter.

    Returns
    -------
    others : list of Found
        At most `N_STAYING`, the most probable first.
    """
    is_taught, others = _is_taught(best), list[Found]()
    comparable = [one for one in reached if _is_taught(one) == is_taught]
    for one in sorted(comparable, key=log_mass, reverse=True):
        if not any(_are_one(one, other) for other in [best, *others]):
            others.append(one)
    least = log_mass(max([best, *others[:1]], key=log_mass)) - NEGLIGIBLE
    return [one for one in others[:N_STAYING] if log_mass(one) > least]


def shares_of(optima: Iterable[Found]) -> FloatArray:
    """Give the share of each optimum in their mixture.

    Parameters
    ----------
    optima : iterable of Found
    """
    masses = np.array([log_mass(one) for one in optima])
    relative = np.exp(masses - np.max(masses))
    return np.asarray(relative / np.sum(relative))


def _is_taught(found: Found) -> bool:
    return found.problem.model.scatter_belief is not None


def _are_one(one: Found, other: Found) -> bool:
    """Whether two are where EM leaves one optimum, from one side and another."""
    return len(one.counts) == len(other.counts) and abs(one.log_evidence - other.log_evidence) < SETTLED
