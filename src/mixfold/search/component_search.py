"""The search for the components of a posterior: from many to fewer, from one to more, then with what they teach.

How many there may be is a number that the caller says, with which ascents begin; or what rows may tell apart. Then
ascents begin with some, or with a third more for as long as these have more evidence after a few steps: of clusters
in a lattice none is found where each component begins with several. They split them where that pays, and begin anew
with twice as many where more than half stay: what merges many may have merged too many.

All that happens in coordinates that no map shows in which leaves the family of covariances as it is. These are of all
rows; where few components are found they tell of the metric within components, and k-means begins once more in that.

Ascents begin under the shape of all rows. That is of the rows themselves: evidence under it counts them twice,
the more so the wider they are. Ends are compared under a shape that components teach each other: the bound has what it
takes to learn that. In the metric of the best few components are begun anew, one more, until two ways meet. In many
features clusters may drown where all directions are alike: if none are found, they are looked for in features' units.
There components may also teach each other variances of features alone: what has more evidence is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, Self

import numpy as np

from mixfold.covariance.abstract import cholesky
from mixfold.covariance.triangular import inverse_of_lower
from mixfold.engines import to_numpy
from mixfold.fitting import Stopping, em_steps
from mixfold.fold import Fold
from mixfold.fold.sampling import seeded
from mixfold.initialization import KMeans
from mixfold.models import Point, PriorScale, Problem
from mixfold.models.prior_scale import SETTLED
from mixfold.rows import Rows
from mixfold.search.ceiling import FEWEST_ROWS
from mixfold.search.component_moves import find_components, find_components_from, taught
from mixfold.search.component_numbers import surest
from mixfold.search.found_components import Found
from mixfold.search.invariant_posteriors import InvariantPosteriors
from mixfold.search.other_optima import other_optima
from mixfold.search.sample import Space
from mixfold.search.trajectory import EM_STEPS_PER_LOOK
from mixfold.sources import in_memory
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray

MOST_TO_GROW = 2 * FEWEST_ROWS
"""Components that are also come to by splits from one: of more that takes longer than to merge many. Between so few
rows are shared anew, as often at most."""
FIRST = 3 * MOST_TO_GROW
"""Components that ascents begin with where the caller says no number."""


class ComponentLimit(NamedTuple):
    """How many components there may be.

    Attributes
    ----------
    first : int
        That ascents begin with.
    most : int

    Examples
    --------
    >>> from mixfold.search.component_search import ComponentLimit
    >>> ComponentLimit.of(12, n_rows=1000), ComponentLimit.of("auto", n_rows=1000)
    (ComponentLimit(first=12, most=12), ComponentLimit(first=30, most=200))
    """

    first: int
    most: int

    @classmethod
    def of(cls, asked: int | str, n_rows: int) -> Self:
        """Give that of a number of components, or of "auto": a fifth of the rows, but not fewer than are begun with."""
        return cls(FIRST, max(FIRST, n_rows // FEWEST_ROWS)) if isinstance(asked, str) else cls(asked, asked)

    def again(self, first: int, stayed: int) -> int | None:
        """Give with how many to begin anew where of so many some stayed: twice as many if these are more than half."""
        return min(2 * first, self.most) if first < min(2 * stayed, self.most) else None


class Searched(NamedTuple):
    """Where a search for components ended.

    Attributes
    ----------
    found : Found
        What has most evidence.
    probabilities : dict
        Of numbers of components next to the one that was found, as `surest` gives them.
    others : list of Found
        Other optima that are nearly as probable, as `other_optima` gives them.
    """

    found: Found
    probabilities: dict[int, float]
    others: list[Found]


def search_components(
    fold: Fold,
    scale: PriorScale,
    stopping: Stopping,
    limit: ComponentLimit,
    random_state: np.random.RandomState,
    n_init: int = 1,
    *,
    teaches: bool = True,
) -> Searched:
    """Search for components and their priors, and give what has most evidence.

    Parameters
    ----------
    fold : Fold
        Of rows on the host, at most some thousands.
    scale : PriorScale
    stopping : Stopping
    limit : ComponentLimit
    random_state : RandomState
    n_init : int
        Times that ascents begin with many components; components of what each comes to may teach each other.
    teaches : bool
        Whether components may teach each other the shape of their covariances.

    Returns
    -------
    searched : Searched

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fitting import Stopping
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import GammaBelief, PriorScale, StickPrior
    >>> from mixfold.search.component_search import ComponentLimit, search_components
    >>> random = np.random.RandomState(0)
    >>> fold = Fold.of_rows(np.concatenate([random.normal(size=(50, 1)), random.normal(9.0, size=(50, 1))]))
    >>> scale = PriorScale.of(fold, family_for("full"), StickPrior(GammaBelief()))
    >>> limit = ComponentLimit.of("auto", 100)
    >>> searched = search_components(fold, scale, Stopping(1e-6, 1000), limit, random)
    >>> searched.found.posterior.means.round().ravel()
    array([0., 9.])
    >>> searched.probabilities[2] > 0.9
    True
    """
    if scale.ridge:  # which is as wide in any coordinates
        return _searched(fold, scale, stopping, limit, random_state, n_init, teaches=teaches)
    own = InvariantPosteriors.of(fold, scale.family)
    inside = own.scale(scale)
    units = own.units(scale) if teaches and scale.covariance_prior is None else None
    there = _searched(own.inside, inside, stopping, limit, random_state, n_init, teaches=teaches, units=units)
    is_one = len(there.found.counts) == 1 and limit.most > 1 and not fold.is_over
    if units is not None and is_one and own.is_spanned:
        there = _along_features(there, inside, units, stopping, limit.most)
    found, *others = (own.back(one, scale.jitter) for one in [there.found, *there.others])
    return Searched(found, there.probabilities, others)


def _searched(
    fold: Fold,
    scale: PriorScale,
    stopping: Stopping,
    limit: ComponentLimit,
    random_state: np.random.RandomState,
    n_init: int,
    *,
    teaches: bool,
    units: FloatArray | None = None,
) -> Searched:
    """Search in the coordinates that the rows are in."""
    n_rows, structure, passed, reached = fold.source.n_rows, scale.family.structure, list[Found](), list[Found]()

    def started(n_first: int) -> SufficientStatistics:
        return KMeans()(fold, min(n_first, n_rows), structure, random_state)

    def searched(n_first: int) -> Found:
        return find_components(fold, scale, started(n_first), stopping, limit.most, passed)

    start = _first_start(fold, scale, limit, started)
    n_first = max(limit.first, len(start.count))
    ends = [find_components(fold, scale, start, stopping, limit.most, passed)]
    ends += [searched(n_first) for _ in range(n_init - 1)]
    best = _highest(ends)
    if units is None:
        best = _begun_with_twice_as_many(best, n_first, limit, searched)
    if limit.most > 1 and len(best.counts) <= MOST_TO_GROW and not fold.is_over:
        ends.append(searched(1))
        best = _highest([best, ends[-1]])
    if 1 < len(best.counts) <= MOST_TO_GROW and structure.has_shape and not fold.is_over:
        start = _kmeans_within(best, min(limit.first, n_rows), random_state)
        ends.append(find_components(fold, scale, start, stopping, limit.most, passed))
        best = _highest([best, ends[-1]])
    if teaches and scale.covariance_prior is None and not fold.is_over:
        best = _taught_best(best, ends, scale, stopping, limit.most, reached)
        if units is not None:  # under the shape of all rows many stay, whatever there is
            best = _begun_with_twice_as_many(
                best, n_first, limit, lambda first: taught(searched(first), scale, stopping, limit.most, reached)
            )
            if len(best.counts) == 1:
                best = _in_units(best, scale, units, stopping, limit.most, reached)
    if 1 < len(best.counts) <= MOST_TO_GROW and structure.has_shape:
        best = _begun_with_one_more(best, scale.as_of(best.problem.model), stopping, limit.most, random_state, reached)
    found, probabilities = surest(best, scale.as_of(best.problem.model), stopping, limit.most, reached)
    return Searched(found, probabilities, other_optima(found, [*passed, *reached]))


def _highest(ends: list[Found]) -> Found:
    return max(ends, key=lambda one: one.log_evidence)


def _begun_with_twice_as_many(
    best: Found, n_first: int, limit: ComponentLimit, end_of: Callable[[int], Found]
) -> Found:
    """Begin with twice as many for as long as more than half of them stay."""
    first = limit.again(n_first, len(best.counts))
    while first is not None and not best.problem.fold.is_over:
        best = _highest([best, end_of(first)])
        first = limit.again(first, len(best.counts))
    return best


def _taught_best(
    best: Found, ends: list[Found], scale: PriorScale, stopping: Stopping, most: int, reached: list[Found]
) -> Found:
    """Give the best of what components come to that teach each other, from every end."""
    begun = [best]
    for end in ends:
        if not any(end.is_at(one, stopping) for one in begun):
            begun.append(end)
    return _highest([taught(one, scale, stopping, most, reached) for one in begun])


def _along_features(
    searched: Searched, scale: PriorScale, units: FloatArray, stopping: Stopping, most: int
) -> Searched:
    """Look for clusters that teach each other variances of features, and no correlations.

    What correlations cost to learn is more than few rows of many features tell of them.
    """
    axes = np.linalg.inv(np.diag(units) if units.ndim == 1 else units)
    along, reached = replace(scale, axes=np.asarray(axes, np.float64)), list[Found]()
    best = _in_units(taught(searched.found, along, stopping, most, reached), along, units, stopping, most, reached)
    if not best.log_evidence > searched.found.log_evidence:
        return searched
    found, probabilities = surest(best, along.as_of(best.problem.model), stopping, most, reached)
    return Searched(found, probabilities, other_optima(found, reached))


def _first_start(
    fold: Fold, scale: PriorScale, limit: ComponentLimit, started: Callable[[int], SufficientStatistics]
) -> SufficientStatistics:
    """Give a start of a third more components for as long as that is the better one at a glance."""
    start, n_more = started(limit.first), limit.first + limit.first // 3
    while n_more <= limit.most and not fold.is_over:
        more = started(n_more)
        if not _at_a_glance(fold, scale, more) > _at_a_glance(fold, scale, start):
            break
        start, n_more = more, n_more + n_more // 3
    return start


def _at_a_glance(fold: Fold, scale: PriorScale, start: SufficientStatistics) -> float:
    """Give the evidence that a few EM steps come to from a start, under the priors that suit it."""
    model, before = scale.best(start, scale.first[-1]), None
    for _ in range(2):  # under the priors that suit the start, and those that suit what it became
        problem = Problem(fold, model)
        point = em_steps(problem, model.maximize(start, before), EM_STEPS_PER_LOOK).point
        start, before = point.statistics, point.parameters
        model = scale.best(start, model)
    return Found(problem, point).log_evidence


def _begun_with_one_more(
    best: Found,
    scale: PriorScale,
    stopping: Stopping,
    most: int,
    random_state: np.random.RandomState,
    reached: list[Found],
) -> Found:
    """Begin anew with one component more, by k-means in the metric of the best, until two ways meet.

    What is merged then is seldom what was: so ends are found that no move from the best leads to.
    """
    passed = [best]
    for _ in range(MOST_TO_GROW):
        if best.problem.fold.is_over:
            break
        start = _kmeans_within(best, min(len(best.counts) + 1, most), random_state)
        begun, before = Point.at(best.problem, best.problem.model.maximize(start)), [*passed]
        end = find_components_from(Found(best.problem, begun), scale, stopping, most, passed)
        if any(end.is_at(other, stopping) for other in before):
            break
        if end.log_evidence > best.log_evidence + SETTLED:
            best = end
    reached.extend(passed)
    return best


def _kmeans_within(found: Found, k: int, random_state: np.random.RandomState) -> SufficientStatistics:
    """Give the clusters of k-means where distances are measured by what lies within the components that were found."""
    fold, posterior, family = found.problem.fold, found.posterior, found.problem.model.family
    each = family.dense(posterior.covariances, *posterior.means.shape)
    within = np.asarray(np.tensordot(posterior.weights, each, 1), np.float64)
    is_matrix = family.structure.is_matrix
    metric = inverse_of_lower(cholesky(within, "What lies within")) if is_matrix else 1.0 / np.sqrt(np.diag(within))
    return _kmeans_in(metric, fold, k, family.structure, random_state)


def _in_units(
    best: Found, scale: PriorScale, units: FloatArray, stopping: Stopping, most: int, reached: list[Found]
) -> Found:
    """Let clusters in some units teach each other: of the number, from two on, that is the best one at a glance."""
    scale, fold, glances, top = replace(scale, learns_scatter=True), best.problem.fold, [best], best
    for k in range(2, min(most, MOST_TO_GROW) + 1):
        start = _kmeans_in(units, fold, k, scale.family.structure, seeded(k))
        problem = Problem(fold, scale.taught_by(start, scale.first[-1]))
        glances.append(Found(problem, em_steps(problem, problem.model.maximize(start), EM_STEPS_PER_LOOK).point))
        top = _highest(glances)
        if fold.is_over or all(one is not top for one in glances[-2:]):
            break
    if top is best:
        return best
    return _highest([best, find_components_from(top, scale, stopping, most, reached)])


def _kmeans_in(
    metric: FloatArray, fold: Fold, k: int, structure: Structure, random_state: np.random.RandomState
) -> SufficientStatistics:
    """Give the clusters of k-means where distances are those after a map of the rows."""
    rows = in_memory(fold.source).rows
    space = Space(lambda: metric, to_numpy(rows.values))
    clusters = KMeans()(fold.on_rows(Rows(space.rows, rows.marks)), k, structure, random_state)
    return space.statistics_back(clusters)
