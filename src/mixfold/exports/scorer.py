"""`Scorer`: a mixture as the plain arrays that a program elsewhere needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.linalg import solve_triangular

from mixfold.errors import InputError
from mixfold.mixtures import Density, Mixture
from mixfold.typing import FloatArray


@dataclass(frozen=True, slots=True)
class Scorer:
    """The score of component k for a row x, ``offset_k - 1/2 ||whitener_k (x - mean_k)||^2``, in plain arrays.

    The log density is the log of the sum of exponentials of the scores, and the probability of a component what its
    exponential is of that sum (Bishop 2006, eqs. 9.7 and 9.23). Components without weight are left out of the sums:
    their offset is the smallest finite number.

    Attributes
    ----------
    offsets : ndarray of shape (n_components,)
    means : ndarray of shape (n_components, n_features)
    whiteners : ndarray of shape (n_components, n_features, n_features)
        Lower triangular.
    feature_names : tuple of str
        ``x0, x1, ...`` where the mixture has none.
    threshold : float or None
        Rows whose log density is below it are anomalies.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.exports import Scorer
    >>> Scorer.of(Mixture([1.0], [[0.0]], [4.0], "spherical")).whiteners
    array([[[0.5]]])
    """

    offsets: FloatArray
    means: FloatArray
    whiteners: FloatArray
    feature_names: tuple[str, ...]
    threshold: float | None = None

    @classmethod
    def of(cls, mixture: Density, threshold: float | None = None) -> Self:
        """Take the arrays of a mixture of any family.

        Raises
        ------
        InputError
            If `mixture` is no Gaussian mixture, or `threshold` no finite number.
        """
        if not isinstance(mixture, Mixture):
            message = (
                "`mixture` must be a Gaussian `Mixture`, such as `mixture_` of an estimator, got "
                f"{type(mixture).__name__}. Models with heavy tails cannot be exported."
            )
            raise InputError(message)
        if threshold is not None and not np.isfinite(threshold):
            message = f"`threshold` must be a finite log density, got {threshold!r}."
            raise InputError(message)
        d = mixture.n_features
        factors = np.linalg.cholesky(mixture.component_covariances)
        whiteners = np.array([solve_triangular(factor, np.eye(d), lower=True) for factor in factors])
        with np.errstate(divide="ignore"):
            offsets = np.log(mixture.weights) - 0.5 * d * np.log(2.0 * np.pi)
        offsets += np.sum(np.log(np.einsum("kii->ki", whiteners)), axis=1)
        names = mixture.feature_names or tuple(f"x{position}" for position in range(d))
        return cls(np.maximum(offsets, LEAST_OFFSET), mixture.means, whiteners, names, threshold)

    @property
    def n_components(self) -> int:
        """Number of components K."""
        return len(self.offsets)

    @property
    def n_features(self) -> int:
        """Number of features D."""
        return int(self.means.shape[1])


LEAST_OFFSET = -1e30
"""Of a component without weight: finite in single precision, and its exponential is zero beside any other's."""
