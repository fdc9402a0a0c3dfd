"""What keeps a covariance away from singularity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixfold.typing import FloatArray


@dataclass(frozen=True, slots=True)
class Prior:
    """An inverse-Wishart on every component's covariance, and scikit-learn's ridge.

    In a family whose covariances are full, a component of n_k rows and scatter W_k gets

        Sigma_k = (W_k + scale) / (n_k + count) + ridge I

    The first term is the exact maximum of the log-likelihood plus ``-1/2 sum_k [tr(scale Sigma_k^-1) + count
    log|Sigma_k|]``: `count` more rows, distributed with covariance ``scale / count`` (Chen & Tan 2009, eq. 3;
    Fraley & Raftery 2007, eq. 7). With ``count > 0`` the objective is bounded and an empty component has a covariance.
    The ridge belongs to no objective; it is what `reg_covar` means in scikit-learn.

    Attributes
    ----------
    scale : ndarray
        In the shape of one component of the family's structure: (D, D), (D,) or ().
    count : float
        Pseudo-rows for each component.
    ridge : float
        Added to the diagonal of every covariance.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior
    >>> prior = Prior.from_rows(5.0, np.eye(2), shrink=0.1)  # five pseudo-rows of covariance 0.1 I for each component
    >>> prior.count, prior.scale
    (5.0, array([[0.5, 0. ],
           [0. , 0.5]]))
    >>> Prior.from_ridge(1e-6).is_density
    False
    """

    scale: FloatArray
    count: float = 0.0
    ridge: float = 0.0

    @classmethod
    def from_ridge(cls, ridge: float) -> Prior:
        """Give scikit-learn's `reg_covar` and nothing else."""
        return cls(np.zeros(()), 0.0, ridge)

    @classmethod
    def from_rows(cls, count: float, covariance: FloatArray, *, shrink: float = 1.0) -> Prior:
        """Give `count` pseudo-rows whose covariance is ``shrink * covariance``."""
        return cls(count * shrink * covariance, count)

    @property
    def is_density(self) -> bool:
        """Whether this is a prior density, so that the penalized likelihood is what EM climbs."""
        return self.count > 0.0
