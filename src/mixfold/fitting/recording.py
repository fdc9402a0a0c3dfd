"""How columns were recorded: in which steps, and with which values that many rows share.

A number in a table stands for an interval. What is recorded in steps of g is anywhere within g/2 of its value, with
variance g^2 / 12 (Sheppard 1898); a likelihood that takes it for a point is highest where components have no width and
sit on recorded values. What follows is the variance with which a value counts as spread around itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mixfold.engines import kernels
from mixfold.typing import BoolArray, FloatArray, IntArray

COARSE_STEPS = 32
"""A column that spans no more steps is described by them; in finer ones a value that many rows share stands out."""
SHARED = 2.0
"""Rows for each different value from which on values are shared, and do not only happen to be equal."""
COMMON = 0.25
"""Share of the rows from which on a single value is an atom, such as the zeros of a sum that most people do not owe."""
CLEAR = 20.0
"""How many times the rounding of its numbers a step must be to be told from it."""
SURE = 0.05
"""How far from a whole number of steps a stretch may be to be counted in them."""
TELLING = 30
"""Of fewer rows only decimals are believed: six rows that are 1 or 10 do not tell that there is nothing between."""
DIGITS = 6
"""Of a step that is a decimal."""
MOST_STEPS = 1e6
"""A column that spans more steps is as good as continuous."""
MOST_ROUNDS = 60
"""Of Euclid's algorithm, which more than halves the remainder in two."""
WIDTH = (0.05, 0.95)
"""Quantiles between which a column has its width."""
FAR = 5.0
"""Widths beyond those quantiles from which on a value is far."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """How columns were recorded.

    Attributes
    ----------
    variances, lowest, highest : ndarray of shape (n_features,)
        As `robust_variance` gives them.
    steps : ndarray of shape (n_features,)
        As `recorded_step` gives them, of near values.
    value_variances : ndarray of shape (n_features,)
        As `value_variance` gives them.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting.recording import Recorded
    >>> Recorded.of(np.arange(40.0)[:, None], np.ones(40)).steps
    array([1.])
    """

    variances: FloatArray
    lowest: FloatArray
    highest: FloatArray
    steps: FloatArray
    value_variances: FloatArray

    @classmethod
    def of(cls, rows: FloatArray, weights: FloatArray) -> Recorded:
        """Look at the columns of rows (n, D) of weights (n,): in the kernels, if there are any."""
        if not kernels.NATIVE_AVAILABLE:
            return cls.by_column(rows, weights)
        columns, each = np.array(rows.T, order="C"), None
        if np.all(weights == weights[0]):
            columns.sort(axis=1)
        else:
            order = np.argsort(columns, axis=1)
            columns, each = np.take_along_axis(columns, order, axis=1), weights[order]
        found = np.empty((len(columns), 5))
        kernels.compiled.recorded_columns(columns, each, float(weights[0]), found)
        return cls(*found.T.copy())

    @classmethod
    def by_column(cls, rows: FloatArray, weights: FloatArray) -> Recorded:
        """Look at one column after the other: what the kernels do, to rounding."""
        n_rows, found = float(np.sum(weights)), []
        for column in rows.T:
            variance, low, high = robust_variance(column, weights)
            step = recorded_step(column[(column >= low) & (column <= high)], n_rows)
            found.append((variance, low, high, step, value_variance(column, weights, step, variance)))
        return cls(*np.array(found).T.copy())


def rows_between(rows: FloatArray, weights: FloatArray, lowest: FloatArray, highest: FloatArray) -> BoolArray:
    """Tell which rows (n, D) have all values between these (D,); all, where that is less than half of the weight.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting.recording import rows_between
    >>> rows_between(np.array([[0.0], [1.0], [9.0]]), np.ones(3), np.zeros(1), np.ones(1))
    array([ True,  True, False])
    """
    is_beyond = (rows < lowest) | (rows > highest)
    if not is_beyond.any():
        return np.ones(len(rows), dtype=np.bool_)
    is_within = ~np.any(is_beyond, axis=1)
    return is_within if weights @ is_within > 0.5 * np.sum(weights) else np.ones(len(rows), dtype=np.bool_)


def recorded_step(values: FloatArray, n_rows: float | None = None) -> float:
    """Give the largest step of which all differences between values are multiples; zero if there is none.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Finite. Their rounding to double, or else to single precision, does not hide a step.
    n_rows : float, optional
        How many rows they stand for, if not n. Of few only decimal steps are told.

    Returns
    -------
    step : float

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting.recording import recorded_step
    >>> round(recorded_step(np.array([5.1, 4.9, 4.6, 7.0])), 6), recorded_step(np.array([0.3, np.pi, np.e, 1.7]))
    (0.1, 0.0)
    >>> quarters = np.float32([0.5, 1.75, 0.25, 1.5]).astype(float)
    >>> round(recorded_step(quarters), 6), recorded_step(quarters, n_rows=100)
    (0.01, 0.25)
    """
    distinct, n = np.unique(values), len(values) if n_rows is None else n_rows
    largest = float(np.max(np.abs(distinct[[0, -1]])))
    for epsilon in (np.finfo(np.float64).eps, np.finfo(np.float32).eps):
        span = distinct[-1] - distinct[0]
        step = _common_divisor(distinct, 4.0 * float(epsilon) * largest, 0.5 * span / MOST_STEPS)
        if step * MOST_STEPS > span:
            return step if n >= TELLING else _decimal_divisor(step)
    return 0.0


def _decimal_divisor(step: float) -> float:
    """Give the largest power of ten of which a step is a multiple; the step itself if there is none near."""
    for exponent in range(int(np.floor(np.log10(step) + 1e-9)), int(np.floor(np.log10(step))) - DIGITS, -1):
        times = step / 10.0**exponent
        if abs(times - round(times)) < 1e-6:
            return float(10.0**exponent)
    return step


def _common_divisor(distinct: FloatArray, rounding: float, least: float) -> float:
    """Give the greatest common divisor of the gaps between ascending numbers that are wrong by `rounding`.

    Zero where it is below `least`.
    """
    gaps = np.diff(distinct)
    gaps = gaps[gaps > rounding]
    step = float(np.min(gaps, initial=np.inf))
    if not max(CLEAR * rounding, least) < step < np.inf:
        return 0.0
    for _ in range(MOST_ROUNDS):
        step = _refined(step, gaps)
        multiples = np.round(gaps / step)
        remainders = np.abs(gaps - multiples * step)
        # A step is known as well as the longest stretch that it was taken from; what it is multiplied with is not.
        bad = remainders > CLEAR / 4.0 * rounding + 1e-9 * multiples * step
        if not np.any(bad):
            return step
        step = float(np.min(remainders[bad]))
        if step < max(CLEAR * rounding, least):
            return 0.0
    return 0.0


def _refined(step: float, gaps: FloatArray) -> float:
    """Measure a step on ever longer stretches that it is known well enough to count in."""
    for limit in (2.5, 10.5, 100.5):
        near = gaps[(gaps > 0.5 * step) & (gaps <= limit * step)]
        multiples = np.round(near / step)
        is_sure = np.abs(near / step - multiples) < SURE
        step = float(np.sum(near[is_sure]) / np.sum(multiples[is_sure])) if np.any(is_sure) else step
    return step


def robust_variance(values: FloatArray, weights: FloatArray) -> tuple[float, float, float]:
    """Give the variance of the values that are no farther out than `FAR` widths, and where that is.

    Parameters
    ----------
    values, weights : ndarray of shape (n,)

    Returns
    -------
    variance, lowest, highest : float
    """
    low, high = _quantiles(values, weights, WIDTH)
    if low == high:  # most rows share a value, so that the others say how wide the column is
        low, high = np.min(values), np.max(values)
    reach = FAR * (high - low)
    is_near = (values >= low - reach) & (values <= high + reach)
    near = values[is_near] - low  # what never varies has differences of zero, not the rounding of its mean
    share = weights[is_near] / np.sum(weights[is_near])
    return float(share @ (near - share @ near) ** 2), float(low - reach), float(high + reach)


def _quantiles(values: FloatArray, weights: FloatArray, shares: ArrayLike) -> FloatArray:
    """Give the least values that at least such shares of all weight are not above, faster than `np.quantile`."""
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    return values[order[np.searchsorted(below / below[-1], shares)]]


def _usual_gap(distinct: FloatArray, where: IntArray, weights: FloatArray) -> float:
    """Give how far the next value is from that of the middle row, where rows share values; else zero.

    What was recorded in steps, and then in other units or finer decimals, has a smaller common divisor and such gaps.
    """
    n = float(np.sum(weights))
    if len(distinct) < 2 or n < max(TELLING, SHARED * len(distinct)):
        return 0.0
    gaps = np.diff(distinct)
    nearest = np.minimum(np.append(gaps, np.inf), np.append(np.inf, gaps))[where]
    return float(_quantiles(nearest, weights, 0.5))


def value_variance(values: FloatArray, weights: FloatArray, step: float, variance: float) -> float:
    """Give the variance with which a recorded value counts as spread around itself.

    It is g^2 / 12 of a step g, or of the usual gap between values if rows share them and that is wider. Then m values
    that are equally frequent have m^2 times its variance, and telling them apart gains as much density, log m, as the
    entropy of telling costs. Columns of two values have twice that, because they may be indicators of one category, m
    of which are worth no more than log m together.

    A value that a share p of the rows have, in a column of variance v that is not recorded coarsely, would be worth a
    component of no width, which gains ``-p/2 log(s / v)`` for a spread s and costs the entropy of telling its rows from
    the others: at ``s = v exp(-2 H / p)`` they are equal. Twice that is taken, and up to eight times that while it is
    not above v: the other values mostly have a tail, for which there would be a component, too.

    Parameters
    ----------
    values, weights : ndarray of shape (n,)
    step : float
        As `recorded_step` gives it.
    variance : float
        Of the column.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting.recording import value_variance
    >>> round(value_variance(np.array([0.0, 1.0, 2.0]), np.ones(3), 1.0, 0.67), 4)
    0.0833
    >>> zeros_and_others = np.append(np.zeros(50), np.random.default_rng(0).exponential(size=50))
    >>> round(value_variance(zeros_and_others, np.ones(100), 0.0, 1.0), 4)
    0.5
    """
    distinct = np.unique(values)
    if len(values) - len(distinct) + 1 < COMMON * len(values) and np.all(weights == weights[0]):
        return step**2 / 12.0  # next to no values are shared
    distinct, where = np.unique(values, return_inverse=True)
    step = max(step, _usual_gap(distinct, where, weights))
    of_step = step**2 / 12.0
    if step and len(distinct) == 2 and np.sum(weights) >= TELLING:
        return 2.0 * of_step
    if step and distinct[-1] - distinct[0] <= COARSE_STEPS * step:
        return of_step
    share = float(np.max(np.bincount(where, weights))) / float(np.sum(weights))
    if not COMMON <= share < 1.0:
        return of_step
    entropy = -share * np.log(share) - (1.0 - share) * np.log1p(-share)
    equal = float(np.exp(-2.0 * entropy / share))
    return max(of_step, variance * max(2.0 * equal, min(8.0 * equal, 1.0)))
