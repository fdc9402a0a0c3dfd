"""Whether rows refute how alike the prior of a search says that components are; the search without that if they do.

A prior learns it from one pilot (fitting/likeness.py). A wrong pilot would hold a search at what it is like itself, so
that the end of the search confirms it. Therefore rows are asked at the end: EM goes on from there without likeness,
and from starts of its own where the prior was strong enough to keep a search away from any other optimum. Of the two
ends rows tell which is right, as they tell two models apart that are none of the other's case (Vuong 1989, section 5).
Where the prior was not so strong, the end without likeness is the result, and else there is another search.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from mixfold.covariance import CovarianceFamily, Prior
from mixfold.engines import to_numpy
from mixfold.errors import CollapseError
from mixfold.fitting import DataScale, em_steps
from mixfold.models import Penalized, PenalizedProblem, Problem
from mixfold.parameters import Parameters
from mixfold.search.race import EM_STEPS_OF_ROUNDS
from mixfold.search.search import Search
from mixfold.search.start import Start
from mixfold.search.trajectory import (
    EM_STEPS_PER_LOOK_OF_MOVES,
    HOPED_GAINS,
    MAX_EM_STEPS,
    NEAR_NATS,
    RESTING,
    begun,
)
from mixfold.typing import FloatArray

STANDARD_ERRORS = 5.0
"""By how many the likelihood without likeness must be ahead: either end is the best of many, and so ahead by chance."""
HOLDING = 0.1
"""Pseudo-rows for each row of a component from which a prior may hold a search."""
NOTHING_LEFT = replace(RESTING, interval=EM_STEPS_PER_LOOK_OF_MOVES, gain=NEAR_NATS)
"""When less is left to gain than any parameter is worth."""


def unlike(problem: PenalizedProblem, scale: DataScale, n_components: int) -> PenalizedProblem | None:
    """Give the problem whose prior does not say how alike components are; None where that of the problem does not.

    Parameters
    ----------
    problem : Problem
        With the prior of `scale`.
    scale : DataScale
    n_components : int

    Returns
    -------
    problem : Problem or None

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fitting import DataScale
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import Penalized, Problem
    >>> from mixfold.search import unlike
    >>> random = np.random.default_rng(0)
    >>> rows = random.normal(size=(90, 2)) + 9.0 * np.arange(3).repeat(30)[:, None]
    >>> fold, family = Fold.of_rows(rows), family_for("full")
    >>> scale = DataScale.of(fold, None, 3, learns_likeness=True)
    >>> problem = Problem(fold, Penalized(family, scale.prior(family, 3)))
    >>> other = unlike(problem, scale, 3)
    >>> bool(other.model.prior.count < problem.model.prior.count)  # pseudo-rows
    True
    """
    if not scale.learns_likeness or not problem.model.prior.is_density:
        return None
    family, prior = problem.model.family, problem.model.prior
    freer = scale.without_likeness.prior(family, n_components)
    if (freer.count, freer.likeness) == (prior.count, prior.likeness):
        return None
    return Problem(problem.fold, Penalized(family, freer))


def searched(search: Search, other: PenalizedProblem | None) -> tuple[Parameters, Search]:
    """Run a search, and one of another problem where rows refute its likeness; give what the last of them found.

    Parameters
    ----------
    search : Search
    other : Problem or None
        That of the search, as `unlike` gives it.

    Returns
    -------
    found : Parameters
    last : Search

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.fitting import DataScale
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import Penalized, Problem
    >>> from mixfold.search import Effort, Search, searched, unlike
    >>> fold, family = Fold.of_rows(load_faithful().data), family_for("full")
    >>> scale = DataScale.of(fold, learns_likeness=True)
    >>> problem = Problem(fold, Penalized(family, scale.prior(family, 2)))
    >>> search = Search(problem, scale, 2, np.random.RandomState(0), Effort(n_random=4, patience=2))
    >>> found, last = searched(search, unlike(problem, scale, 2))
    >>> found.weights.round(2), last is search
    (array([0.64, 0.36]), True)
    """
    found = search.best()
    if other is None or search.is_over():
        return found, search
    known = _refuting(search, other)
    if known is None or search.is_over():
        return found, search
    scale = search.scale.without_likeness
    if not _is_holding(search, other):  # nothing kept the search from where it would have come to without
        order = np.argsort(-known.weights, kind="stable")
        return known.reordered(order, search.family.structure), replace(search, problem=other, scale=scale)
    last = replace(
        search, problem=other, scale=scale, fit_state=None, known=(known,), runs=[], starts=[], sample=None, end=None
    )
    return last.best(), last


def _refuting(search: Search, other: PenalizedProblem) -> Parameters | None:
    """Give where likelihood is higher without likeness, by more than chance and parameters give; None if nowhere."""
    sample, end, family = search.sample, search.end, search.family
    assert sample is not None  # noqa: S101  (of a search that has ended)
    assert end is not None  # noqa: S101
    learned, problem = end.problem.model, sample.problem(other)
    try:
        start = _start(search, end.point.parameters, problem) if _is_holding(search, other) else end.point.parameters
        point = em_steps(problem, start, MAX_EM_STEPS, NOTHING_LEFT).point
    except CollapseError:
        return None
    statistics, n_features = point.statistics, search.scale.n_free
    freer, held = (_n_told(family, one.prior, statistics.count, n_features) for one in (problem.model, learned))
    if statistics.log_likelihood - end.point.statistics.log_likelihood <= freer - held:
        return None
    ahead = to_numpy(problem.fold.log_density(problem.model.potentials(point.parameters)))
    ahead = ahead - to_numpy(problem.fold.log_density(learned.potentials(end.point.parameters)))
    if not _is_told(np.asarray(ahead, dtype=np.float64), sample.weights, freer - held):
        return None
    return sample.coordinates.back(point.parameters, family, other.model.prior.jitter)


def _start(search: Search, end: Parameters, problem: PenalizedProblem) -> Parameters:
    """Give where the rows of a search lead without likeness, from its end or from starts that this kept it from.

    Those are the starts of its own race: with likeness they have met, and without they may not.
    """
    part = search.raced_on
    assert part is not None  # noqa: S101  (of a search that has ended)
    there, n_steps = replace(problem, fold=part.fold), sum(EM_STEPS_OF_ROUNDS)
    known = Start("known", part.dense(end, search.family), part.family)
    ends, _ = begun(there, [known], n_steps, RESTING)
    to_beat = max((one.objective for one in ends), default=-math.inf)
    ends += begun(there, search.starts, n_steps, replace(RESTING, optimism=HOPED_GAINS, rival=to_beat))[0]
    return max(ends, key=lambda one: one.objective).point.parameters


def _is_holding(search: Search, other: PenalizedProblem) -> bool:
    """Whether the prior is strong enough to keep a search away from other optima."""
    pseudo_rows = search.problem.model.prior.count - other.model.prior.count
    return bool(pseudo_rows * search.n_components >= HOLDING * search.scale.n_rows * search.scale.row_weight)


def _n_told(family: CovarianceFamily, prior: Prior, counts: FloatArray, n_features: int) -> float:
    """Count the parameters of covariances that rows tell beside a prior: each by the share that pseudo-rows leave them.

    By so many nats is the likelihood of rows that were fitted above that of others (Akaike 1974).
    """
    in_shape = family.n_parameters(1, n_features) - 1.0
    sized = counts / (counts + prior.count)
    return float(np.sum(sized + in_shape * counts / (counts + prior.count + prior.likeness)))


def _is_told(ahead: FloatArray, weights: FloatArray, chance: float) -> bool:
    """Tell whether the sum of the log ratios of rows is above chance."""
    total = float(weights @ ahead)
    error = math.sqrt(float(weights @ (ahead - total / np.sum(weights)) ** 2))
    return total - chance > STANDARD_ERRORS * error
