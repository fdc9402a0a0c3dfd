"""Moments of a mixture: expected products of features, in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mixfold.errors import InputError, ShapeError
from mixfold.typing import FloatArray
from mixfold.validation import array_of_shape

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture

HIGHEST = 4


def moment(mixture: Mixture, order: int, about: npt.ArrayLike | None = None) -> FloatArray:
    """Give the expected outer product of `order` copies of ``x - about``.

    Parameters
    ----------
    mixture : Mixture
    order : int
        From 1 to 4.
    about : array-like of shape (n_features,), optional
        The origin by default; ``mixture.mean`` gives central moments.

    Returns
    -------
    moment : ndarray of shape (n_features,) * order
        Symmetric in all axes (Isserlis 1918 for each component).

    Raises
    ------
    InputError
        If `order` is another.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import moment
    >>> mixture = Mixture([0.5, 0.5], [[-1.0], [1.0]], [1.0, 1.0], "spherical")
    >>> [float(moment(mixture, order).ravel()[0]) for order in (1, 2, 3, 4)]
    [0.0, 2.0, 0.0, 10.0]
    """
    if order not in range(1, HIGHEST + 1):
        message = f"`order` must be 1, 2, 3 or 4, got {order!r}. `expected_polynomial` takes any power."
        raise InputError(message)
    origin = np.zeros(mixture.n_features) if about is None else about
    steps = mixture.means - array_of_shape(origin, (mixture.n_features,), "about", "(n_features,)")
    spread, weights = mixture.component_covariances, mixture.weights
    if order == 1:
        return weights @ steps
    if order == 2:
        return np.einsum("k,kij->ij", weights, spread + steps[:, :, None] * steps[:, None])
    if order == 3:
        cubes = np.einsum("k,ka,kb,kc->abc", weights, steps, steps, steps)
        mixed = np.einsum("k,ka,kbc->abc", weights, steps, spread)
        return cubes + mixed + mixed.transpose(1, 0, 2) + mixed.transpose(1, 2, 0)
    fourth = np.einsum("k,ka,kb,kc,kd->abcd", weights, steps, steps, steps, steps)
    pairs = np.einsum("k,ka,kb,kcd->abcd", weights, steps, steps, spread)
    spreads = np.einsum("k,kab,kcd->abcd", weights, spread, spread)
    for axes in ((0, 1, 2, 3), (0, 2, 1, 3), (0, 2, 3, 1), (2, 0, 1, 3), (2, 0, 3, 1), (2, 3, 0, 1)):
        fourth += pairs.transpose(axes)
    for axes in ((0, 1, 2, 3), (0, 2, 1, 3), (0, 2, 3, 1)):
        fourth += spreads.transpose(axes)
    return fourth


def expected_polynomial(mixture: Mixture, terms: Mapping[tuple[int, ...], float]) -> float:
    """Give the expectation of a polynomial of the features.

    Parameters
    ----------
    mixture : Mixture
    terms : mapping of a power for each feature to a coefficient
        ``{(2, 1): 3.0, (0, 0): -1.0}`` is ``3 a^2 b - 1``.

    Returns
    -------
    expectation : float
        Exact, by ``E[x_i g] = m_i E[g] + sum_j S_ij E[dg / dx_j]`` (Stein 1981, lemma 1) in each component.

    Raises
    ------
    InputError or ShapeError
        If a power is no whole number of at least zero, or there is not one for each feature.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import expected_polynomial
    >>> mixture = Mixture([1.0], [[1.0, 0.0]], [[[1.0, 0.5], [0.5, 1.0]]])
    >>> expected_polynomial(mixture, {(1, 1): 2.0, (0, 6): 1.0})  # 2 * 0.5 + 15
    16.0
    """
    for powers in terms:
        if len(powers) != mixture.n_features:
            message = f"Each term must have a power for each of the {mixture.n_features} features, got {powers!r}."
            raise ShapeError(message)
        if any(power < 0 or power % 1 for power in powers):
            message = f"Powers must be whole numbers of at least zero, got {powers!r}."
            raise InputError(message)
    known: dict[tuple[int, ...], FloatArray] = {(0,) * mixture.n_features: np.ones(mixture.n_components)}
    means, spread = mixture.means, mixture.component_covariances

    def expected(powers: tuple[int, ...]) -> FloatArray:
        if powers not in known:
            i = next(at for at, power in enumerate(powers) if power)
            rest = _lowered(powers, i)
            value = means[:, i] * expected(rest)
            for j, power in enumerate(rest):
                if power:
                    value = value + power * spread[:, i, j] * expected(_lowered(rest, j))
            known[powers] = value
        return known[powers]

    return float(
        sum(factor * (mixture.weights @ expected(tuple(map(int, powers)))) for powers, factor in terms.items())
    )


def _lowered(powers: tuple[int, ...], at: int) -> tuple[int, ...]:
    return (*powers[:at], powers[at] - 1, *powers[at + 1 :])


def characteristic_function(mixture: Mixture, frequencies: npt.ArrayLike) -> npt.NDArray[np.complex128]:
    """Give ``E exp(i t^T x)`` for each of several t.

    Parameters
    ----------
    mixture : Mixture
    frequencies : array-like of shape (n, n_features)

    Returns
    -------
    values : complex ndarray of shape (n,)
        ``sum_k w_k exp(i t^T m_k - t^T S_k t / 2)``.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import characteristic_function
    >>> characteristic_function(Mixture([1.0], [[0.0]], [2.0], "spherical"), [[0.0], [1.0]]).real.round(4)
    array([1.    , 0.3679])
    """
    given = np.asarray(frequencies, dtype=float)
    t = array_of_shape(given, (len(given), mixture.n_features), "frequencies", "(n, n_features)")
    squares = np.einsum("ni,kij,nj->nk", t, mixture.component_covariances, t, optimize=True)
    values: npt.NDArray[np.complex128] = np.exp(1j * (t @ mixture.means.T) - 0.5 * squares) @ mixture.weights
    return values
