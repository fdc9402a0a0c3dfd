"""Which initializer a name means."""

from __future__ import annotations

from mixfold.contracts import fulfills, refuse_value
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


def is_initializer(init_params: object) -> bool:
    """Whether `initializer_for` gives an initializer for this.

    Parameters
    ----------
    init_params : object

    Returns
    -------
    is_initializer : bool

    Examples
    --------
    >>> from mixfold.initialization import KMeans, is_initializer
    >>> is_initializer("kmeans"), is_initializer(KMeans()), is_initializer("oracle")
    (True, True, False)
    """
    return init_params in INITIALIZERS if isinstance(init_params, str) else fulfills(init_params, Initializer)


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
    if not is_initializer(init_params):
        refuse_value(init_params, Initializer, "init_params", ["auto", *INITIALIZERS])
    return INITIALIZERS[init_params] if isinstance(init_params, str) else init_params
