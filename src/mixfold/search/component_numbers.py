"""How probable each number of components near the one that was found is, by the bounds.

A bound is nearly the log evidence of a number of components; beforehand they are as probable as the search takes them
to be. Of one component less and one more it is that of the best merge and the best split, from which EM climbs.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import cast

import numpy as np

from mixfold.engines import StoppingRule
from mixfold.errors import CollapseError
from mixfold.fitting import Stopping, em_steps
from mixfold.models import PriorScale, Problem
from mixfold.models.prior_scale import SETTLED
from mixfold.search.component_merges import joined, likely_pairs
from mixfold.search.component_moves import find_components_from, merged_while_it_pays, split_once, with_best_prior
from mixfold.search.component_splits import halves_of_components
from mixfold.search.found_components import EMPTY_ROWS, Found
from mixfold.search.race import N_STAYING
from mixfold.search.trajectory import EM_STEPS_PER_LOOK, EM_STEPS_PER_LOOK_OF_MOVES, HOPED_GAINS_OF_MOVES
from mixfold.search.tried_moves import TriedMoves
from mixfold.statistics import SufficientStatistics


def component_probabilities(found: Found, scale: PriorScale, stopping: Stopping, most: int) -> dict[int, float]:
    """Give the probability of each number of components, of those that differ by one at most.

    Parameters
    ----------
    found : Found
    scale : PriorScale
        Of the priors, which are learned for each number of components.
    stopping : Stopping
    most : int
        Components there may be.

    Returns
    -------
    probabilities : dict
        Of numbers, ascending; they sum to one. Where time is over before, of those that were reached.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fitting import Stopping
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import GammaBelief, PriorScale, StickPrior
    >>> from mixfold.search.component_moves import find_components
    >>> from mixfold.search.component_numbers import component_probabilities
    >>> random = np.random.default_rng(0)
    >>> fold = Fold.of_rows(np.concatenate([random.normal(size=(50, 1)), random.normal(9.0, size=(50, 1))]))
    >>> scale, stopping = PriorScale.of(fold, family_for("full"), StickPrior(GammaBelief())), Stopping(1e-6, 1000)
    >>> halves = np.eye(2)[np.repeat([0, 1], 50)]
    >>> start = fold.centered_moments(lambda rows: halves[rows.span], 2, family_for("full").structure)
    >>> found = find_components(fold, scale, start, stopping, most=10)
    >>> component_probabilities(found, scale, stopping, most=10)[2] > 0.9
    True
    """
    return _probabilities(found, _neighbors(found, scale, stopping, most))


def surest(
    found: Found, scale: PriorScale, stopping: Stopping, most: int, reached: list[Found] | None = None
) -> tuple[Found, dict[int, float]]:
    """Go on where one component less or more has more evidence after all, and give the probabilities there.

    From these the next move back is looked at, too: it may share the rows otherwise between as many.

    Parameters
    ----------
    found : Found
    scale : PriorScale
    stopping : Stopping
    most : int
    reached : list of Found, optional
        Optima that were looked at, all of these added.

    Returns
    -------
    found : Found
        Of a number that is as probable as those next to it.
    probabilities : dict
        As `component_probabilities` gives them.
    """
    reached = [] if reached is None else reached
    while True:
        neighbors = _neighbors(found, scale, stopping, most)
        reached.extend(one for one in (found, *neighbors.values()) if one)
        best = max((one for one in neighbors.values() if one), key=lambda one: one.log_evidence, default=found)
        if not best.log_evidence > found.log_evidence:
            ends = [_back(one, len(found.counts), scale, stopping, most) for one in neighbors.values() if one]
            reached.extend(ends)
            best = max(ends, key=lambda one: one.log_evidence, default=found)
        if not best.log_evidence > found.log_evidence + SETTLED:
            return found, _probabilities(found, neighbors)
        found = find_components_from(best, scale, stopping, most)


def _back(neighbor: Found, k: int, scale: PriorScale, stopping: Stopping, most: int) -> Found:
    """Give where the next move leads from a number of components beside k: rows may be shared otherwise then."""
    is_more = len(neighbor.counts) > k
    moved = merged_while_it_pays(neighbor, stopping) if is_more else split_once(neighbor, stopping, most)
    return neighbor if moved is neighbor else with_best_prior(moved, scale, stopping)


def _neighbors(found: Found, scale: PriorScale, stopping: Stopping, most: int) -> dict[int, Found | None]:
    """Give where the best merge and the best split lead, by the number of components there; None if to no such."""
    k, neighbors = len(found.counts), cast("dict[int, Found | None]", {})
    if k > 1:
        merged = (joined(found.point.statistics, [pair]) for pair in likely_pairs(found)[:N_STAYING])
        neighbors[k - 1] = _highest(found, merged, scale, stopping)
    if k < most:
        neighbors[k + 1] = _highest(found, halves_of_components(found, TriedMoves()), scale, stopping)
    return neighbors


def _probabilities(found: Found, neighbors: Mapping[int, Found | None]) -> dict[int, float]:
    k = len(found.counts)
    evidence = {number: one.log_evidence if one else -np.inf for number, one in neighbors.items()}
    evidence[k] = found.log_evidence
    highest = max(evidence.values())
    relative = {number: float(np.exp(evidence[number] - highest)) for number in sorted(evidence)}
    total = sum(relative.values())
    return {number: value / total for number, value in relative.items() if value > 0.0 or number == k}


def _highest(
    found: Found, moves: Iterable[SufficientStatistics], scale: PriorScale, stopping: Stopping
) -> Found | None:
    """Give where most evidence is of what moves lead to without emptying a component."""
    best: Found | None = None
    problems = [found.problem, *(Problem(found.problem.fold, model) for model in scale.first)]
    for statistics in moves:
        if time.perf_counter() > stopping.deadline:
            break
        try:
            rows = found.problem.model.shared(statistics)
            problem = max(problems, key=lambda one: one.model.log_evidence(rows))
            begun = problem.model.maximize(statistics)
            rival = -np.inf if best is None else best.point.objective
            rule = StoppingRule(EM_STEPS_PER_LOOK_OF_MOVES, stopping.tol, HOPED_GAINS_OF_MOVES, rival)
            here = replace(found, problem=problem).after(em_steps(problem, begun, EM_STEPS_PER_LOOK, rule))
        except CollapseError:
            continue
        if _is_full(here) and (best is None or here.log_evidence > best.log_evidence):
            best = here
    if best is None:
        return None
    top = with_best_prior(best, scale, stopping).climbed(stopping)
    return top if len(top.counts) == len(best.counts) else best


def _is_full(found: Found) -> bool:
    return bool(np.min(found.counts) > EMPTY_ROWS)
