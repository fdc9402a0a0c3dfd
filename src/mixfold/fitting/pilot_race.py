"""Components of equal covariance from several starts: a few first, and the others where these do not meet."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mixfold.engines import StoppingRule
from mixfold.engines.pilot_fits import Clusters, PilotRules
from mixfold.engines.small_fits import kmeans_draws
from mixfold.fitting.em_steps import em_steps, em_steps_together
from mixfold.fitting.steps import Steps
from mixfold.fold import Fold
from mixfold.fold.sampling import seeded
from mixfold.initialization import GivenLabels, KMeans
from mixfold.initialization.kmeans import kmeans_tolerance
from mixfold.models import PenalizedProblem, Point
from mixfold.outcome import predicted_gain
from mixfold.potentials import Potentials
from mixfold.rows import Rows
from mixfold.sources import in_memory
from mixfold.statistics import SufficientStatistics
from mixfold.structures import SPHERICAL, Structure
from mixfold.typing import FloatArray


@dataclass(frozen=True, slots=True)
class PilotStart:
    """Clusters of the rows as they lie in a space.

    Attributes
    ----------
    space : ndarray of shape (n, n_features_of_it)
    k_means : KMeans
    seed : int
    fewest : int
        Rows of each component without which the end of this start is no answer.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting.pilot_race import PilotStart
    >>> from mixfold.initialization import KMeans
    >>> PilotStart(np.zeros((9, 2)), KMeans(n_seedings=1, max_iterations=10), seed=0).clusters(3).lloyd_steps
    10
    """

    space: FloatArray
    k_means: KMeans
    seed: int
    fewest: int = 0

    def clusters(self, n_components: int) -> Clusters:
        """Give what the kernels are told."""
        uniforms = _uniforms(self.seed, self.k_means.n_seedings * kmeans_draws(n_components))
        tolerance = kmeans_tolerance(n_components, self.space.shape[1])
        return Clusters(self.space, self.k_means.max_iterations, tolerance, uniforms, self.fewest)

    def shared_out(self, fold: Fold, n_components: int, structure: Structure) -> SufficientStatistics:
        """Give what rows say that are shared out."""
        source = in_memory(fold.source)
        if self.space is source.values:
            return self.k_means(fold, n_components, structure, seeded(self.seed))
        over = fold.on_rows(Rows(self.space, source.marks))
        centers = self.k_means(over, n_components, SPHERICAL, seeded(self.seed)).means
        labels = np.asarray(over.labels(Potentials.nearest(centers)))
        return GivenLabels(labels)(fold, n_components, structure, seeded(self.seed))


@lru_cache(maxsize=32)
def _uniforms(seed: int, n_draws: int) -> FloatArray:
    """Draw the same numbers for each fit once."""
    drawn: FloatArray = seeded(seed).uniform(size=n_draws)
    drawn.setflags(write=False)
    return drawn


def raced(
    problem: PenalizedProblem,
    starts: Sequence[PilotStart],
    n_components: int,
    rules: PilotRules,
) -> Point | None:
    """Make steps from starts side by side, and more from the best of their ends; give where these lead.

    What `mixfold.engines.pilot_fits.pilot_fit` does in one call.

    Parameters
    ----------
    problem : PenalizedProblem
    starts : sequence of PilotStart
    n_components : int
    rules : PilotRules

    Returns
    -------
    end : Point or None
        None where no start has a density, and rows enough for each component.
    """
    fold, rule = problem.fold, rules.stopping
    racers: dict[int, Steps] = {}
    first, others = range(len(starts))[: rules.n_first], range(len(starts))[rules.n_first :]
    _race(problem, starts, first, racers, n_components, rules)
    if not fold.is_over and not (len(racers) == len(first) and _have_met(racers, starts, rules.apart)):
        _race(problem, starts, others, racers, n_components, rules)
    best = _best_of(racers, starts)
    if best is None:
        return None
    for _ in range(0, rules.n_polishing, rule.interval):
        if fold.is_over or not _goes_on(best, best.point.objective, rule):
            break
        best = best.then(em_steps(problem, best.point, rule.interval))
    return best.point


def _race(
    problem: PenalizedProblem,
    starts: Sequence[PilotStart],
    which: Sequence[int],
    racers: dict[int, Steps],
    n_components: int,
    rules: PilotRules,
) -> None:
    """Let some starts climb beside what others have come to, which they join.

    At every look those are left that have come to rest, or would not come up to the best though they gained a few times
    what is predicted.
    """
    fold, structure = problem.fold, problem.model.structure
    rule, n_steps = rules.stopping, rules.n_steps
    # Where time is over the first start is enough.
    which = [at for at in which if at == 0 or not fold.is_over]
    begun = [starts[at].shared_out(fold, n_components, structure) for at in which]
    n_made = min(rule.interval, n_steps)
    ends = dict(zip(which, em_steps_together(problem, begun, n_made), strict=True)) if which else {}
    racers |= {at: end for at, end in ends.items() if isinstance(end, Steps)}
    going = [at for at in which if at in racers]
    while n_made < n_steps and not fold.is_over:
        best = _best_of(racers, starts)
        to_beat = -math.inf if best is None else best.point.objective
        going = [at for at in going if _goes_on(racers[at], to_beat, rule)]
        if not going:
            break
        n_more = min(rule.interval, n_steps - n_made)
        for at, steps in zip(
            going, em_steps_together(problem, [racers[at].point for at in going], n_more), strict=True
        ):
            assert isinstance(steps, Steps)  # noqa: S101  (it began at a point)
            racers[at] = racers[at].then(steps)
        n_made += n_more


def _have_met(racers: Mapping[int, Steps], starts: Sequence[PilotStart], apart: float) -> bool:
    """Whether all have come to the same height, with rows enough."""
    best = _best_of(racers, starts)
    return best is not None and all(
        _is_sound(racers, at, starts) and racers[at].point.objective >= best.point.objective - apart for at in racers
    )


def _best_of(racers: Mapping[int, Steps], starts: Sequence[PilotStart]) -> Steps | None:
    """Give the highest of those whose components have rows enough."""
    sound = (racers[at] for at in racers if _is_sound(racers, at, starts))
    return max(sound, key=lambda end: end.point.objective, default=None)


def _is_sound(racers: Mapping[int, Steps], at: int, starts: Sequence[PilotStart]) -> bool:
    return bool(np.min(racers[at].point.statistics.count) >= starts[at].fewest)


def _goes_on(steps: Steps, to_beat: float, rule: StoppingRule) -> bool:
    gain = predicted_gain(steps.objectives[-3:], rule.resolution)
    is_hopeless = steps.point.objective + rule.optimism * gain < to_beat
    return steps.collapse is None and gain >= rule.gain and not is_hopeless
