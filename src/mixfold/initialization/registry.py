"""Which initializer a name means."""

from __future__ import annotations

from mixfold.errors import InputError
from mixfold.initialization.abstract import Initializer
from mixfold.initialization.density_peaks import DensityPeaks
from mixfold.initialization.kmeans import KMeans
from mixfold.initialization.kmeans_plus_plus import KMeansPlusPlus
from mixfold.initialization.random_from_data import RandomFromData
from mixfold.initialization.random_partition import RandomPartition
from mixfold.initialization.random_responsibilities import RandomResponsibilities

INITIALIZERS: dict[str, Initializer] = {
    initializer.name: initializer
    for initializer in (
        KMeans(),
        KMeansPlusPlus(),
        RandomResponsibilities(),
        RandomFromData(),
        RandomPartition(),
        DensityPeaks(),
    )
}
"""All ways to begin that have a name."""


def initializer_for(init_params: str | Initializer) -> Initializer:
    """Give the initializer of a name; one is given back as it is.

    Parameters
    ----------
    init_params : str or Initializer

    Returns
    -------
    initializer : Initializer

    Raises
    ------
    InputError
        If there is no such initializer.

    Examples
    --------
    >>> from mixfold.initialization import initializer_for
    >>> initializer_for("kmeans").name
    'kmeans'
    """
    if not isinstance(init_params, str):
        return init_params
    if init_params not in INITIALIZERS:
        message = f"`init_params` must be 'auto' or one of {list(INITIALIZERS)}, got {init_params!r}."
        raise InputError(message)
    return INITIALIZERS[init_params]
