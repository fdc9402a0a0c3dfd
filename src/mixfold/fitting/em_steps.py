"""EM steps, which every algorithm repeats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeGuard

from mixfold.engines import EMLoop, StoppingRule
from mixfold.errors import CollapseError
from mixfold.fitting.places import Kind, Place, beginning_of, centers_of, kind_of, point_at
from mixfold.fitting.steps import Steps
from mixfold.fitting.stopping import in_precision
from mixfold.fold import WIDE_FEATURES, Fold
from mixfold.fold.loops import StepsThere, steps_there
from mixfold.fold.search_device import times_as_fast
from mixfold.models import Model, Point, Problem
from mixfold.outcome import Outcome
from mixfold.parameters import Parameters

AT_REST = 1e-12
"""Nats a row: where a step gains less, so does every step after it."""
IN_TIME_WORK = 1 << 32
"""Products of the steps that are made between two looks at the time: some tenths of a second."""


def em_steps(problem: Problem[Model], start: Place, n_steps: int, rule: StoppingRule | None = None) -> Steps:
    """Make EM steps: in the engine's own loop where the data are so small that it has one, else step by step.

    Parameters
    ----------
    problem : Problem
    start : Place
    n_steps : int
    rule : StoppingRule, optional
        When the steps end early.

    Returns
    -------
    steps : Steps

    Raises
    ------
    CollapseError
        If `start` are parameters and a covariance is not positive definite; later collapses end them.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import em_steps
    >>> from mixfold.models import Penalized, Problem
    >>> from mixfold.fold import Fold
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> problem = Problem(fold, Penalized(family_for("diag"), Prior.from_ridge(1e-6)))
    >>> start = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [5.0]]), np.array([[4.0], [4.0]]))
    >>> em_steps(problem, start, n_steps=20).point.parameters.means.round(2).ravel()
    array([1., 9.])
    """
    steps = em_steps_together(problem, [start], n_steps, rule)[0]
    if isinstance(steps, CollapseError):
        raise steps
    return steps


def em_steps_together(
    problem: Problem[Model], starts: Sequence[Place], n_steps: int, rule: StoppingRule | None = None
) -> list[Steps | CollapseError]:
    """Make EM steps from each start: all in one call of the engine where it has a loop for the data.

    Parameters
    ----------
    problem : Problem
    starts : sequence of Place
    n_steps : int
    rule : StoppingRule, optional
        When the steps from a start end early.

    Returns
    -------
    steps : list of Steps or CollapseError
        In the order of the starts; in the place of one that has no density, what `em_steps` would raise.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import em_steps_together
    >>> from mixfold.models import Penalized, Problem
    >>> from mixfold.fold import Fold
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> problem = Problem(fold, Penalized(family_for("diag"), Prior.from_ridge(1e-6)))
    >>> start = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [5.0]]), np.array([[4.0], [4.0]]))
    >>> first, second = em_steps_together(problem, [start, start], n_steps=3)
    >>> first.objectives == second.objectives
    True
    """
    if not starts:
        return []
    rule = _in_precision_of(problem.fold, rule)
    at_once = _steps_at_once(problem, starts, n_steps, rule)
    n_made = _n_first(problem.fold, at_once, n_steps, rule)
    return _in_time(problem, _at_once(problem, starts, n_made, rule), n_made, n_steps, rule, at_once)


def best_em_steps(
    problem: Problem[Model], starts: Sequence[Place], n_steps: int, rule: StoppingRule
) -> tuple[int, Steps] | None:
    """Make EM steps from each start as `em_steps_together` does, and give the place and the steps of the best end.

    Parameters
    ----------
    problem : Problem
    starts : sequence of Place
    n_steps : int
        Of each, at most.
    rule : StoppingRule
        When one ends before.

    Returns
    -------
    best : tuple of int and Steps, or None
        None where no start has a density.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.engines import StoppingRule
    >>> from mixfold.fitting.em_steps import best_em_steps
    >>> from mixfold.models import Penalized, Problem
    >>> from mixfold.fold import Fold
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> problem = Problem(fold, Penalized(family_for("diag"), Prior.from_ridge(1e-6)))
    >>> ones, halves = np.ones((2, 1)), np.array([0.5, 0.5])
    >>> starts = [Parameters(halves, np.array([[first], [5.0]]), ones) for first in (5.1, 1.0)]
    >>> best_em_steps(problem, starts, 5, StoppingRule(interval=5, gain=1e-6))[0]
    1
    """
    if not starts:
        return None
    rule = _in_precision_of(problem.fold, rule) or rule
    at_once = _steps_at_once(problem, starts, n_steps, rule)
    n_made = _n_first(problem.fold, at_once, n_steps, rule)
    kinds = {kind_of(start) for start in starts}
    loops = _loops(problem, starts, n_made, rule, kinds.pop()) if len(kinds) == 1 else None
    goes_on = n_made < n_steps and loops and any(loop.ending is Outcome.ITERATION_LIMIT for loop in loops[0])
    if loops is None or goes_on:
        begun = _ended(problem, starts, *loops, n_made, rule) if loops else _at_once(problem, starts, n_made, rule)
        every = enumerate(_in_time(problem, begun, n_made, n_steps, rule, at_once))
        ended = [(at, steps) for at, steps in every if isinstance(steps, Steps)]
        return max(ended, key=lambda one: one[1].point.objective, default=None)
    found, largest = loops
    sound = [at for at, loop in enumerate(found) if len(loop.log_likelihood)]
    if not sound:
        return None
    best = max(sound, key=lambda at: found[at].log_likelihood[-1] + found[at].log_prior[-1])
    steps = looped(problem, starts[best], found[best], largest, n_steps, rule)
    return (best, steps) if isinstance(steps, Steps) else None


def _in_precision_of(fold: Fold, rule: StoppingRule | None) -> StoppingRule | None:
    return in_precision(rule, fold.source.first) if rule and fold.has_loops else rule


def _steps_at_once(problem: Problem[Model], starts: Sequence[Place], n_steps: int, rule: StoppingRule | None) -> int:
    """Count the steps between two looks at the time: all of them, unless they may take long or time is limited."""
    work = problem.fold.source.n_rows * _work_of_row(problem, starts)
    most = _in_time_work(problem)
    is_in_time = problem.fold.deadline < math.inf or (rule is not None and work * n_steps > most)
    return max(1, most // work) if is_in_time else n_steps


def _n_first(fold: Fold, at_once: int, n_steps: int, rule: StoppingRule | None) -> int:
    """Count the first steps; none where each of several is looked at: the fold before them takes as long."""
    return 0 if fold.is_over or at_once == 1 < n_steps else _n_next(at_once, 0, n_steps, rule)


def _n_next(at_once: int, n_made: int, n_steps: int, rule: StoppingRule | None) -> int:
    """Count the next steps: up to the next look at what is left to gain or over several, so that these are the same."""
    if at_once >= n_steps:
        return n_steps - n_made
    look = 1 if rule is None else rule.interval
    return min(at_once // look * look or min(at_once, look - n_made % look), n_steps - n_made)


def _in_time_work(problem: Problem[Model]) -> int:
    return int(IN_TIME_WORK * times_as_fast(problem.fold.search_device))


def is_in_one_call(fold: Fold, products: float) -> bool:
    """Tell whether so much work may be a single call: time is not limited, or not looked at before it is done.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting.em_steps import is_in_one_call
    >>> from mixfold.fold import Fold
    >>> is_in_one_call(Fold.of_rows(np.zeros((3, 1))), 1e12)
    True
    """
    return fold.deadline == math.inf or products <= IN_TIME_WORK


def _work_of_row(problem: Problem[Model], starts: Sequence[Place]) -> int:
    """Count the products of a step for each row, of all starts."""
    k, d = centers_of(starts[0]).shape
    return k * d * (d if problem.model.structure.is_matrix else 1) * len(starts)


def _in_time(
    problem: Problem[Model],
    ends: list[Steps | CollapseError],
    n_made: int,
    n_steps: int,
    rule: StoppingRule | None,
    at_once: int,
) -> list[Steps | CollapseError]:
    """Make the steps that are left a few at a time, to the same bits, until the time of the fold is over."""
    going = list(range(len(ends)))
    while n_made < n_steps and not problem.fold.is_over:
        looks = rule if rule and n_made and n_made % rule.interval == 0 else None
        points = {at: one for at in going if _goes_on(one := ends[at], looks)}
        going = list(points)  # who has ended at one look does not go on after it
        if not going:
            break
        n_more = _n_next(at_once, n_made, n_steps, rule)
        further = _at_once(problem, [one.point for one in points.values()], n_more, rule)
        for (at, before), after in zip(points.items(), further, strict=True):
            assert isinstance(after, Steps)  # noqa: S101  (it began at a point)
            ends[at] = before.then(after)
        n_made += n_more
    return ends


def _goes_on(steps: Steps | CollapseError, rule: StoppingRule | None) -> TypeGuard[Steps]:
    return isinstance(steps, Steps) and not steps.collapse and not (rule and rule.is_the_end(steps.objectives))


def _at_once(
    problem: Problem[Model], starts: Sequence[Place], n_steps: int, rule: StoppingRule | None
) -> list[Steps | CollapseError]:
    kinds = [kind_of(start) for start in starts]
    if kinds.count(kinds[0]) == len(kinds):
        return _of_a_kind(problem, starts, n_steps, rule, kinds[0])
    ends: dict[int, Steps | CollapseError] = {}
    for kind in dict.fromkeys(kinds):
        those = [at for at, one in enumerate(kinds) if one == kind]
        ends |= zip(those, _of_a_kind(problem, [starts[at] for at in those], n_steps, rule, kind), strict=True)
    return [ends[at] for at in range(len(starts))]


def _of_a_kind(
    problem: Problem[Model], starts: Sequence[Place], n_steps: int, rule: StoppingRule | None, kind: Kind
) -> list[Steps | CollapseError]:
    loops = _loops(problem, starts, n_steps, rule, kind)
    if loops is None:
        return [_stepped(problem, start, n_steps, rule) for start in starts]
    return _ended(problem, starts, *loops, n_steps, rule)


def _ended(
    problem: Problem[Model],
    starts: Sequence[Place],
    loops: Sequence[EMLoop],
    largest_log_prior: float,
    n_steps: int,
    rule: StoppingRule | None,
) -> list[Steps | CollapseError]:
    together = zip(starts, loops, strict=True)
    return [looped(problem, start, loop, largest_log_prior, n_steps, rule) for start, loop in together]


def _loops(
    problem: Problem[Model], starts: Sequence[Place], n_steps: int, rule: StoppingRule | None, kind: Kind
) -> tuple[list[EMLoop], float] | None:
    """Let the engine make the steps from starts of a kind, if it can; give what the log prior is relative to, too."""
    kernel, batch = problem.model.kernel, problem.fold.engine.batch
    if kernel is None or batch is None or not problem.has_loops:
        return None
    before = None if kind is None or isinstance(kind, type) else kind
    if before is not None and not batch.computes(before):
        return None
    largest = kernel.log_prior_constant(*centers_of(starts[0]).shape)
    relative = rule and rule.relative_to(largest)
    return problem.fold.loops(list(map(beginning_of, starts)), kernel.m_step(before), n_steps, relative), largest


def looped(
    problem: Problem[Model],
    start: Place,
    loop: EMLoop,
    largest_log_prior: float,
    n_steps: int,
    rule: StoppingRule | None,
) -> Steps | CollapseError:
    """Give the steps of a loop from a start, as those of any other; an error where the start has no density."""
    if not len(loop.log_likelihood):
        return _stepped(problem, start, n_steps, rule)
    weight, likelihoods, priors = loop.weight, loop.log_likelihood.tolist(), loop.log_prior.tolist()
    # Of the few steps of most calls NumPy's calls would be most of the cost.
    first, *objectives = [(a + b - largest_log_prior) / weight for a, b in zip(likelihoods, priors, strict=True)]
    first_likelihood, *log_likelihoods = [one / weight for one in likelihoods]
    last = objectives[-1] if objectives else first
    end = Point(Parameters(loop.weights, loop.means, loop.covariances), loop, last)
    steps = Steps(end, log_likelihoods, objectives, None, (first_likelihood, first))
    if loop.ending is not Outcome.COLLAPSED:
        return steps
    # The step that failed is made again, for the message that says what collapsed.
    rest = _stepped_from(problem, end, n_steps - len(steps.objectives), rule)
    return steps.then(rest)


def _stepped(problem: Problem[Model], start: Place, n_steps: int, rule: StoppingRule | None) -> Steps | CollapseError:
    fold, kernel = problem.fold, problem.model.kernel
    if isinstance(start, Point | Parameters):
        is_plain = kernel is not None and not kernel.m_step().letters
        there = steps_there(fold.engine, fold.source) if is_plain and fold.is_complete and not rule else None
        steps = _stepped_there(problem, start, n_steps, there) if there and n_steps > 1 else None
        steps = steps or _posterior_steps(problem, start, n_steps, rule)
        if steps is not None:
            return steps
    try:
        point = point_at(problem, start)
    except CollapseError as error:
        return error
    first = point.log_likelihood, point.objective
    return Steps(point, [], [], None, first).then(_stepped_from(problem, point, n_steps, rule))


def _stepped_there(problem: Problem[Model], start: Point | Parameters, n_steps: int, there: StepsThere) -> Steps | None:
    """Make the steps where the rows are, the first from what is known; None where one of them has no density."""
    kernel, is_known = problem.model.kernel, isinstance(start, Point)
    assert kernel is not None  # noqa: S101  (there is something to make its steps)
    begun = problem.model.maximize(start.statistics, start.parameters) if isinstance(start, Point) else start
    loop = there((begun.weights, begun.means, begun.covariances), kernel.m_step(), n_steps - is_known)
    if not len(loop.log_likelihood):
        return None
    objectives = loop.log_likelihood + loop.log_prior - kernel.log_prior_constant(*begun.means.shape)
    statistics, first = loop.statistics, 0 if is_known else 1
    log_likelihoods, objectives = (
        (values / statistics.weight).tolist() for values in (loop.log_likelihood, objectives)
    )
    end = Point(Parameters(loop.weights, loop.means, loop.covariances), statistics, objectives[-1])
    begun_at = None if is_known else (log_likelihoods[0], objectives[0])
    return Steps(end, log_likelihoods[first:], objectives[first:], None, begun_at)


def _posterior_steps(
    problem: Problem[Model], start: Point | Parameters, n_steps: int, rule: StoppingRule | None
) -> Steps | None:
    """Let the engine make the steps of a posterior; None where it has no loop, or the start has no density."""
    parameters = start.parameters if isinstance(start, Point) else start
    loop = problem.posterior_loop(parameters, n_steps, rule) if n_steps else None
    if loop is None:
        return None
    weight, objectives = loop.statistics.weight, loop.objectives
    end = Point(problem.model.parameters_of(loop.arrays), loop.statistics, objectives[-1])
    first, *log_likelihoods = (loop.log_likelihood / weight).tolist()
    steps = Steps(end, log_likelihoods, objectives[1:], None, (first, objectives[0]))
    if loop.ending is not Outcome.COLLAPSED:
        return steps
    # The step that failed is made again, for the message that says what collapsed.
    return steps.then(_stepped_from(problem, end, n_steps - len(steps.objectives), rule))


def _stepped_from(problem: Problem[Model], point: Point, n_steps: int, rule: StoppingRule | None) -> Steps:
    log_likelihoods: list[float] = []
    objectives: list[float] = []
    is_dear = problem.fold.source.n_features >= WIDE_FEATURES
    for _ in range(n_steps):
        if problem.fold.is_over:
            break
        try:
            point = _step(problem, point)
        except CollapseError as error:
            return Steps(point, log_likelihoods, objectives, error)
        log_likelihoods.append(point.log_likelihood)
        objectives.append(point.objective)
        if rule and len(objectives) % rule.interval == 0 and rule.is_the_end(objectives):
            break
        if is_dear and len(objectives) > 1 and abs(objectives[-1] - objectives[-2]) < AT_REST:
            n_left = n_steps - len(objectives)  # which would lead nowhere else
            return Steps(point, log_likelihoods + n_left * log_likelihoods[-1:], objectives + n_left * objectives[-1:])
    return Steps(point, log_likelihoods, objectives)


def _step(problem: Problem[Model], point: Point) -> Point:
    try:
        after = problem.model.maximize(point.statistics, point.parameters)
        return Point.at(problem, after)
    except CollapseError:
        if not (problem.fold.is_complete and point.statistics.is_far_from_means):
            raise
    # From means far from all rows, as a caller may begin at.
    statistics = problem.fold.recentered(point.statistics, problem.model.potentials(point.parameters))
    return Point.at(problem, problem.model.maximize(statistics, point.parameters))
