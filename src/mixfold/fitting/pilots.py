"""Components of equal covariance, fitted to a bounded sample, and how far the rows of each are from that."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from mixfold.covariance import CovarianceFamily, Prior, family_for
from mixfold.engines import Outlook, to_numpy
from mixfold.fitting.em_steps import em_steps, em_steps_together
from mixfold.fitting.invariant_coordinates import InvariantCoordinates
from mixfold.fitting.likeness import Apart
from mixfold.fitting.steps import Steps
from mixfold.fitting.stopping import predicted_gain
from mixfold.fold import Fold
from mixfold.fold.sampling import seeded
from mixfold.initialization import GivenLabels, KMeans
from mixfold.models import Penalized, PenalizedProblem, Point, Problem
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.rows import Marks, Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import SPHERICAL
from mixfold.typing import FloatArray, IntArray

WHITE_FEATURES = 8
"""In more features clusters drown where all directions are made alike, so that features as they are, in units of their
deviations, are a start, too, though no matrix leaves it as it is."""
PILOT_ROWS = 0.01
"""Pseudo-rows of these components, as wide as the jitter, so that nothing collapses."""
PILOT_STEPS = 50
"""EM steps from each start from which components of equal covariance are fitted."""
PILOT_NUMBERS = 1e8
"""Products that all these steps may take: there are fewer of them where they are dear."""
LEAST_STEPS = 3
"""However dear they are."""
MOST_NUMBERS = 10.0 * PILOT_NUMBERS
"""Products beyond which these are made from fewer starts, from one at least."""
PILOT_CLUSTERS = KMeans(n_seedings=1, max_iterations=10)
"""What a start is: EM goes on from clusters that are roughly right."""
SEEDED, N_SEEDED = KMeans(n_seedings=1, max_iterations=0), 6
"""Starts where steps are cheap and features few, beside one from each of the coordinates in which clusters are looked
for. Lloyd's iterations would make them alike: where a column has few values they end at those."""
POLISHING = 4
"""Times as many steps that the best of them takes then at most, where steps are cheap."""
ARRIVED = 1e-6
"""In nats a row: what is predicted to gain less is on its optimum."""
RESTING = Outlook(10, ARRIVED, hopes=6.0)
"""No steps are made there."""
FREE_SHRINK, FREE_ALIKE = 0.1, 3.0
"""Of the prior of components whose covariances are free: see `DataScale.prior`."""
STANDARD_ERRORS = 3.0
"""By how many the likelihood of these must be ahead to be told from that of equal ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Pilot:
    """Components of equal covariance, and the rows of each by themselves.

    Attributes
    ----------
    parameters : Parameters
    labels : ndarray of shape (n,)
        Of the rows.
    apart : Apart
        Of the components whose covariances are free, where rows tell these from the ones of equal covariance.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting.invariant_coordinates import InvariantCoordinates
    >>> from mixfold.fitting.pilots import Pilot
    >>> rows = np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]])
    >>> pilot = Pilot.of(rows, np.ones(6), InvariantCoordinates.identity(1), np.array([0.1]), 2)
    >>> pilot.labels, pilot.apart.counts.round(3)
    (array([1, 1, 1, 0, 0, 0]), array([3., 3.]))
    """

    parameters: Parameters
    labels: IntArray
    apart: Apart

    @classmethod
    def of(
        cls,
        standard: FloatArray,
        weights: FloatArray,
        coordinates: InvariantCoordinates,
        spread: FloatArray,
        n_components: int,
        deadline: float = math.inf,
        *,
        is_matrix: bool = True,
        may_differ: bool = True,
    ) -> Self | None:
        """Fit them from k-means starts; None where no covariance has digits enough.

        Parameters
        ----------
        standard, weights : ndarray of shape (n, n_features), (n,)
            Rows in units of their deviations.
        coordinates : InvariantCoordinates
            In which they are fitted.
        spread : ndarray of shape (n_features,)
            With which values count, in units of deviations.
        n_components : int
        deadline : float
        is_matrix : bool
            Whether covariances are matrices, or else diagonal.
        may_differ : bool
            Whether those of free covariances are looked for.
        """
        family, free = families(is_matrix=is_matrix)
        rows, linear, k = coordinates.into(standard), np.asarray(coordinates.linear), n_components
        n, d = rows.shape
        jitter = family.structure.reduced(spread, len(spread))
        model = Penalized(family, Prior(PILOT_ROWS * jitter, PILOT_ROWS, jitter)).mapped(linear)
        fold = replace(Fold.of_rows(rows, Marks(weights)), deadline=deadline)
        spaces = [rows, _tails(rows, k)] if coordinates.is_white and 1 < k <= d else [rows]
        spaces += [standard] if d > WHITE_FEATURES else []

        def started(seed: int, space: FloatArray) -> SufficientStatistics:
            random_state = seeded(seed)
            if space is rows:
                return PILOT_CLUSTERS(fold, k, family.structure, random_state)
            over = fold.on_rows(Rows(space, Marks(weights)))
            centers = PILOT_CLUSTERS(over, k, SPHERICAL, random_state).means
            labels = np.asarray(over.labels(Potentials.nearest(centers)))
            return GivenLabels(labels)(fold, k, family.structure, random_state)

        a_step = n * d * (d if is_matrix else 1) * k
        n_starts = len(spaces) + (N_SEEDED if may_differ else 0) if k > 1 else 1
        n_starts = max(1, min(n_starts, int(MOST_NUMBERS / (LEAST_STEPS * a_step))))
        dear = PILOT_NUMBERS / (a_step * n_starts)
        n_steps = int(min(max(dear, LEAST_STEPS), PILOT_STEPS)) if k > 1 else 0
        is_seeded = n_steps == PILOT_STEPS and d <= WHITE_FEATURES
        n_certain = min(len(spaces), n_starts) if is_seeded else n_starts
        # Where time is over the first start is enough.
        seeds = (seed for seed in range(n_certain) if seed == 0 or not fold.is_over)
        starts = [started(seed, spaces[seed % len(spaces)]) for seed in seeds]
        if n_certain < n_starts and not fold.is_over:
            starts += SEEDED.several(fold, k, family.structure, map(seeded, range(n_certain, n_starts)))
        problem = Problem(fold, model)
        best = _best_of_pilots(problem, starts, n_steps, n_certain)
        if best is None:
            return None
        parameters, potentials = best.parameters, model.potentials(best.parameters)
        # Fewer rows than features tell nothing of single components.
        if not may_differ or coordinates.is_reduced or k == 1 or fold.is_over:
            return cls(parameters, np.asarray(fold.labels(potentials)), Apart.unknown(d))
        statistics = fold.statistics(potentials, free.structure)
        differing = _differing(problem, parameters, potentials, statistics, free, n_steps)
        if differing is not None:
            potentials, statistics = differing
            parameters = model.maximize(fold.statistics(potentials, family.structure))
        statistics = statistics.jittered(model.prior.jitter)
        apart = Apart(statistics.about_means.values, statistics.count)
        return cls(parameters, np.asarray(fold.labels(potentials)), apart)


def families(*, is_matrix: bool) -> tuple[CovarianceFamily, CovarianceFamily]:
    """Give the family of equal covariances, matrices or diagonal, and that of free ones."""
    return (family_for("tied"), family_for("full")) if is_matrix else (family_for("EEI"), family_for("diag"))


def _differing(
    problem: PenalizedProblem,
    alike: Parameters,
    under: Potentials,
    statistics: SufficientStatistics,
    family: CovarianceFamily,
    n_steps: int,
) -> tuple[Potentials, SufficientStatistics] | None:
    """Give the components of free covariances that EM makes of those of equal covariance; None if rows cannot tell.

    `under` and `statistics` are the potentials of those of equal covariance, and what the rows say under them.
    Rows tell them apart where the mean of the log ratios of densities is more than `STANDARD_ERRORS` above zero (Vuong
    1989, section 5).
    """
    fold, model = problem.fold, problem.model
    free = _free(model, family, alike, float(np.sum(statistics.count)))
    (end,) = em_steps_together(Problem(fold, free), [free.maximize(statistics)], n_steps, RESTING)
    if not isinstance(end, Steps) or fold.is_over:
        return None
    potentials = free.potentials(end.point.parameters)
    return (potentials, end.point.statistics) if _is_told(fold, potentials, under) else None


def _free(model: Penalized, family: CovarianceFamily, alike: Parameters, n_rows: float) -> Penalized:
    """Give the model of free covariances that hardly know of each other."""
    k, d = alike.means.shape
    within = alike.covariances if alike.covariances.ndim == 2 and family.structure.is_matrix else alike.covariances[0]
    shrinking = family.n_parameters(1, d) * k / n_rows
    scale = (FREE_SHRINK * k ** (-2.0 / d) + shrinking) * family.structure.reduced(within, d)
    jitter = family.structure.reduced(model.prior.jitter, d)
    return Penalized(family, Prior(scale, 1.0 + shrinking, jitter, FREE_ALIKE if d > 1 else 0.0))


def _is_told(fold: Fold, one: Potentials, other: Potentials) -> bool:
    """Whether rows tell one density from another that is lower."""
    ahead = np.asarray(to_numpy(fold.log_density(one)) - to_numpy(fold.log_density(other)), dtype=np.float64)
    weights = np.ones(len(ahead)) if fold.source.weights is None else np.asarray(to_numpy(fold.source.weights))
    total = float(weights @ ahead)
    error = math.sqrt(float(weights @ (ahead - total / np.sum(weights)) ** 2))
    return total > STANDARD_ERRORS * error


def _best_of_pilots(
    problem: PenalizedProblem, starts: list[SufficientStatistics], n_steps: int, n_certain: int
) -> Point | None:
    """Make steps from the starts, and some more from the best of their ends; give where these lead.

    Of those after the first `n_certain` only ends count whose components have more rows than features: the likelihood
    of few rows is often highest where a component is one of them.
    """
    every = em_steps_together(problem, starts, n_steps, RESTING)
    least = problem.fold.source.n_features + 1
    ends = [
        end
        for at, end in enumerate(every)
        if isinstance(end, Steps) and (at < n_certain or np.min(end.point.statistics.count) >= least)
    ]
    if not ends:
        return None
    best = max(ends, key=lambda end: end.point.objective)
    for _ in range(POLISHING if n_steps == PILOT_STEPS else 0):
        if predicted_gain(best.objectives[-3:]) < ARRIVED or problem.fold.is_over:
            break
        best = em_steps(problem, best.point, n_steps)
    return best.point


def _tails(rows: FloatArray, n_components: int) -> FloatArray:
    """Give some of the coordinates, which are sorted by kurtosis: clusters show in it, and not in all directions.

    The first and the last of them; where there are few, the first, in which clusters of like size lie apart.
    """
    d = rows.shape[1]
    if n_components > d // 2:
        return rows[:, : n_components - 1]
    n_each = min(n_components - 1, d // 2) or 1
    return rows[:, np.unique(np.append(np.arange(n_each), np.arange(d - n_each, d)))]
