"""Rows drawn from a mixture."""

from __future__ import annotations

import numpy as np

from mixfold.errors import InputError
from mixfold.potentials import Potentials
from mixfold.typing import FloatArray, IntArray

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
    if not isinstance(n_samples, int | float | np.number) or n_samples < 1 or n_samples % 1:
        message = f"Invalid value for 'n_samples': it must be a whole number of at least 1, got {n_samples!r}."
        raise InputError(message)
    random = random_of(random_state)
    counts = random.multinomial(int(n_samples), weights)
    parts = [
        potentials.color(component, random.standard_normal((count, potentials.n_features)))
        for component, count in enumerate(counts)
    ]
    return np.concatenate(parts), np.repeat(np.arange(potentials.n_components), counts)


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
