"""Expected values of any function of the features."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy.integrate import quad_vec

from mixfold.errors import InputError, ShapeError
from mixfold.mixtures.sample import Random, n_rows_of, quasi_random_sample, random_of
from mixfold.typing import FloatArray

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture

REPLICATES = 16
"""Independent shifts of a sequence, whose spread is the standard error."""
REACH = 13.0
"""Standard deviations of a component, beyond which nothing that a double can show is left of it."""
TOLERANCE = 1e-12
"""Of an integral over one feature, relative to the largest expected value."""


def expected_value(
    mixture: Mixture,
    function: Callable[[FloatArray], FloatArray],
    n_samples: int = 65_536,
    random_state: Random | None = 0,
) -> tuple[FloatArray, FloatArray]:
    """Give the expectation of a function of the features.

    Parameters
    ----------
    mixture : Mixture
    function : callable
        Of rows (n, n_features); gives a number for each, (n,), or an array, (n, ...).
    n_samples : int, default=65_536
        Rows on which it is evaluated, of several features.
    random_state : int, RandomState, Generator or None, default=0
        Of their shifts.

    Returns
    -------
    value : ndarray of the shape of one value
        `expected_polynomial` and `moment` are exact, where they will do.
    error : ndarray of that shape
        The standard error, by independent shifts of a quasi-random sequence; of one feature what adaptive quadrature
        says of its own error. A feature of a function that is narrower than all components can hide from both.

    Raises
    ------
    InputError or ShapeError
        If `n_samples` is less than 16, values are not finite, or there is not one for each row.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import expected_value
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [1.0]], [1.0, 1.0], "spherical")
    >>> value, error = expected_value(mixture, lambda rows: np.exp(rows[:, 0]))
    >>> round(float(value), 6), bool(error < 1e-8)  # (exp(1/2) + exp(3/2)) / 2
    (3.065205, True)
    """

    def values(rows: FloatArray) -> FloatArray:
        found = np.asarray(function(rows), dtype=float)
        if found.ndim == 0 or len(found) != len(rows):
            message = f"`function` must give a value for each of {len(rows)} rows, got shape {found.shape}."
            raise ShapeError(message)
        if not np.all(np.isfinite(found)):
            message = "`function` must give finite values, but some are not. It may have no expectation."
            raise InputError(message)
        return found

    n = n_rows_of(n_samples)
    if n < REPLICATES:
        message = f"`n_samples` must be at least {REPLICATES}, of which the standard error is made, got {n}."
        raise InputError(message)
    if mixture.n_features == 1:
        return _by_quadrature(mixture, values)
    random = random_of(random_state)
    each = [values(quasi_random_sample(mixture, n // REPLICATES, random)[0]).mean(axis=0) for _ in range(REPLICATES)]
    return np.mean(each, axis=0), np.std(each, axis=0, ddof=1) / np.sqrt(REPLICATES)


def _by_quadrature(mixture: Mixture, values: Callable[[FloatArray], FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Integrate over one feature, of all components at once, each in its own standard deviations."""
    weights, means, deviations = mixture.weights, mixture.means[:, 0], mixture.deviations[:, 0]

    def integrand(z: float) -> FloatArray:
        rows = means + z * deviations
        return np.tensordot(weights, values(rows[:, None]), axes=1) * np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)

    # Where other components lie a function often turns: so many ends of intervals that none hides between two points.
    points = np.linspace(-REACH, REACH, 53)[1:-1]
    value, error = quad_vec(
        integrand, -REACH, REACH, epsabs=0.0, epsrel=TOLERANCE, norm="max", points=points, limit=2000
    )
    return np.asarray(value), np.full(np.shape(value), error)
