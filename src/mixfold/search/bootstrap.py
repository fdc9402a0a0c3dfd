"""Is one more component real, and how sure are the parameters? Both are asked of data drawn anew.

The likelihood-ratio statistic of K against K + 1 components has no chi-squared distribution, because the smaller
mixture lies on the border of the larger: its distribution is simulated (McLachlan 1987; McLachlan & Peel 2000, section
6.4).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from sklearn.utils import check_random_state

from mixfold.covariance import CovarianceFamily, family_for
from mixfold.engines import engine_for, to_numpy
from mixfold.errors import CollapseError, InputError
from mixfold.executors import LocalExecutor, side_by_side
from mixfold.fitting import DataScale, Stopping, em, prior_for
from mixfold.fold import Fold
from mixfold.mixtures import Mixture
from mixfold.models import Penalized, Problem
from mixfold.parameters import Parameters
from mixfold.rows import Marks
from mixfold.search.comparison import Comparison
from mixfold.search.grid_fit import fit_grid_model
from mixfold.search.grid_model import GridModel
from mixfold.search.sample import RACE_ROWS, Sample
from mixfold.search.shared_starts import SharedStarts
from mixfold.search.trajectory import MAX_EM_STEPS, TOL_NATS
from mixfold.sources import ArraySource
from mixfold.typing import FloatArray
from mixfold.validation import rows_of

Progress: TypeAlias = Callable[[int, int], object]
"""Called with how many data sets are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class LikelihoodRatioTest:
    """A test of K components against K + 1.

    Attributes
    ----------
    n_components : int
        K.
    covariance_type : str
    statistic : float
        Twice the difference of the log-likelihoods on the data.
    simulated : ndarray of shape (n_bootstrap,)
        The same on data sets drawn from the mixture of K components; sorted.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search import LikelihoodRatioTest
    >>> test = LikelihoodRatioTest(1, "full", statistic=12.0, simulated=np.array([1.0, 3.0, 4.0]))
    >>> test.p_value
    0.25
    """

    n_components: int
    covariance_type: str
    statistic: float
    simulated: FloatArray

    @property
    def p_value(self) -> float:
        """Share of statistics, the observed one among them, that are at least as large as it."""
        return (1.0 + float(np.sum(self.simulated >= self.statistic))) / (1.0 + len(self.simulated))


@dataclass(frozen=True, slots=True)
class StandardErrors:
    """Standard deviations of parameters over data sets drawn from the rows, with replacement.

    Attributes
    ----------
    weights : ndarray of shape (n_components,)
    means : ndarray of shape (n_components, n_features)
    covariances : ndarray of shape (n_components, n_features, n_features)
        Whatever the family.
    n_fitted : int
        Data sets on which EM gave an answer.

    Examples
    --------
    >>> from mixfold import Mixture, bootstrap_standard_errors
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical")
    >>> X, _ = mixture.sample(200, random_state=0)
    >>> errors = bootstrap_standard_errors(mixture, X, n_bootstrap=10, random_state=0)
    >>> errors.weights.shape, errors.means.shape, errors.covariances.shape, errors.n_fitted
    ((2,), (2, 1), (2, 1, 1), 10)
    """

    weights: FloatArray
    means: FloatArray
    covariances: FloatArray
    n_fitted: int


def bootstrap_likelihood_ratio(
    X: Any,
    n_components: int,
    covariance_type: str = "full",
    *,
    n_bootstrap: int = 99,
    random_state: int | np.random.RandomState | None = None,
    n_jobs: int | None = None,
    callback: Progress | None = None,
) -> LikelihoodRatioTest:
    """Test K components against K + 1 by the parametric bootstrap of McLachlan (1987).

    Both mixtures are fitted to the data, and in the same way to each of `n_bootstrap` data sets of as many rows that
    are drawn from the smaller one.

    Parameters
    ----------
    X : array-like or data frame of shape (n_rows, n_features)
    n_components : int
        K, at least one.
    covariance_type : str, default='full'
    n_bootstrap : int, default=99
        Data sets; the smallest p-value is ``1 / (n_bootstrap + 1)``.
    random_state : int, RandomState or None, default=None
        A number makes the test repeatable.
    n_jobs : int, optional
        Data sets fitted at a time (None is 1, -1 all cores). The result has the same bits for any number.
    callback : callable, optional
        Called with how many data sets are done, and how many there are.

    Returns
    -------
    test : LikelihoodRatioTest

    Raises
    ------
    InputError
        If there are not enough rows, or a number is out of its range.
    CollapseError
        If the data themselves cannot be fitted.

    Examples
    --------
    >>> from mixfold import bootstrap_likelihood_ratio
    >>> from mixfold.datasets import load_faithful
    >>> X = load_faithful().data
    >>> bootstrap_likelihood_ratio(X, 1, n_bootstrap=19, random_state=0).p_value
    0.05
    """
    family = family_for(covariance_type)
    rows = np.asarray(rows_of(X), dtype=np.float64)
    _refuse_small(n_bootstrap, "n_bootstrap")
    _refuse_small(n_components, "n_components")
    if len(rows) <= n_components:
        message = f"X must have more than n_components = {n_components} rows, got {len(rows)}. Test fewer components."
        raise InputError(message)
    seeds = check_random_state(random_state).randint(2**31, size=n_bootstrap + 1)
    statistic, null = _ratio(rows, n_components, family, int(seeds[0]), LocalExecutor())
    mixture = Mixture.from_parameters(null, family)

    def simulate(seed: int, executor: LocalExecutor) -> float:
        drawn, _ = mixture.sample(len(rows), np.random.RandomState(seed))
        try:
            return _ratio(drawn, n_components, family, seed, executor)[0]
        except CollapseError:
            return math.nan

    simulated = np.array(_fits_of(simulate, seeds[1:], n_jobs, callback))
    return LikelihoodRatioTest(n_components, family.name, statistic, np.sort(simulated[np.isfinite(simulated)]))


def bootstrap_standard_errors(
    mixture: Mixture,
    X: Any,
    *,
    n_bootstrap: int = 200,
    random_state: int | np.random.RandomState | None = None,
    n_jobs: int | None = None,
    callback: Progress | None = None,
) -> StandardErrors:
    """Give standard errors of a fitted mixture by resampling rows (McLachlan & Peel 2000, section 2.16.2).

    EM begins at the mixture for each data set. Its components come back in any order, so they are matched to those of
    the mixture by the rows that they share (the assignment problem on the overlap of responsibilities).

    Parameters
    ----------
    mixture : Mixture
        `mixture_` of an estimator.
    X : array-like or data frame of shape (n_rows, n_features)
        The rows that it was fitted to.
    n_bootstrap : int, default=200
    random_state : int, RandomState or None, default=None
    n_jobs : int, optional
    callback : callable, optional
        As in `bootstrap_likelihood_ratio`.

    Returns
    -------
    errors : StandardErrors

    Examples
    --------
    >>> from mixfold import Mixture, bootstrap_standard_errors
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical")
    >>> X, _ = mixture.sample(400, random_state=0)
    >>> errors = bootstrap_standard_errors(mixture, X, n_bootstrap=50, random_state=0)
    >>> bool(abs(errors.means - 1.0 / 200**0.5).max() < 0.03)
    True
    """
    _refuse_small(n_bootstrap, "n_bootstrap")
    rows = np.asarray(rows_of(X, n_features=mixture.n_features), dtype=np.float64)
    family, n = mixture.family, len(rows)
    shares = to_numpy(mixture.responsibilities(rows))
    start = mixture.parameters
    seeds = check_random_state(random_state).randint(2**31, size=n_bootstrap)

    def refit(seed: int, executor: LocalExecutor) -> tuple[FloatArray, FloatArray, FloatArray] | None:
        counts = np.random.RandomState(seed).multinomial(n, np.full(n, 1.0 / n)).astype(np.float64)
        fold = _fold(rows[counts > 0.0], counts[counts > 0.0], executor)
        problem = Problem(fold, Penalized(family, prior_for("auto", fold, family, mixture.n_components)))
        run = em(problem, start, Stopping(TOL_NATS, MAX_EM_STEPS), restart=0, name="bootstrap", callback=None)
        if run.parameters is None:
            return None
        fitted = Mixture.from_parameters(run.parameters, family)
        order = linear_sum_assignment(-shares.T @ to_numpy(fitted.responsibilities(rows)))[1]
        return fitted.weights[order], fitted.means[order], fitted.component_covariances[order]

    fits = [fit for fit in _fits_of(refit, seeds, n_jobs, callback) if fit]
    if len(fits) < 2:
        message = f"At least 2 data sets must have an answer, got {len(fits)} of {n_bootstrap}. Draw more."
        raise CollapseError(message)
    weights, means, covariances = (np.std(np.stack(part), axis=0, ddof=1) for part in zip(*fits, strict=True))
    return StandardErrors(weights, means, covariances, len(fits))


def _ratio(
    rows: FloatArray, k: int, family: CovarianceFamily, seed: int, executor: LocalExecutor
) -> tuple[float, Parameters]:
    """Give the statistic, and the smaller mixture."""
    fold = _fold(rows, None, executor)
    scale = DataScale.of(fold, n_components=k + 1)
    comparison = Comparison(fold, "bic", math.inf, scale)
    starts = SharedStarts.of(Sample.of(fold, None, scale, np.random.RandomState(seed), RACE_ROWS), seed)
    sample = starts.sample

    def fitted(k: int, smaller: Parameters | None) -> GridModel:
        return fit_grid_model(comparison, k, family, starts.race(k, smaller), math.inf)

    null = fitted(k, None)
    if null.parameters is None or null.evidence is None:
        raise CollapseError(null.reason)
    larger = fitted(k + 1, sample.dense(null.parameters, family))
    if larger.evidence is None:
        raise CollapseError(larger.reason)
    # The larger mixture holds the smaller one; where its fit is worse it has missed it.
    gain = larger.evidence.log_likelihood - null.evidence.log_likelihood
    return max(0.0, 2.0 * gain), null.parameters


def _fold(rows: FloatArray, weights: FloatArray | None, executor: LocalExecutor) -> Fold:
    return Fold(ArraySource(rows, Marks(weights)), engine_for(rows), executor)


def _fits_of(
    function: Callable[[int, LocalExecutor], Any],
    seeds: npt.NDArray[np.int64],
    n_jobs: int | None,
    callback: Progress | None,
) -> list[Any]:
    """Give what a function makes of each seed, in their order, by an executor that all of them share."""
    results: list[Any] = [None] * len(seeds)
    with LocalExecutor() as executor:  # one thread of BLAS each
        fits = side_by_side(lambda seed: function(seed, executor), seeds.tolist(), n_jobs, executor)
        with closing(fits) as done:
            for n_done, (position, result) in enumerate(done, start=1):
                results[position] = result
                if callback:
                    callback(n_done, len(seeds))
    return results


def _refuse_small(number: int, name: str) -> None:
    if not isinstance(number, int | np.integer) or number < 1:
        message = f"`{name}` must be a whole number of at least 1, got {number!r}."
        raise InputError(message)
