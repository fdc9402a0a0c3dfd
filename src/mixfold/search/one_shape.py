"""Whether rows are one cluster of a simple shape: where it is clearly better by BIC than the mixture.

A skewed, flat or bounded cluster takes several Gaussian components, and the more rows there are, the more it takes.
Whether these are clusters is asked by a comparison with what is one cluster without doubt: a density of one mode in
each feature, the features bound by a Gaussian copula (Sklar 1959), or one whose contours are ellipsoids, from pointed
to flat (Gomez, Gomez-Villegas & Marin 1998). Where one of these has a smaller BIC than the
mixture, by some standard errors of the difference (Vuong 1989), there is one cluster.

The density of a feature is the exponential of a polynomial between the ends of its values (Barron & Sheu 1991), on the
scale, of four, and of the degree that BIC chooses among those that have one mode.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import gammaln, ndtri

from mixfold.covariance import LARGEST
from mixfold.engines import to_numpy
from mixfold.mixtures import Mixture
from mixfold.search.integrated import ROWS_FOR_BIC, has_few_each, log_evidence
from mixfold.search.shapes import MOST_ROWS
from mixfold.search.unimodality import LEAST_ROWS, NOTHING
from mixfold.typing import FloatArray

MOST_DEGREE = 6
"""Of the polynomial."""
NODES = 64 * MOST_DEGREE
"""Of the integral over a feature."""
POWERS = (0.5, 50.0)
"""Of the distance from the center in the exponent, from and to: 1 is Laplace's, 2 Gauss's, and 50 as good as flat."""


class Density(NamedTuple):
    """Log-density of rows, and how many parameters it took."""

    log_density: FloatArray
    n_parameters: float

    @property
    def bic(self) -> float:
        """Bayesian information criterion, smaller is better."""
        return float(self.n_parameters * np.log(len(self.log_density)) - 2.0 * np.sum(self.log_density))


class Margin(NamedTuple):
    """Density of a feature, and the share of it below each value."""

    density: Density
    below: FloatArray


def advantage_over_one_shape(mixture: Mixture, rows: FloatArray, weights: FloatArray) -> float:
    """Give by how much the BIC of a mixture is smaller than that of the best single shape, in its standard errors.

    Parameters
    ----------
    mixture : Mixture
    rows : ndarray of shape (n_rows, n_features)
    weights : ndarray of shape (n_rows,)
        How often each row is there.

    Returns
    -------
    advantage : float
        Negative where a single shape has the smaller BIC. The standard error is that of a sum over rows (Vuong 1989).
        Infinite where rows say nothing: weights are no numbers of rows, values are missing, or there are too few. Of
        the other features alone where half of the rows or more have one value of some.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import Mixture
    >>> from mixfold.search.one_shape import advantage_over_one_shape
    >>> halves = Mixture([0.5, 0.5], [[0.25], [0.75]], [0.03, 0.03], "spherical")
    >>> box = np.random.default_rng(0).uniform(size=(300, 1))
    >>> advantage_over_one_shape(halves, box, np.ones(300)) < 0.0
    True
    >>> apart = Mixture([0.5, 0.5], [[0.0], [2.0]], [0.03, 0.03], "spherical")
    >>> advantage_over_one_shape(apart, apart.sample(300, random_state=0)[0], np.ones(300)) > 5.0
    True
    """
    if np.any(weights % 1.0) or not np.all(np.isfinite(rows)):
        return np.inf
    ends = np.cumsum(weights.astype(np.intp))  # copies of a row are places before its end: there may be very many
    n = int(ends[-1])
    places = np.arange(n) if n <= MOST_ROWS else np.linspace(0, n - 1, MOST_ROWS).astype(np.intp)
    values = rows[np.searchsorted(ends, places, side="right")]
    spread_out = [feature for feature, column in enumerate(values.T) if not has_atom(column)]
    if not spread_out:
        return np.inf
    if len(spread_out) < values.shape[1]:
        mixture, values = mixture.marginal(spread_out), values[:, spread_out]
    if len(values) < max(LEAST_ROWS, values.shape[1] + 2):
        return np.inf
    covariance = np.atleast_2d(np.cov(values.T))
    units = np.sqrt(np.diag(covariance))
    if not np.all((units > 0.0) & (np.ptp(values, axis=0) > 0.0)):  # rounding may leave a constant some variance
        return np.inf
    variances = np.linalg.eigvalsh(covariance / units / units[:, None])
    if variances[0] <= NOTHING * variances[-1]:
        return np.inf
    shapes = [elliptical(values, covariance), bound_by_copula(values)]
    best = min((shape for shape in shapes if shape is not None), key=lambda shape: shape.bic)
    several = Density(np.asarray(to_numpy(mixture.log_density(values)), dtype=np.float64), mixture.n_parameters)
    error = 2.0 * np.sqrt(len(values)) * float(np.std(several.log_density - best.log_density))
    lowest = several.bic
    each = ROWS_FOR_BIC if mixture.covariance_type == LARGEST else 1.0
    if has_few_each(len(values), mixture.n_components, mixture.n_features, each):
        shares = np.asarray(to_numpy(mixture.responsibilities(values)), dtype=np.float64)
        lowest = min(lowest, -2.0 * log_evidence(values, shares))
    return float((best.bic - lowest) / max(error, float(np.finfo(float).tiny)))


def has_atom(values: FloatArray) -> bool:
    """Whether half of the rows or more have one value, as of counts that are mostly zero; a constant is none.

    There a flexible density may be as high as its scale allows, which says nothing of clusters.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search.one_shape import has_atom
    >>> has_atom(np.array([0.0, 0.0, 0.0, 0.7, 1.3])), has_atom(np.arange(5.0))
    (True, False)
    """
    counts = np.unique(values, return_counts=True)[1]
    return len(counts) > 1 and bool(2 * np.max(counts) >= len(values))


def elliptical(rows: FloatArray, covariance: FloatArray) -> Density:
    """Give the multivariate power exponential density with the mean and the covariance of rows.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
    covariance : ndarray of shape (n_features, n_features)
        Positive definite; what is learned is by which power of the distance the density falls.
    """
    d = rows.shape[1]
    root = np.linalg.cholesky(covariance)
    distances = np.linalg.norm(np.linalg.solve(root, (rows - np.mean(rows, axis=0)).T), axis=0)
    distances = np.maximum(distances, np.finfo(float).tiny)
    farthest = float(np.max(distances))
    outside = gammaln(d / 2.0) - np.log(2.0) - 0.5 * d * np.log(np.pi) - float(np.sum(np.log(np.diag(root))))

    def log_density(log_power: float) -> FloatArray:
        power = float(np.exp(log_power))
        powers = (distances / farthest) ** power
        spread = power / d * float(np.mean(powers))
        of_scale = d * (np.log(farthest) + np.log(spread) / power)
        return np.asarray(outside + log_power - gammaln(d / power) - of_scale - powers / spread)

    bounds = np.log(POWERS)
    found = minimize_scalar(lambda value: -np.sum(log_density(value)), bounds=bounds, method="bounded")
    return Density(log_density(found.x), 1.0 + d + d * (d + 1) / 2)


def bound_by_copula(rows: FloatArray) -> Density | None:
    """Give densities of one mode in each feature, with a Gaussian copula if BIC pays for it; None if one has none."""
    d = rows.shape[1]
    margins = one_mode_margins(rows)
    if margins is None:
        return None
    alone = Density(
        np.sum([margin.density.log_density for margin in margins], axis=0),
        sum(margin.density.n_parameters for margin in margins),
    )
    if d == 1:
        return alone
    scores = ndtri(np.column_stack([margin.below for margin in margins]))
    correlation = np.corrcoef(scores.T) * (1.0 - 1e-6) + 1e-6 * np.eye(d)
    within = np.einsum("ni,ij,nj->n", scores, np.linalg.inv(correlation) - np.eye(d), scores)
    bound = alone.log_density - 0.5 * (within + np.linalg.slogdet(correlation)[1])
    return min(alone, Density(bound, alone.n_parameters + d * (d - 1) / 2), key=lambda density: density.bic)


class Scaled(NamedTuple):
    """A feature on a scale, from minus one to one, with the slopes of the scale at its values and at `NODES`."""

    feature: int
    unit: FloatArray
    width: float
    log_slopes: FloatArray
    slopes: FloatArray
    moments: FloatArray


class Fitted(NamedTuple):
    """A density of one mode on a scale, and its BIC."""

    bic: float
    scaled: Scaled
    theta: FloatArray


def one_mode_margins(rows: FloatArray) -> list[Margin] | None:
    """Give for each feature of rows the best density of one mode, of four scales and several degrees, by BIC.

    None where a feature has none.
    """
    if np.any(np.ptp(rows, axis=0) == 0.0):
        return None
    (n, d), basis = rows.shape, _legendre((np.arange(NODES) + 0.5) / NODES * 2.0 - 1.0)
    scaled = _on_scales(rows, basis)
    moments = np.array([each.moments for each in scaled])
    sums_of_slopes = np.array([np.sum(each.log_slopes) for each in scaled])
    log_widths = np.log([each.width for each in scaled])
    best: list[Fitted | None] = [None] * d
    thetas = np.zeros((len(scaled), 0))
    for degree in range(MOST_DEGREE + 1):
        thetas, values = _polynomials(basis[:, :degree], moments[:, :degree], thetas)
        bics = (degree + 2.0) * np.log(n) - 2.0 * (sums_of_slopes - n * (values + log_widths))
        for one, theta, bic in zip(scaled, thetas, bics.tolist(), strict=True):
            rival = best[one.feature]
            if (rival is None or bic < rival.bic) and has_one_peak(basis[:, :degree] @ theta + one.slopes):
                best[one.feature] = Fitted(bic, one, theta)
    found = [_margin(each, basis) for each in best if each is not None]
    return found if len(found) == d else None


def _on_scales(rows: FloatArray, basis: FloatArray) -> list[Scaled]:
    n = len(rows)
    # Far from zero the ends of the scales would be lost in rounding.
    values = np.subtract(rows.T, _column(np.median(rows, axis=0)), order="C")
    step = _column(np.ptp(rows, axis=0) / n)
    low, high = _column(np.min(values, axis=1)) - step, _column(np.max(values, axis=1)) + step
    spread = np.maximum(_column(np.median(np.abs(values), axis=1)), step)
    from_low, from_high = np.log(values - low), np.log(high - values)
    places_and_slopes = [
        (values, np.zeros_like(values)),
        (from_low, -from_low),
        (-from_high, -from_high),
        (np.arcsinh(values / spread), -0.5 * np.log(spread**2 + values**2)),
    ]
    ordered, nodes = np.argsort(values, axis=1), basis[:, 0]
    scaled = []
    for places, log_slopes in places_and_slopes:
        step = _column(np.ptp(places, axis=1) / n)
        low, high = _column(np.min(places, axis=1)) - step, _column(np.max(places, axis=1)) + step
        units = 2.0 * (places - low) / (high - low) - 1.0
        moments = np.mean(_legendre(units), axis=1)
        for feature, (unit, slopes, order) in enumerate(zip(units, log_slopes, ordered, strict=True)):
            at_nodes = np.interp(nodes, unit[order], slopes[order])
            width = float(high[feature, 0] - low[feature, 0])
            scaled.append(Scaled(feature, unit, width, slopes, at_nodes, moments[feature]))
    return scaled


def _column(values: FloatArray) -> FloatArray:
    return values[:, None]


def _margin(fitted: Fitted, basis: FloatArray) -> Margin:
    scaled, theta = fitted.scaled, fitted.theta
    heights = basis[:, : len(theta)] @ theta
    log_density = _legendre(scaled.unit)[:, : len(theta)] @ theta + scaled.log_slopes
    mass = np.exp(heights - np.max(heights))
    log_density -= np.max(heights) + np.log(np.mean(mass)) + np.log(scaled.width)
    shares = np.concatenate([[0.0], np.cumsum(mass)]) / np.sum(mass)
    below, inside = np.interp(scaled.unit, np.linspace(-1.0, 1.0, NODES + 1), shares), 0.25 / len(scaled.unit)
    return Margin(Density(log_density, len(theta) + 2.0), np.clip(below, inside, 1.0 - inside))


def _legendre(places: FloatArray) -> FloatArray:
    """Give Legendre's polynomials of degree one and more, (..., MOST_DEGREE)."""
    return np.asarray(np.polynomial.legendre.legvander(places, MOST_DEGREE)[..., 1:], dtype=np.float64)


def _polynomials(basis: FloatArray, moments: FloatArray, start: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the polynomials (p, degree) whose exponentials have given moments: Newton's method on what is convex.

    With it the minimum of that: the log mean of the exponential less the polynomial's mean over the rows.
    """
    thetas = np.concatenate([start, np.zeros((len(moments), moments.shape[1] - start.shape[1]))], axis=1)
    if not thetas.shape[1]:
        return thetas, np.zeros(len(thetas))
    squares = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), -1)

    def values(at: FloatArray, wanted: FloatArray) -> tuple[FloatArray, FloatArray]:
        heights = at @ basis.T
        largest = np.max(heights, axis=1)
        mass = np.exp(heights - largest[:, None])
        return largest + np.log(np.mean(mass, axis=1)) - np.sum(at * wanted, axis=1), mass

    now, mass = values(thetas, moments)
    moving = np.arange(len(moments))
    for _ in range(5 * MOST_DEGREE):
        wanted, before = moments[moving], now[moving]
        mass /= np.sum(mass, axis=1)[:, None]
        means = mass @ basis
        spread = (mass @ squares).reshape(len(moving), *2 * means.shape[1:]) - means[:, :, None] * means[:, None, :]
        steps = np.linalg.solve(spread + NOTHING * np.eye(means.shape[1]), (means - wanted)[:, :, None])[:, :, 0]
        lengths = np.ones((len(moving), 1))
        after, mass = values(thetas[moving] - steps, wanted)
        while np.any(short := (after > before) & (lengths[:, 0] > NOTHING)):
            lengths[short] *= 0.5
            after[short], mass[short] = values(thetas[moving[short]] - lengths[short] * steps[short], wanted[short])
        thetas[moving] -= lengths * steps
        now[moving] = after
        goes_on = before - after > np.sqrt(NOTHING) / 10.0
        moving, mass = moving[goes_on], mass[goes_on]
        if not len(moving):
            break
    return thetas, now


def has_one_peak(heights: FloatArray) -> bool:
    """Whether what rises falls ever after.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search.one_shape import has_one_peak
    >>> has_one_peak(np.array([0.0, 1.0, 1.0, 0.5])), has_one_peak(np.array([1.0, 0.0, 1.0]))
    (True, False)
    """
    signs = np.sign(np.diff(heights))
    signs = signs[signs != 0.0]
    return bool(np.all(np.diff(signs) <= 0.0))
