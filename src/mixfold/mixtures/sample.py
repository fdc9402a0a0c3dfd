"""Rows drawn from a mixture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from mixfold.errors import InputError
from mixfold.potentials import Potentials
from mixfold.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture

Random = int | np.integer | np.random.RandomState | np.random.Generator
"""What decides on a sample."""


def draw(
    weights: FloatArray, potentials: Potentials, n_samples: float, random_state: Random | None
) -> tuple[FloatArray, IntArray]:
    """Draw rows from the components of a mixture, as many from each as a multinomial says.

    Parameters
    ----------
    weights : ndarray of shape (n_components,)
    potentials : Potentials
        Of the same components.
    n_samples : int
        At least one.
    random_state : int, RandomState, Generator or None

    Returns
    -------
    rows : ndarray of shape (n_samples, n_features)
        Those of component 0 first, then those of component 1, ...
    labels : ndarray of shape (n_samples,)

    Raises
    ------
    InputError
        If `n_samples` is no number of rows, or `random_state` is nothing that decides.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures.sample import draw
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [100.0]], [1.0, 1.0], "spherical")
    >>> rows, labels = draw(mixture.weights, mixture.potentials, 4, np.random.default_rng(0))
    >>> bool(((rows[:, 0] > 50) == labels).all())
    True
    """
    n, random = n_rows_of(n_samples), random_of(random_state)
    counts = random.multinomial(n, weights)
    parts = [
        potentials.color(component, random.standard_normal((count, potentials.n_features)))
        for component, count in enumerate(counts)
    ]
    return np.concatenate(parts), np.repeat(np.arange(potentials.n_components), counts)


def quasi_random_sample(
    mixture: Mixture, n_samples: float = 1, random_state: Random | None = None
) -> tuple[FloatArray, IntArray]:
    """Give rows that fill the distribution more evenly than chance does: means over them have a smaller error.

    Points of Sobol's sequence, of one dimension more than there are features, shifted at random (Cranley & Patterson
    1976): the first coordinate says the component, the others are normal quantiles. Each row alone has the distribution
    of the mixture; the error of a mean of a smooth function falls nearly as 1 / n, in place of 1 / sqrt(n).

    Parameters
    ----------
    mixture : Mixture
    n_samples : int
        Best a power of two.
    random_state : int, RandomState, Generator or None
        Of the shift.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        In the order of the sequence.
    labels : ndarray of shape (n_samples,)
        The component of each row.

    Raises
    ------
    InputError
        If `n_samples` is no number of rows, or `random_state` is nothing that decides.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import quasi_random_sample
    >>> mixture = Mixture([0.25, 0.75], [[0.0], [8.0]], [1.0, 1.0], "spherical")
    >>> rows, labels = quasi_random_sample(mixture, 4096, random_state=0)
    >>> round(float(rows.mean()), 2), float(labels.mean())  # by chance 6 +- 0.06, and 0.75 +- 0.007
    (6.0, 0.75)
    """
    n, random = n_rows_of(n_samples), random_of(random_state)
    d = mixture.n_features
    points = qmc.Sobol(d + 1, scramble=False).random_base2((n - 1).bit_length())[:n]
    points = (points + random.uniform(size=d + 1)) % 1.0
    used = np.flatnonzero(mixture.weights > 0.0)
    ends = np.cumsum(mixture.weights[used])[:-1]
    labels = used[np.searchsorted(ends, points[:, 0], side="right")]
    noise = ndtri(np.clip(points[:, 1:], np.finfo(float).tiny, 1.0 - np.finfo(float).epsneg))
    rows = np.empty((n, d))
    for component in used:
        own = labels == component
        rows[own] = mixture.potentials.color(int(component), noise[own])
    return rows, labels


def n_rows_of(n_samples: float) -> int:
    """Give a number of rows to draw as a whole number.

    Parameters
    ----------
    n_samples : int

    Returns
    -------
    n : int

    Raises
    ------
    InputError
        If it is no whole number of at least 1.

    Examples
    --------
    >>> from mixfold.mixtures.sample import n_rows_of
    >>> n_rows_of(1e3)
    1000
    """
    if not isinstance(n_samples, int | float | np.number) or n_samples < 1 or n_samples % 1:
        message = f"Invalid value for 'n_samples': it must be a whole number of at least 1, got {n_samples!r}."
        raise InputError(message)
    return int(n_samples)


def random_of(random_state: Random | None) -> np.random.RandomState | np.random.Generator:
    """Give a generator of random numbers: of a number the same each time, of None another each time.

    Parameters
    ----------
    random_state : int, RandomState, Generator or None

    Returns
    -------
    random : RandomState or Generator

    Raises
    ------
    InputError
        If it is something else, or a number that is no seed.

    Examples
    --------
    >>> from mixfold.mixtures.sample import random_of
    >>> random_of(3).randint(10) == random_of(3).randint(10)
    True
    """
    if isinstance(random_state, np.random.RandomState | np.random.Generator):
        return random_state
    if random_state is None:
        return np.random.RandomState()
    if isinstance(random_state, int | np.integer) and 0 <= random_state < 2**32:
        return np.random.RandomState(int(random_state))
    message = (
        "`random_state` must be None, a whole number from 0 to 2**32 - 1, a RandomState or a Generator of NumPy, "
        f"got {random_state!r}."
    )
    raise InputError(message)
