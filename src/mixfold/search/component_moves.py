"""How many components a posterior has: moves that merge two, split one, or drop one, taken only if the bound rises.

A bound counts with the log prior probability of the number of components, of which one more is always as much less
probable, so that what the rows can hardly tell apart is not two.

Every move begins at statistics, which are sums: those of two components are added, those of one are cut in two across
its longest axes. A few EM steps follow, for as long as they may still lift the bound above where it was. Since
the bound has every term it is the measure of all moves, and K follows from the data and not from where a fit began.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

from mixfold.fitting import Stopping
from mixfold.fold import Fold
from mixfold.models import Point, PriorScale, Problem
from mixfold.search.component_merges import likely_merges
from mixfold.search.component_splits import halves_of_components
from mixfold.search.found_components import Found
from mixfold.search.trajectory import MAX_EM_STEPS
from mixfold.search.tried_moves import TriedMoves
from mixfold.statistics import SufficientStatistics


def find_components(
    fold: Fold,
    scale: PriorScale,
    start: SufficientStatistics,
    stopping: Stopping,
    most: int,
    passed: list[Found] | None = None,
) -> Found:
    """Learn a posterior, its priors, and how many components it has: the best of what several first priors lead to.

    Parameters
    ----------
    fold : Fold
        Of rows on the host, at most some thousands.
    scale : PriorScale
    start : SufficientStatistics
        Of as many components as there may be.
    stopping : Stopping
    most : int
        Components, at most.
    passed : list of Found, optional
        As in `find_components_from`.

    Returns
    -------
    found : Found
    """
    passed = [] if passed is None else passed
    return max(
        (
            find_components_from(
                Found(problem, Point.at(problem, problem.model.maximize(start))), scale, stopping, most, passed
            )
            for problem in (Problem(fold, model) for model in scale.first)
        ),
        key=lambda found: found.log_evidence,
    )


def find_components_from(
    begun: Found,
    scale: PriorScale,
    stopping: Stopping,
    most: int,
    passed: list[Found] | None = None,
) -> Found:
    """Learn the same from one posterior on, under its prior at first.

    Parameters
    ----------
    begun : Found
    scale : PriorScale
    stopping : Stopping
    most : int
        Components, at most.
    passed : list of Found, optional
        Where ascents on the same rows have been, this one added. What comes to where another has been ends there, as it
        would go on in the same way.

    Returns
    -------
    found : Found
    """
    found, passed = begun.climbed(stopping), [] if passed is None else passed
    tried = TriedMoves()
    for _ in range(MAX_EM_STEPS):
        if time.perf_counter() > stopping.deadline:
            break
        adapted = with_best_prior(found, scale, stopping)
        if any(adapted.is_at(other, stopping) for other in passed):
            return adapted
        passed.append(adapted)
        moved = merged_while_it_pays(adapted, stopping, tried)
        if moved is adapted:
            moved = split_once(adapted, stopping, most, tried)
        if moved is found:
            break
        found = moved
    return found


def taught(found: Found, scale: PriorScale, stopping: Stopping, most: int, passed: list[Found] | None = None) -> Found:
    """Go on where components teach each other the shape of their covariances: that there are more may show then.

    Parameters
    ----------
    found : Found
    scale : PriorScale
    stopping : Stopping
    most : int
    passed : list of Found, optional
        As in `find_components_from`.

    Returns
    -------
    found : Found
        Whose evidence may be less: what is learned costs some.
    """
    scale = replace(scale, learns_scatter=True)
    statistics, before = found.point.statistics, found.posterior
    problem = Problem(found.problem.fold, scale.taught_by(statistics, found.problem.model))
    point = Point.at(problem, problem.model.maximize(statistics, before))
    return find_components_from(replace(found, problem=problem, point=point), scale, stopping, most, passed)


def with_fewer_components(found: Found, scale: PriorScale, stopping: Stopping) -> Found:
    """Go on from a posterior of rows of which more is known: what was several components may turn out to be one.

    Parameters
    ----------
    found : Found
    scale : PriorScale
    stopping : Stopping

    Returns
    -------
    found : Found
    """
    found = found.climbed(stopping)
    while True:
        adapted = with_best_prior(found, scale, stopping)
        found = merged_while_it_pays(adapted, stopping)
        if found is adapted:
            return found


def with_best_prior(found: Found, scale: PriorScale, stopping: Stopping) -> Found:
    """Learn the priors with the posterior, and how rows are shared, by turns, until the first stay."""
    for _ in range(MAX_EM_STEPS):
        statistics, before = found.point.statistics, found.posterior
        model = scale.best(statistics, found.problem.model)
        if model is found.problem.model:
            return found
        problem = Problem(found.problem.fold, model)
        point = Point.at(problem, model.maximize(statistics, before))
        found = replace(found, problem=problem, point=point).climbed(stopping)
    return found


def merged_while_it_pays(found: Found, stopping: Stopping, tried: TriedMoves | None = None) -> Found:
    """Merge pairs for as long as the bound rises; the same object if none does."""
    tried = TriedMoves() if tried is None else tried
    while True:
        after = _first(found, likely_merges(found, tried), stopping)
        if after is None:
            return found
        found = after.climbed(stopping)


def split_once(found: Found, stopping: Stopping, most: int, tried: TriedMoves | None = None) -> Found:
    """Split the first component, the largest first, by which the bound rises; the same object if there is none."""
    if len(found.counts) >= most:
        return found
    after = _first(found, halves_of_components(found, TriedMoves() if tried is None else tried), stopping)
    return found if after is None else after.climbed(stopping)


def _first(found: Found, moves: Iterable[SufficientStatistics], stopping: Stopping) -> Found | None:
    """Give where the first of some moves leads that lifts the bound; None if none does."""
    for statistics in moves:
        if time.perf_counter() > stopping.deadline:
            return None
        if (after := found.tried(statistics)) is not None:
            return after
    return None
