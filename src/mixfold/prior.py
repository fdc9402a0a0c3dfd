"""What keeps a covariance away from singularity."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from mixfold.structures import Structure
from mixfold.typing import FloatArray


@dataclass(frozen=True, slots=True)
class Prior:
    """An inverse-Wishart on every component's covariance, and the jitter with which every row counts.

    In a family whose covariances are full, a component of n_k rows and scatter W_k gets

        Sigma_k = (W_k + n_k jitter + scale) / (n_k + count)

    (without `likeness`), which is the exact maximum of an objective. `scale` and `count` are the log prior ``-1/2 sum_k
    [tr(scale Sigma_k^-1) + count log|Sigma_k|]``: `count` more rows, distributed with covariance ``scale / count``
    (Chen & Tan 2009, eq. 3; Fraley & Raftery 2007, eq. 7). `jitter` is the covariance of noise of mean zero around
    every row: a row's score under a component is its mean over that noise, ``1/2 tr(jitter Sigma_k^-1)`` less
    (`Potentials.jittered`), and the scatter of n_k rows is ``n_k jitter`` more (`SufficientStatistics.jittered`). With
    either the objective is bounded. `ridge` is the half of a jitter that scikit-learn's `reg_covar` is, the same in
    every feature: it is in the scatter and in no score, and so in no objective.

    `likeness` is how many rows more each component has that are as `scale` in shape and as the component in size: the
    log prior ``-likeness/2 sum_k min_s [log|Sigma_k| + tr(s scale Sigma_k^-1) - D log s]``, which no change of size
    moves. The M step takes the s_k = D / tr(scale Sigma_k^-1) of the covariances before it, ``likeness s_k scale`` more
    scatter and `likeness` more rows, and goes up by that.

    Attributes
    ----------
    scale : ndarray
        In the shape of one component of the family's structure: (D, D), (D,) or ().
    count : float
        Pseudo-rows for each component.
    jitter : ndarray of shape (D, D), (D,) or ()
        A matrix, variances of features, or one variance for all.
    likeness : float
        Pseudo-rows in each component's own size.
    ridge : float
        Added to the variance that every row brings, and so to every variance.

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
    jitter: FloatArray = field(default_factory=lambda: np.zeros(()))
    likeness: float = 0.0
    ridge: float = 0.0
    _log_determinant: list[float] = field(init=False, repr=False, compare=False, default_factory=list)
    _of_no_size: list[Self] = field(init=False, repr=False, compare=False, default_factory=list)

    @classmethod
    def from_ridge(cls, ridge: float) -> Prior:
        """Give scikit-learn's `reg_covar` and nothing else."""
        return cls(np.zeros(()), ridge=ridge)

    @classmethod
    def from_rows(cls, count: float, covariance: FloatArray, *, shrink: float = 1.0) -> Prior:
        """Give `count` pseudo-rows whose covariance is ``shrink * covariance``."""
        return cls(count * shrink * covariance, count)

    @property
    def is_density(self) -> bool:
        """Whether there is a prior density, so that the penalized likelihood is what EM climbs."""
        return self.count > 0.0

    def log_determinant(self, over: float = 1.0) -> float:
        """Give log|scale / over| of a matrix `scale`, which is decomposed once."""
        if not self._log_determinant:
            self._log_determinant.append(float(np.linalg.slogdet(self.scale)[1]))
        return self._log_determinant[0] - len(self.scale) * math.log(over)

    def beside(self, counts: FloatArray) -> FloatArray:
        """Give how many rows components of these (K,) have together with those of `count`: never zero."""
        return np.maximum(counts + self.count, np.finfo(np.float64).tiny)

    def spread(self, structure: Structure, n_features: int) -> FloatArray:
        """Give the covariance that every row brings to the scatter, in the shape of one component: jitter and ridge."""
        jitter = structure.reduced(self.jitter, n_features)
        return jitter + self.ridge * (np.eye(n_features) if jitter.ndim == 2 else 1.0) if self.ridge else jitter

    def sized(self, sizes: FloatArray) -> Self:
        """Give the prior with the rows of `likeness` in these sizes, (K,) or () for all, and no likeness."""
        each = sizes.reshape(sizes.shape + (1,) * self.scale.ndim)
        scale = self.scale * (1.0 + self.likeness * each)
        return type(self)(scale, self.count + self.likeness, self.jitter, 0.0, self.ridge)

    @property
    def of_no_size(self) -> Self:
        """The prior of components whose sizes nothing tells: they have that of the inverse-Wishart's mode."""
        if not self._of_no_size:
            self._of_no_size.append(self.sized(np.asarray(1.0 / self.count)))
        return self._of_no_size[0]

    def times(self, factor: float) -> Self:
        """Give `factor` times as many pseudo-rows."""
        # Not `replace` here and below, which costs several times as much.
        scale, count, likeness = factor * self.scale, factor * self.count, factor * self.likeness
        return type(self)(scale, count, self.jitter, likeness, self.ridge)

    def mapped(self, linear: FloatArray, structure: Structure) -> Self:
        """Give the same prior for rows L x, with L any matrix, a scale for each feature, or one for all.

        A ridge becomes a jitter, which has a meaning in any coordinates.
        """
        if linear.ndim == 2:
            n, d = linear.shape
            jitter = self.jitter
            if self.ridge:
                jitter = jitter + (self.ridge * np.eye(d) if jitter.ndim == 2 else self.ridge)
            scale, jitter = (
                structure.reduced((linear @ each if each.ndim == 2 else linear * each) @ linear.T, n)
                for each in (self.scale, jitter)
            )
            return type(self)(scale, self.count, jitter, self.likeness)
        jitter = _scaled(self.jitter, linear)
        if self.ridge:
            ridge = self.ridge * linear**2
            jitter = jitter + (np.diag(np.broadcast_to(ridge, jitter.shape[:1])) if jitter.ndim == 2 else ridge)
        return type(self)(_scaled(self.scale, linear), self.count, np.asarray(jitter), self.likeness)


def _scaled(covariance: FloatArray, scales: FloatArray) -> FloatArray:
    if covariance.ndim < 2:
        return np.asarray(covariance * scales**2)
    each = np.broadcast_to(scales, covariance.shape[:1])
    return covariance * each[:, None] * each
