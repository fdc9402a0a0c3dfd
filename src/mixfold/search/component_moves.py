"""How many components a posterior has: moves that merge two, split one, or drop one, taken only if the bound rises.

A bound counts with the log prior probability of the number of components, of which one more is always as much less
probable, so that what the rows can hardly tell apart is not two.

Every move begins at statistics, which are sums: those of two components are added, those of one are cut in two across
its longest axes. A few EM steps follow, for as long as they may still lift the bound above where it was. Since
the bound has every term it is the measure of all moves, and K follows from the data and not from where a fit began.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from mixfold.covariance.abstract import cholesky, positive_definite
from mixfold.covariance.triangular import inverse_of_lower
from mixfold.engines import to_numpy
from mixfold.errors import CollapseError
from mixfold.fitting import Stopping, em_steps, predicted_gain
from mixfold.fold import Fold
from mixfold.models import Point, Posterior, PriorScale, Problem, Variational
from mixfold.observations import n_named
from mixfold.rows import Rows
from mixfold.search.sample import NEGLIGIBLE_SHARE
from mixfold.search.split_merge import N_PROMISING, SPLIT_AXES
from mixfold.search.trajectory import EM_STEPS_PER_LOOK, HOPED_GAINS_OF_MOVES, MAX_EM_STEPS
from mixfold.statistics import SufficientStatistics
from mixfold.typing import FloatArray

LOG_ODDS = 3.0
"""Against one component more, in nats: strong evidence on the customary scale (Kass & Raftery 1995, section 3.2)."""
EMPTY_ROWS = 0.5
"""Rows below which a component is dropped."""
TRIAL_EM_STEPS = tuple(EM_STEPS_PER_LOOK << n >> 2 for n in range(4))
"""EM steps that a move may take, in blocks after each of which it may be given up."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where a search came to.

    Attributes
    ----------
    problem : Problem
        Whose model has the priors that were learned.
    point : Point

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fitting import Stopping
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import GammaBelief, PriorScale, StickPrior
    >>> from mixfold.search.component_moves import find_components
    >>> random = np.random.default_rng(0)
    >>> fold = Fold.of_rows(np.concatenate([random.normal(size=(50, 1)), random.normal(9.0, size=(50, 1))]))
    >>> scale = PriorScale.of(fold, family_for("full"), StickPrior(GammaBelief()))
    >>> shares = random.dirichlet(np.ones(10), size=100)
    >>> start = fold.centered_moments(lambda rows: shares[rows.span], 10, family_for("full").structure)
    >>> found = find_components(fold, scale, start, Stopping(1e-6, 1000), most=10)
    >>> len(found.point.parameters.weights)
    2
    """

    problem: Problem[Variational]
    point: Point

    @property
    def posterior(self) -> Posterior:
        """What is believed there."""
        assert isinstance(self.point.parameters, Posterior)  # noqa: S101  (of a variational model)
        return self.point.parameters

    @property
    def counts(self) -> FloatArray:
        """Rows of each component."""
        return self.point.statistics.count / self.point.statistics.row_weight

    @property
    def log_evidence(self) -> float:
        """The bound of all rows with the log prior probability of the number of components, in nats."""
        return self.point.objective * self.point.statistics.weight - LOG_ODDS * len(self.counts)

    def is_at(self, other: Found, stopping: Stopping) -> bool:
        """Whether two are the same but for what EM left to gain, as equal numbers and bounds say."""
        away = abs(self.point.objective - other.point.objective)
        return len(self.counts) == len(other.counts) and away <= stopping.tol

    def tried(self, statistics: SufficientStatistics) -> Found | None:
        """Give where a few steps from other statistics lead; None if that has no more evidence than this."""
        more = len(statistics.count) - len(self.counts)
        wanted = self.point.objective + LOG_ODDS * more / self.point.statistics.weight
        try:
            point = Point.at(self.problem, self.problem.model.maximize(statistics, self.posterior))
        except CollapseError:
            return None
        objectives = [point.objective]
        for n_steps in TRIAL_EM_STEPS:
            if point.objective > wanted + 1e-10 * abs(wanted):
                return replace(self, point=point)
            if HOPED_GAINS_OF_MOVES * predicted_gain(objectives) < wanted - point.objective:
                return None
            steps = em_steps(self.problem, point, n_steps)
            point, objectives = steps.point, [*objectives, *steps.objectives]
        return replace(self, point=point) if point.objective > wanted + 1e-10 * abs(wanted) else None

    def climbed(self, stopping: Stopping) -> Found:
        """Make EM steps until they gain no more, without components that have no rows, the largest first.

        Components that labels name stay, before the others and in their order.
        """
        found, n_first = self, n_named(self.problem.fold.observations)
        while True:
            found = replace(found, point=_top(found.problem, found.point, stopping))
            counts = found.counts.copy()
            counts[:n_first] = np.inf
            order = np.argsort(-counts, kind="stable")
            kept = order[counts[order] > EMPTY_ROWS]
            if len(kept) == len(order) and np.all(np.diff(order) > 0):
                return found
            kept = kept if len(kept) else order[:1]
            posterior = found.posterior.reordered(kept, found.problem.model.structure)
            after = found.problem.model.maximize(found.point.statistics.take(kept), posterior)
            point = Point.at(found.problem, after)
            if len(kept) == len(order) and not point.objective > found.point.objective:
                return found
            found = replace(found, point=point)


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
                problem, scale, Point.at(problem, problem.model.maximize(start)), stopping, most, passed
            )
            for problem in (Problem(fold, model) for model in scale.first)
        ),
        key=lambda found: found.log_evidence,
    )


def find_components_from(
    problem: Problem[Variational],
    scale: PriorScale,
    point: Point,
    stopping: Stopping,
    most: int,
    passed: list[Found] | None = None,
) -> Found:
    """Learn the same from one posterior on, under the prior of a problem at first.

    Parameters
    ----------
    problem : Problem
    scale : PriorScale
    point : Point
        Of the posterior.
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
    found, passed = Found(problem, point).climbed(stopping), [] if passed is None else passed
    for _ in range(MAX_EM_STEPS):
        if time.perf_counter() > stopping.deadline:
            break
        adapted = with_best_prior(found, scale, stopping)
        if any(adapted.is_at(other, stopping) for other in passed):
            return adapted
        passed.append(adapted)
        moved = merged_while_it_pays(adapted, stopping)
        if moved is adapted:
            moved = split_once(adapted, stopping, most)
        if moved is found:
            break
        found = moved
    return found


def taught(found: Found, scale: PriorScale, stopping: Stopping, most: int) -> Found:
    """Go on where components teach each other the shape of their covariances: that there are more may show then.

    Parameters
    ----------
    found : Found
    scale : PriorScale
    stopping : Stopping
    most : int

    Returns
    -------
    found : Found
        Whose evidence may be less: what is learned costs some.
    """
    scale = replace(scale, learns_scatter=True)
    statistics, before = found.point.statistics, found.posterior
    problem = Problem(found.problem.fold, scale.taught_by(statistics, found.problem.model))
    begun = Point.at(problem, problem.model.maximize(statistics, before))
    return find_components_from(problem, scale, begun, stopping, most)


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
        found = Found(problem, Point.at(problem, model.maximize(statistics, before))).climbed(stopping)
    return found


def merged_while_it_pays(found: Found, stopping: Stopping) -> Found:
    """Merge pairs for as long as the bound rises; the same object if none does."""
    while True:
        statistics = found.point.statistics
        after = _first(found, (joined(statistics, *pair) for pair in likely_pairs(found)), stopping)
        if after is None:
            return found
        found = after.climbed(stopping)


def split_once(found: Found, stopping: Stopping, most: int) -> Found:
    """Split the first component, the largest first, by which the bound rises; the same object if there is none."""
    if len(found.counts) >= most:
        return found
    after = _first(found, halves_of_components(found), stopping)
    return found if after is None else after.climbed(stopping)


def halves_of_components(found: Found) -> Iterator[SufficientStatistics]:
    """Yield the sums where one component is two, the largest first."""
    responsibilities, posterior = _responsibilities(found), found.posterior
    rows = np.concatenate(list(found.problem.fold.each(lambda chunk: to_numpy(chunk.values))))
    fold, structure = found.problem.fold, found.problem.model.structure
    is_round = len(posterior.weights) == 1 and structure.is_matrix  # where rows are in invariant coordinates
    for component in np.argsort(-found.counts, kind="stable"):
        away = rows - posterior.means[component]
        for shares in _cuts(away, responsibilities, int(component), is_round=is_round):
            yield fold.centered_moments(_of_chunks(shares), shares.shape[1], structure)


def joined(statistics: SufficientStatistics, one: int, other: int) -> SufficientStatistics:
    """Give the sums where two components are one, which takes the place of the first."""
    count, means = statistics.count, statistics.means
    center = statistics.center.copy()
    both = max(count[one] + count[other], np.finfo(np.float64).tiny)
    center[[one, other]] = (count[one] * means[one] + count[other] * means[other]) / both
    around = statistics.around(center)
    count, shift, scatter = around.count.copy(), around.shift.copy(), around.scatter.copy()
    sums = [count, shift] if statistics.structure.is_shared else [count, shift, scatter]
    labels = None if around.label_count is None else around.label_count.copy()
    if labels is not None:
        sums.append(labels)
    for each in sums:
        each[one] += each[other]
    kept = np.delete(np.arange(len(count)), other)
    return replace(around, count=count, shift=shift, scatter=scatter, label_count=labels).take(kept)


def _first(found: Found, moves: Iterable[SufficientStatistics], stopping: Stopping) -> Found | None:
    """Give where the first of some moves leads that lifts the bound; None if none does."""
    for statistics in moves:
        if time.perf_counter() > stopping.deadline:
            return None
        if (after := found.tried(statistics)) is not None:
            return after
    return None


def _top(problem: Problem[Variational], point: Point, stopping: Stopping) -> Point:
    """Make EM steps until they are predicted to gain no more."""
    objectives = [point.objective]
    while len(objectives) <= stopping.max_iter and time.perf_counter() <= stopping.deadline:
        steps = em_steps(problem, point, EM_STEPS_PER_LOOK)
        point, objectives = steps.point, [*objectives, *steps.objectives]
        if steps.collapse or stopping.is_converged(objectives):
            break
    return point


def _responsibilities(found: Found) -> FloatArray:
    potentials = found.problem.model.potentials(found.posterior)
    return np.asarray(to_numpy(found.problem.fold.responsibilities(potentials)), dtype=np.float64)


def likely_pairs(found: Found) -> list[tuple[int, int]]:
    """Give the pairs that share most rows; where they share none, those nearest to each other.

    Two components that labels name are no pair.
    """
    posterior, model = found.posterior, found.problem.model
    k, d = posterior.means.shape
    if k == 1:
        return []
    responsibilities = _responsibilities(found)
    shared = responsibilities.T @ responsibilities
    size = np.sqrt(np.maximum(np.diagonal(shared), np.finfo(np.float64).tiny))
    covariances = model.family.dense(posterior.covariances, k, d)
    one, other = np.triu_indices(k, 1)
    may_be_one = other >= n_named(found.problem.fold.observations)
    one, other = one[may_be_one], other[may_be_one]
    away = posterior.means[one] - posterior.means[other]
    between = np.linalg.solve(0.5 * (covariances[one] + covariances[other]), away[:, :, None])[:, :, 0]
    likely = shared[one, other] / (size[one] * size[other]) - NEGLIGIBLE_SHARE * np.sum(away * between, axis=1)
    order = np.argsort(-likely, kind="stable")[: N_PROMISING * k]
    return [(int(one[at]), int(other[at])) for at in order]


def _cuts(away: FloatArray, responsibilities: FloatArray, component: int, *, is_round: bool) -> Iterator[FloatArray]:
    """Yield responsibilities with one component cut in two at its mean, across its longest axes.

    All axes of a round one are as long: it is cut across those of least kurtosis, which two clusters have along the
    line between them (Pena & Prieto 2001).
    """
    share = responsibilities[:, component]
    scatter = (away * share[:, None]).T @ away
    if is_round:
        positive = positive_definite(scatter / np.sum(share), np.zeros(len(scatter)))
        whitener = inverse_of_lower(cholesky(positive, "The covariance of all rows"))
        white = away @ whitener.T
        squares = share * np.einsum("nd,nd->n", white, white)
        axes = np.linalg.eigh((squares[:, None] * white).T @ white)[1].T @ whitener
    else:
        axes = np.linalg.eigh(scatter)[1].T[::-1]
    for axis in axes[:SPLIT_AXES]:
        side = away @ axis > 0.0
        if share @ side > 0.5 * np.sum(share):  # an axis has no sign: the lesser half comes last, as on a stick
            side = ~side
        shares = np.column_stack([responsibilities, share * side])
        shares[:, component] = share * ~side
        if min(np.sum(shares[:, component]), np.sum(shares[:, -1])) >= 1.0:
            yield shares


def _of_chunks(shares: FloatArray) -> Callable[[Rows], FloatArray]:
    return lambda chunk: shares[chunk.span]
