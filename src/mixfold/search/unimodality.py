"""Whether rows have one mode, and whether those of a component are Gaussian: two tests, each of one number."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import ndtr
from scipy.stats import chi2

from mixfold.typing import FloatArray, IntArray

SHRINKAGE = 0.3
"""Of samples of n rows from a uniform distribution the dip is about ``(limit - SHRINKAGE / sqrt(n)) / sqrt(n)``, to
.005 where 20 % have a larger one, by 6000 samples each of 8, 12, 20, 40, 80, 160, 320, 640 and 1000 rows."""
LIMITS = {
    0.99: 0.257, 0.95: 0.284, 0.9: 0.301, 0.8: 0.326, 0.5: 0.383, 0.2: 0.46, 0.1: 0.501,
    0.05: 0.541, 0.02: 0.586, 0.01: 0.615, 0.005: 0.643, 0.002: 0.682, 0.001: 0.7,
}  # fmt: skip
"""By what share of those samples each is exceeded, by 8000 of 100 rows (of 20 and of 40 rows to .03)."""
LIMIT = LIMITS[0.2]
EXCEEDED_BY = {share: round(limit - LIMIT, 12) for share, limit in LIMITS.items()}
"""What share of samples from a uniform distribution have a larger excess of the dip."""
DECAY = np.log(0.01 / 0.001) / (EXCEEDED_BY[0.001] - EXCEEDED_BY[0.01])
"""Of the logarithm of that share, beyond the last, as between the last few."""
LEAST_ROWS = 8
"""Of which moments of the third and fourth order say anything."""
NOTHING = 1e-10
"""Of the largest number, below which deviations from it are rounding; of the largest variance of a component, below
which a direction has none."""


def dip(values: FloatArray) -> float:
    """Give the dip of a sample: how far its distribution function is from the nearest one with a single mode.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Of which repeated ones count as spread evenly over the step in which they were recorded.

    Returns
    -------
    dip : float
        From ``1 / (2 n)`` to 1/4 (Hartigan & Hartigan 1985, section 3).

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search import dip
    >>> dip(np.array([0.0, 1.0, 2.0, 3.0])), round(dip(np.array([0.0, 0.1, 9.0, 9.1])), 3)
    (0.125, 0.247)
    """
    points = _spread(np.sort(values))
    n = len(points)
    if n < 2:
        return 0.5
    below, above = np.arange(n) / n, np.arange(1, n + 1) / n  # the distribution function left of each point, and at it
    before, after = _knots_before(points, below), n - 1 - _knots_before(-points[::-1], -above[::-1])[::-1]
    low, high, largest = 0, n - 1, 1.0 / n
    while True:
        span = np.arange(low, high + 1)
        # Where a span ends are knots of the curve of all points before, or after: what follows is the same there.
        convex, concave = _chain(before, high, low)[::-1], _chain(after, low, high)
        minorant = np.interp(points[span], points[convex], below[convex])
        majorant = np.interp(points[span], points[concave], above[concave])
        knots = np.union1d(convex, concave)
        gaps = (majorant - minorant)[knots - low]  # widest at a knot, as it is concave between them
        at = int(knots[np.argmax(gaps)])
        if np.max(gaps) <= largest:
            return 0.5 * largest
        # The mode lies between the knots of both curves around the widest gap.
        left, right = int(convex[convex <= at][-1]), int(concave[concave >= at][0])
        largest = max(
            largest,
            float(np.max((above[span] - minorant)[span <= left])),
            float(np.max((majorant - below[span])[span >= right])),
        )
        if (left, right) == (low, high):
            return 0.5 * largest
        low, high = left, right


def least_dip(values: FloatArray) -> float:
    """Give what the dip of a sample is at least, by its widest gap alone, in a fraction of the time.

    A density with one mode is on an interval, on average, at least what it is on those beside it, or on one of them.
    The distribution function is within the dip of one with such a density, and shares of rows within twice that. So a
    gap of length m, of no rows, beside which a share p of them is on a length l, and q on r, says that

        dip >= 1/2 min(m p / (m + l), m q / (m + r)),

    of which the largest counts, of all intervals that begin at either end of the gap.

    Parameters
    ----------
    values : ndarray of shape (n,)

    Returns
    -------
    least : float

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search.unimodality import dip, least_dip
    >>> values = np.array([0.0, 0.1, 0.2, 9.0, 9.1, 9.2])
    >>> round(least_dip(values), 3), round(dip(values), 3)
    (0.244, 0.244)
    """
    points = _spread(np.sort(values))
    n = len(points)
    if n < 2:
        return 0.5
    gaps = np.diff(points)
    at = int(np.argmax(gaps))
    gap, before, after = gaps[at], points[at] - points[at::-1], points[at + 1 :] - points[at + 1]
    sides = [np.max(np.arange(1, len(side) + 1) / (gap + side)) for side in (before, after)]
    return 0.5 * float(gap) * float(min(sides)) / n


def has_one_mode(values: FloatArray) -> bool:
    """Whether a sample may come from a distribution with one mode: four of five samples that do pass.

    Parameters
    ----------
    values : ndarray of shape (n,)

    Returns
    -------
    has_one_mode : bool
        Whether the dip is one of the lower 80 % of the uniform distribution, of all with one mode the one whose
        samples dip most (Hartigan & Hartigan 1985, theorem 4).

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search import has_one_mode
    >>> random = np.random.default_rng(0)
    >>> one, other = random.standard_normal(100), random.standard_normal(100) + 6.0
    >>> has_one_mode(one), has_one_mode(np.concatenate([one, other]))
    (True, False)
    """
    return excess_of_dip(values) <= 0.0


def excess_of_dip(values: FloatArray, dip_of: Callable[[FloatArray], float] = dip) -> float:
    """Give how far the dip of a sample is above that of four of five uniform samples, times the root of its rows.

    Parameters
    ----------
    values : ndarray of shape (n,)
    dip_of : callable, default=dip
        Or `least_dip`, for what the excess is at least.

    Returns
    -------
    excess : float
        Comparable between samples of different size; negative where there may be one mode.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search.unimodality import excess_of_dip
    >>> excess_of_dip(np.arange(100.0)) < 0.0
    True
    """
    root = np.sqrt(len(values))
    return float(dip_of(values) * root - (LIMIT - SHRINKAGE / root))


def p_value_of_excess(excess: float) -> float:
    """Give the share of uniform samples whose dip has a larger excess: the p-value of one mode.

    Parameters
    ----------
    excess : float
        As `excess_of_dip` gives it.

    Returns
    -------
    p_value : float
        From 0 to 1; too large, if anything, below a thousandth.

    Examples
    --------
    >>> from mixfold.search.unimodality import p_value_of_excess
    >>> p_value_of_excess(0.081), p_value_of_excess(-1.0)
    (0.05, 1.0)
    """
    excesses, shares = np.array(list(EXCEEDED_BY.values())), np.array(list(EXCEEDED_BY))
    if excess < excesses[0]:
        return 1.0
    within = float(np.interp(excess, excesses, np.log(shares)))
    return round(float(np.exp(within - DECAY * max(excess - float(excesses[-1]), 0.0))), 12)


def gaussian_probabilities(
    rows: FloatArray, responsibilities: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    """Give for each component the probability that Gaussian rows look as little Gaussian as its own.

    Third and fourth moments, weighted with responsibilities, which of a mixture that is right are those of a Gaussian
    in each component: all products of three standardized features, the fourth power of each, and the sum of products of
    two squares (Neyman's smooth test, 1937, with Hermite polynomials; skewness and kurtosis are Mardia's, 1970).

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
    responsibilities : ndarray of shape (n_rows, n_components)
    weights : ndarray of shape (n_rows,), optional
        How often each row is there.

    Returns
    -------
    probabilities : ndarray of shape (n_components,)
        One where a component has fewer than eight rows.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search.unimodality import gaussian_probabilities
    >>> random = np.random.default_rng(0)
    >>> rows = np.concatenate([random.standard_normal((200, 1)), 50.0 + random.exponential(size=(200, 1))])
    >>> (gaussian_probabilities(rows, np.repeat(np.eye(2), 200, axis=0)) < 0.01).tolist()
    [False, True]
    """
    counts = np.ones(len(rows)) if weights is None else weights
    return np.array([_gaussian_probability(rows, shares, counts) for shares in responsibilities.T])


def probability_of_flatness(rows: FloatArray, responsibilities: FloatArray, weights: FloatArray | None = None) -> float:
    """Give the probability that Gaussian components have tails as short as these, all together.

    Pieces of a shape with edges are flatter than normals, each by little, and all of them to the same side: Mardia's
    kurtosis of each, less what it is on average of so many normal rows, in its standard errors (Mardia 1974, Sankhya B
    36, 115-128), summed with the roots of the rows for weights (Stouffer's test).

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
    responsibilities : ndarray of shape (n_rows, n_components)
    weights : ndarray of shape (n_rows,), optional
        How often each row is there.

    Returns
    -------
    probability : float
        One half where no component has enough rows.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search.unimodality import probability_of_flatness
    >>> quarters = np.repeat(np.eye(4), 50, axis=0)
    >>> box = np.random.default_rng(0).uniform(size=(200, 2)) + 9.0 * quarters[:, :2]
    >>> normal = np.random.default_rng(0).standard_normal((200, 2))
    >>> probability_of_flatness(box, quarters) < 0.001, probability_of_flatness(normal, quarters) > 0.1
    (True, True)
    """
    counts = np.ones(len(rows)) if weights is None else weights
    d, total, squares = rows.shape[1], 0.0, 0.0
    for column in responsibilities.T:
        n = float(counts @ column) ** 2 / max(float(counts @ column**2), np.finfo(np.float64).tiny)
        if n < max(LEAST_ROWS, d + 2):
            continue
        z, shares = _standardized(rows, counts * column)
        kept = z.shape[1]
        if not kept:
            continue
        kurtosis = float(shares @ np.sum(z**2, axis=1) ** 2)
        mean = kept * (kept + 2) * (n - 1.0) / (n + 1.0)
        variance = 8.0 * kept * (kept + 2) * (n - 3.0) * (n - kept - 1.0) * (n - kept + 1.0)
        variance /= (n + 1.0) ** 2 * (n + 3.0) * (n + 5.0)
        total += float(np.sqrt(n)) * (kurtosis - mean) / float(np.sqrt(variance))
        squares += n
    return float(ndtr(total / np.sqrt(squares))) if squares else 0.5


def _gaussian_probability(rows: FloatArray, shares: FloatArray, counts: FloatArray) -> float:
    # As many rows as Kish says of shares: a row that is there twice is two rows with the same share, and not one.
    effective = float(counts @ shares) ** 2 / max(float(counts @ shares**2), np.finfo(np.float64).tiny)
    shares = shares * counts
    total = float(np.sum(shares))
    if total < LEAST_ROWS:
        return 1.0
    z, weights = _standardized(rows, shares)
    if not z.shape[1]:
        return 1.0
    squared, n_moments = _hermite_moments(z, weights)
    return float(chi2.sf(effective * squared, n_moments))


def _standardized(rows: FloatArray, shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the rows that have a share (n, d), whitened by what has variance, if any has, and their shares of one."""
    having = shares > NOTHING * np.max(shares)
    rows, weights = rows[having], shares[having] / float(np.sum(shares))
    steps = rows - weights @ rows
    variances, directions = np.linalg.eigh((steps.T * weights) @ steps)
    if variances[-1] <= (NOTHING * np.max(np.abs(rows))) ** 2:
        return steps[:, :0], weights
    kept = variances > NOTHING * variances[-1]
    return steps @ directions[:, kept] / np.sqrt(variances[kept]), weights


def _hermite_moments(z: FloatArray, weights: FloatArray) -> tuple[float, int]:
    """Sum the squared means of products of Hermite polynomials, each by its variance for standard normals.

    Returns
    -------
    total : float
    n_moments : int
        How many there are.
    """
    n_features = z.shape[1]
    weighted = weights[:, None] * z
    mean, squares = np.sum(weighted, axis=0), z**2
    total = 0.0
    for feature in range(n_features):  # of third order, with this one as the first of those that are in the product
        third = (weighted[:, feature, None] * z[:, feature:]).T @ z[:, feature:]
        rest = third[0, 1:]  # E z_a^2 z_b
        among = third[1:, 1:]  # E z_a z_b z_c
        total += (third[0, 0] - 3.0 * mean[feature]) ** 2 / 6.0
        total += float(np.sum((rest - mean[feature + 1 :]) ** 2)) / 2.0
        total += float(np.sum((np.diag(among) - mean[feature]) ** 2)) / 2.0
        total += float(np.sum(np.triu(among, 1) ** 2))
    fourth = weights @ (squares**2 - 6.0 * squares + 3.0)
    total += float(fourth @ fourth) / 24.0
    n_moments = n_features * (n_features + 1) * (n_features + 2) // 6 + n_features
    if n_features > 1:  # of the sum over all pairs, whatever directions the axes have
        second = squares - 1.0
        pairs = 0.5 * float(weights @ (np.sum(second, axis=1) ** 2 - np.sum(second**2, axis=1)))
        total += pairs**2 / (2.0 * n_features * (n_features - 1))
        n_moments += 1
    return total, n_moments


def _spread(x: FloatArray) -> FloatArray:
    """Give sorted values, repeated ones at even places within half a step of theirs; all equal, one of them."""
    if np.all(x[1:] > x[:-1]):
        return x
    levels, first, counts = np.unique(x, return_index=True, return_counts=True)
    if len(levels) < 2:
        return levels
    step = float(np.min(np.diff(levels)))
    places = np.arange(len(x)) - np.repeat(first, counts)
    return np.repeat(levels, counts) + step * ((places + 0.5) / np.repeat(counts, counts) - 0.5)


def _knots_before(points: FloatArray, heights: FloatArray) -> IntArray:
    """Give for each point the knot before it of the greatest convex minorant of all points up to it, or itself."""
    x, y = points.tolist(), heights.tolist()  # numbers of Python's: a loop over those of arrays is far slower
    knots: list[int] = []
    before = [0] * len(x)
    for i, (at, height) in enumerate(zip(x, y, strict=True)):
        while len(knots) > 1:
            a, b = knots[-2], knots[-1]
            if (x[b] - x[a]) * (height - y[a]) - (at - x[a]) * (y[b] - y[a]) > 0.0:
                break
            knots.pop()
        before[i] = knots[-1] if knots else i
        knots.append(i)
    return np.array(before)


def _chain(following: IntArray, first: int, last: int) -> IntArray:
    """Follow knots from the first to the last, which may lie on a line between two of them."""
    knots = [first]
    step = 1 if last > first else -1
    while step * (last - knots[-1]) > 0:
        knots.append(int(following[knots[-1]]))
    knots[-1] = last
    return np.array(knots)
