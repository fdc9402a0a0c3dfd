"""Components of equal covariance, fitted to a bounded sample, and how far the rows of each are from that."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Self

import numpy as np

from mixfold.covariance import CovarianceFamily, Prior, family_for
from mixfold.engines import StoppingRule, to_numpy
from mixfold.engines.pilot_fits import FreePrior, PilotRules, pilot_fit
from mixfold.fitting.em_steps import em_steps_together, is_in_one_call
from mixfold.fitting.invariant_coordinates import InvariantCoordinates
from mixfold.fitting.likeness import Apart
from mixfold.fitting.pilot_race import PilotStart, raced
from mixfold.fitting.steps import Steps
from mixfold.fitting.stopping import in_precision
from mixfold.fold import WIDE_FEATURES, Fold
from mixfold.initialization import KMeans
from mixfold.models import Penalized, PenalizedProblem, Problem
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.rows import Marks
from mixfold.statistics import SufficientStatistics
from mixfold.typing import FloatArray, IntArray

COARSE = 0.02
"""What a value counts as spread by, in variances of its feature, from which on this has few values: about seven."""
WHITE_FEATURES = 8
"""In more features clusters drown where all directions are made alike, so that features as they are, in units of their
deviations, are a start, too, though no matrix leaves it as it is."""
PILOT_ROWS = 0.01
"""Pseudo-rows of these components, as wide as the jitter, so that nothing collapses."""
PILOT_STEPS = 50
"""EM steps from each start from which components of equal covariance are fitted."""
PILOT_NUMBERS = 2e8
"""Products that all these steps may take: there are fewer of them where they are dear."""
LEAST_STEPS = 3
"""However dear they are."""
MOST_NUMBERS = 10.0 * PILOT_NUMBERS
"""Products beyond which these are made from fewer starts, from one at least."""
PILOT_CLUSTERS = KMeans(n_seedings=1, max_iterations=10)
"""What a start is: EM goes on from clusters that are roughly right."""
SEEDED, N_SEEDED = KMeans(n_seedings=1, max_iterations=0), 6
"""Starts where steps are cheap and features few, beside one from each of the coordinates in which clusters are looked
for, every second among the features of many values. Lloyd's iterations would make them alike: where a column has few
values they end at those."""
POLISHING = 4
"""Times as many steps that the best of them takes then at most, where steps are cheap."""
RESTING = StoppingRule(5, 1e-6, optimism=10.0)
"""Who is predicted to gain less, in nats a row, is on its optimum; who would not come up to the best though it gained
so many times what is predicted is left."""
N_FIRST = 3
"""Starts that are made first, and the others where not all of them meet: where steps are dear another one, and the best
of these goes on for the steps that the others would take."""
MET = 100.0 * RESTING.gain
"""Within how many nats a row their ends are the same."""
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
        rows, linear, k = (
            coordinates.into(standard).astype(coordinates.precision),
            np.asarray(coordinates.linear),
            n_components,
        )
        n, d = rows.shape
        jitter = family.structure.reduced(spread, len(spread))
        model = Penalized(family, Prior(PILOT_ROWS * jitter, PILOT_ROWS, jitter)).mapped(linear)
        fold = replace(Fold.of_rows(rows, Marks.of_weights(weights)), deadline=deadline)
        fine = _finely_recorded(rows, coordinates, spread) if d <= WHITE_FEATURES else rows
        spaces = [fine, _tails(fine, k)] if coordinates.is_white and 1 < k <= d else [fine]
        spaces += [standard.astype(coordinates.precision)] if d > WHITE_FEATURES else []
        # Fewer rows than features tell nothing of single components.
        learns = may_differ and not coordinates.is_reduced and k > 1
        a_step = n * d * (d if is_matrix else 1) * k
        n_starts, n_steps = affordable(a_step, len(spaces) + (N_SEEDED if may_differ else 0)) if k > 1 else (1, 0)
        is_cheap = n_steps == PILOT_STEPS
        starts = [PilotStart(spaces[seed % len(spaces)], PILOT_CLUSTERS, seed) for seed in range(n_starts)]
        if is_cheap and d <= WHITE_FEATURES:
            # The likelihood of few rows is often highest where a component is one of them.
            of_each = (PilotStart((rows, fine)[one.seed % 2], SEEDED, one.seed, fewest=d + 1) for one in starts)
            starts[len(spaces) :] = islice(of_each, len(spaces), None)
        n_polishing = POLISHING * n_steps
        if not is_cheap:
            # Few steps bring none to its optimum: the best of four that goes on ends higher than the best of all.
            starts = starts[: N_FIRST + 1]
            n_polishing = n_steps * (n_starts - len(starts))
        rules = PilotRules(N_FIRST, MET, n_steps, n_polishing, in_precision(RESTING, rows))
        is_short = is_in_one_call(fold, n_steps * n_starts * a_step) and not fold.is_over
        if is_matrix and n_steps and d < WIDE_FEATURES and fold.has_loops and is_short:
            beside = _free(free, k, d, float(np.sum(weights)), n) if learns else None
            return cls._in_one_call(rows, fold.source.weights, model, beside, starts, k, rules)
        problem = Problem(fold, model)
        best = raced(problem, starts, k, rules)
        if best is None:
            return None
        parameters, potentials = best.parameters, model.potentials(best.parameters)
        if not learns or fold.is_over:
            return cls(parameters, np.asarray(fold.labels(potentials)), Apart.unknown(d))
        statistics = fold.statistics(potentials, free.structure)
        differing = _differing(problem, parameters, potentials, statistics, free)
        if differing is not None:
            potentials, statistics = differing
            parameters = model.maximize(fold.statistics(potentials, family.structure))
        statistics = statistics.jittered(model.prior.jitter)
        apart = Apart(statistics.about_means.values, statistics.count)
        return cls(parameters, np.asarray(fold.labels(potentials)), apart)

    def widened(self, family: CovarianceFamily, rows: FloatArray, weight: float, n_free: int) -> Self:
        """Add the rows that a covariance lacks for its inverse to have a mean, of all rows in a K-th of the volume.

        Rows that are hardly more than their features fall into clusters that are next to flat in some direction,
        whatever they are of; copies of a row do not prevent it. In the coordinates of a pilot the covariance of all
        rows is a sphere.

        Parameters
        ----------
        family : CovarianceFamily
            That of equal covariances.
        rows : ndarray of shape (n, n_features)
        weight : float
            Of all rows.
        n_free : int
            Features that do not follow from others.
        """
        (k, d), is_matrix = self.parameters.means.shape, family.structure.is_matrix
        enough = (n_free if is_matrix else 1) + 2 + k  # an inverse Wishart of fewer degrees of freedom has no mean
        distinct = n_distinct(rows, enough)
        lacking = enough - min(weight, distinct)
        if lacking <= 0.0 or distinct <= k:  # where components are copies of one row each, they are as they are
            return self
        whole = k ** (-2.0 / n_free) * (np.eye(d) if is_matrix else np.ones(d))
        covariances = (weight * self.parameters.covariances + lacking * whole) / (weight + lacking)
        return replace(self, parameters=replace(self.parameters, covariances=covariances))

    @classmethod
    def _in_one_call(
        cls,
        rows: FloatArray,
        weights: FloatArray | None,
        model: Penalized,
        free: FreePrior | None,
        starts: Sequence[PilotStart],
        n_components: int,
        rules: PilotRules,
    ) -> Self | None:
        """Let the kernels do all of it; without a prior of free covariances nothing is told of these."""
        d, k = rows.shape[1], n_components
        fit = pilot_fit(rows, weights, [start.clusters(k) for start in starts], k, model.prior, free, rules)
        if fit is None:
            return None
        apart = Apart.unknown(d)
        if fit.counts is not None and fit.scatters is not None:
            apart = Apart(fit.scatters, fit.counts)
        return cls(Parameters(fit.weights, fit.means, fit.covariance), fit.labels, apart)


def affordable(products: int, n_starts: int) -> tuple[int, int]:
    """Give how many of the starts are made, and how many steps from each, by the products that a step takes.

    Parameters
    ----------
    products, n_starts : int

    Examples
    --------
    >>> from mixfold.fitting.pilots import affordable
    >>> affordable(1000, 7), affordable(10**6, 7), affordable(10**8, 7)
    ((7, 50), (7, 28), (6, 3))
    """
    n_starts = max(1, min(n_starts, int(MOST_NUMBERS / (LEAST_STEPS * products))))
    return n_starts, int(min(max(PILOT_NUMBERS / (products * n_starts), LEAST_STEPS), PILOT_STEPS))


def n_distinct(rows: FloatArray, enough: int) -> int:
    """Count different rows, up to some number.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting.pilots import n_distinct
    >>> rows = np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 2.0], [0.0, 3.0]])
    >>> n_distinct(rows, 9), n_distinct(rows, 2)
    (3, 2)
    """
    if len(set(rows[: 2 * enough, 0].tolist())) >= enough:  # as it is nearly always
        return enough
    return min(len(np.unique(rows, axis=0)), enough)


def families(*, is_matrix: bool) -> tuple[CovarianceFamily, CovarianceFamily]:
    """Give the family of equal covariances, matrices or diagonal, and that of free ones."""
    return (family_for("tied"), family_for("full")) if is_matrix else (family_for("EEI"), family_for("diag"))


def _differing(
    problem: PenalizedProblem,
    alike: Parameters,
    under: Potentials,
    statistics: SufficientStatistics,
    family: CovarianceFamily,
) -> tuple[Potentials, SufficientStatistics] | None:
    """Give the components of free covariances that EM makes of those of equal covariance; None if rows cannot tell.

    `under` and `statistics` are the potentials of those of equal covariance, and what the rows say under them.
    Rows tell them apart where the mean of the log ratios of densities is more than `STANDARD_ERRORS` above zero (Vuong
    1989, section 5).
    """
    fold, (k, d) = problem.fold, alike.means.shape
    within = alike.covariances if alike.covariances.ndim == 2 and family.structure.is_matrix else alike.covariances[0]
    beside = _free(family, k, d, float(np.sum(statistics.count)), fold.source.n_rows)
    jitter = family.structure.reduced(problem.model.prior.jitter, d)
    prior = Prior(beside.scale * family.structure.reduced(within, d), beside.count, jitter, beside.likeness)
    free = Penalized(family, prior)
    (end,) = em_steps_together(Problem(fold, free), [free.maximize(statistics)], beside.n_steps, RESTING)
    if not isinstance(end, Steps) or fold.is_over:
        return None
    potentials = free.potentials(end.point.parameters)
    return (potentials, end.point.statistics) if _is_told(fold, potentials, under) else None


def _free(family: CovarianceFamily, n_components: int, n_features: int, weight: float, n_rows: int) -> FreePrior:
    """Give the prior of free covariances that hardly know of each other, of rows of a weight."""
    k, d = n_components, n_features
    shrinking = family.n_parameters(1, d) * k / weight
    likeness = FREE_ALIKE if d > 1 else 0.0
    _, n_steps = affordable(n_rows * k * d * (d if family.structure.is_matrix else 1), 1 + N_SEEDED)
    return FreePrior(FREE_SHRINK * k ** (-2.0 / d) + shrinking, 1.0 + shrinking, likeness, STANDARD_ERRORS, n_steps)


def _is_told(fold: Fold, one: Potentials, other: Potentials) -> bool:
    """Whether rows tell one density from another that is lower."""
    ahead = np.asarray(to_numpy(fold.log_density(one)) - to_numpy(fold.log_density(other)), dtype=np.float64)
    weights = np.ones(len(ahead)) if fold.source.weights is None else np.asarray(to_numpy(fold.source.weights))
    total = float(weights @ ahead)
    error = math.sqrt(float(weights @ (ahead - total / np.sum(weights)) ** 2))
    return total > STANDARD_ERRORS * error


def _finely_recorded(rows: FloatArray, coordinates: InvariantCoordinates, spread: FloatArray) -> FloatArray:
    """Give the coordinates that vary mostly by features of many values; all, where there are none, or no others.

    Features of a few values (switches, grades, counts that are mostly zero) fall into groups that are seldom the rows',
    and have the least kurtosis or the most.
    """
    is_coarse = spread > COARSE
    if not coordinates.is_white or not is_coarse.any():
        return rows
    shares = np.sum(coordinates.inverse[is_coarse] ** 2, axis=0)
    is_fine = shares <= 1.0 - shares
    return np.ascontiguousarray(rows[:, is_fine]) if 0 < np.sum(is_fine) < len(is_fine) else rows


def _tails(rows: FloatArray, n_components: int) -> FloatArray:
    """Give some of the coordinates, which are sorted by kurtosis: clusters show in it, and not in all directions.

    The first and the last of them; where there are few, the first, in which clusters of like size lie apart.
    """
    d = rows.shape[1]
    if n_components > d // 2:
        return rows[:, : n_components - 1]
    n_each = min(n_components - 1, d // 2) or 1
    return rows[:, np.unique(np.append(np.arange(n_each), np.arange(d - n_each, d)))]
