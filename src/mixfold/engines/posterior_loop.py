"""Whole variational steps in C++, from one posterior."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mixfold.engines import kernels
from mixfold.engines.chunk_sums import ChunkSums
from mixfold.engines.em_loop import ENDINGS, StoppingRule
from mixfold.engines.kernels import STRUCTURE_CODES, same_type
from mixfold.engines.native_loop import NEVER
from mixfold.outcome import Outcome
from mixfold.rows import Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray

LEARNED = "learned_concentration"
"""Name of the array of one number: the rows that a component of a Dirichlet distribution has beforehand, if learned."""


@dataclass(frozen=True, slots=True)
class WeightStep:
    """What a loop must know of the prior of the weights.

    Attributes
    ----------
    is_stick : bool
        Whether weights are broken off a stick; else they have a Dirichlet distribution.
    concentration : float
        Where it is learned, the shape of the Gamma distribution that is believed of it: of a Dirichlet distribution's,
        of all components together.
    rate : float
        Of that distribution; zero where the concentration is known.
    discount : float
        Of Pitman and Yor; zero where the concentration is learned.

    Examples
    --------
    >>> from mixfold.models import DirichletPrior
    >>> DirichletPrior(0.5).step
    WeightStep(is_stick=False, concentration=0.5, rate=0.0, discount=0.0)
    """

    is_stick: bool
    concentration: float
    rate: float = 0.0
    discount: float = 0.0


@dataclass(frozen=True, slots=True)
class PosteriorStep:
    """What a loop must know of the step of a posterior under conjugate priors (`mixfold.models.Variational`).

    Attributes
    ----------
    structure : Structure
        Of the covariances.
    are_equal : bool
        Whether all components have the same covariance.
    weights : WeightStep
    mean : ndarray of shape (n_features,)
    mean_precision, degrees : float
    scatter : ndarray
        In the shape of one component.
    log_norm : float
        Of the prior Wishart distribution.
    divergence : float
        What the bound has less because the scatter was learned.
    spread, jitter : ndarray or None
        What rows are wider by in the sums, and what they are in scores, in the shape of one component.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.models import DirichletPrior, Variational
    >>> model = Variational(family_for("diag"), DirichletPrior(1.0), np.zeros(2), 0.1, np.ones(2), 3.0)
    >>> model.posterior_step.structure.name, model.posterior_step.degrees
    ('diagonal', 3.0)
    """

    structure: Structure
    are_equal: bool
    weights: WeightStep
    mean: FloatArray
    mean_precision: float
    scatter: FloatArray
    degrees: float
    log_norm: float
    divergence: float = 0.0
    spread: FloatArray | None = None
    jitter: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class PosteriorLoop:
    """What `posterior_steps` leaves: the posterior of the last fold, and its statistics.

    Attributes
    ----------
    arrays : dict of ndarray
        Of the posterior, under the names that it has them by.
    statistics : SufficientStatistics
    log_likelihood : ndarray of shape (n_folds,)
    log_prior : ndarray of shape (n_folds,)
        What the bound has beside the rows.
    ending : Outcome

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.engines import NativeEngine
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import DirichletPrior, Variational
    >>> model = Variational(family_for("diag"), DirichletPrior(1.0), np.zeros(1), 0.1, np.ones(1), 3.0)
    >>> fold, shares = Fold.of_rows(np.array([[0.0], [1.0], [8.0], [9.0]])), np.eye(2)[[0, 0, 1, 1]]
    >>> start = model.maximize(fold.centered_moments(lambda rows: shares[rows.span], 2, model.structure))
    >>> loop = NativeEngine().posterior_loop(fold.source.rows, start.arrays, model.posterior_step, n_steps=3)
    >>> loop.arrays["means"].round(1).ravel()
    array([0.5, 8.1])
    """

    arrays: dict[str, FloatArray]
    statistics: SufficientStatistics
    log_likelihood: FloatArray
    log_prior: FloatArray
    ending: Outcome

    @property
    def objectives(self) -> list[float]:
        """The bound, in nats per unit of weight, of each fold."""
        return ((self.log_likelihood + self.log_prior) / self.statistics.weight).tolist()


def posterior_steps(
    rows: Rows,
    start: Mapping[str, FloatArray],
    step: PosteriorStep,
    *,
    max_steps: int,
    rule: StoppingRule | None = None,
) -> PosteriorLoop:
    """Run whole variational steps on one block of rows, for problems so small that Python would be most of their cost.

    Parameters
    ----------
    rows : Rows
        Their values as `NativeEngine.accepts` them.
    start : dict of ndarray
        A posterior's `arrays`.
    step : PosteriorStep
    max_steps : int
        Largest number of steps; there is one fold more.
    rule : StoppingRule or None
        When they end early.

    Returns
    -------
    loop : PosteriorLoop
        Without a fold, and with the arrays of the start, where a covariance is not positive definite there.
    """
    means = np.array(start["means"], dtype=np.float64, order="C")
    k, d = means.shape
    covariances = np.array(start["covariances"], dtype=np.float64, order="C").reshape(-1)
    precision, degrees = (np.array(start[name], np.float64) for name in ("mean_precision", "degrees_of_freedom"))
    is_stick, belief = step.weights.is_stick, np.zeros(2)
    if is_stick:
        taken, left = np.array(start["taken"], np.float64), np.array(start["left"], np.float64)
        belief[: len(start["concentration"])] = start["concentration"]
    else:
        taken, left = np.array(start["concentration"], np.float64), np.zeros(k)
        belief[:1] = start.get(LEARNED, 0.0)
    seen = rule or NEVER
    sums = ChunkSums.empty(means, step.structure, 1)
    trace, ends = np.empty((max_steps + 1, 2)), np.empty(2, np.int64)
    kernels.compiled.posterior_steps(
        rows.values,
        same_type(rows.weights, rows.values),
        means,
        covariances,
        precision,
        degrees,
        taken,
        left,
        belief,
        STRUCTURE_CODES[step.structure],
        step.are_equal,
        is_stick,
        step.weights.concentration,
        step.weights.rate,
        step.weights.discount,
        step.mean,
        step.mean_precision,
        step.scatter.reshape(-1),
        step.degrees,
        step.log_norm,
        step.divergence,
        None if step.spread is None else step.spread.reshape(-1),
        None if step.jitter is None else step.jitter.reshape(-1),
        max_steps,
        seen.interval,
        seen.gain,
        seen.optimism,
        seen.rival,
        seen.near,
        seen.enough,
        sums.values,
        trace,
        ends,
    )
    arrays = {"means": means, "covariances": covariances.reshape(step.structure.shape(k, d))}
    arrays |= {"mean_precision": precision, "degrees_of_freedom": degrees}
    if is_stick:
        known = np.array([step.weights.concentration])
        arrays |= {"taken": taken, "left": left, "concentration": belief if step.weights.rate else known}
    else:
        arrays |= {"concentration": taken, **({LEARNED: belief[:1]} if step.weights.rate else {})}
    n_folds, ending = ends.tolist()
    log_likelihood, log_prior = trace[:n_folds].T
    return PosteriorLoop(arrays, sums.of_chunk(0, means, rows.n), log_likelihood, log_prior, ENDINGS[ending])
