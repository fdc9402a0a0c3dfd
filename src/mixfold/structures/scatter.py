"""`Scatter`: second moments around means, which is all that covariances are learned from."""

from __future__ import annotations

from dataclasses import dataclass

from mixfold.typing import FloatArray


@dataclass(frozen=True, slots=True)
class Scatter:
    """Sums of squares and products around the means of components, in the shape of a structure.

    Attributes
    ----------
    values : ndarray
        ``W_k = sum_n r_nk (x_n - mean_k)(x_n - mean_k)^T``, as the structure has it.
    n_features : int
        Which the shape of a spherical one does not tell.
    basis : ndarray of shape (n_components, n_features, rank), optional
        What the products of a structure of factors were taken with.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.structures import Scatter
    >>> traces, counts = Scatter(np.array([12.0, 20.0]), n_features=2), np.array([3.0, 5.0])
    >>> family_for("spherical").maximize(traces, counts, Prior.from_ridge(0.0))
    array([2., 2.])
    """

    values: FloatArray
    n_features: int
    basis: FloatArray | None = None
