"""Families of volume, shape and orientation (Banfield & Raftery 1993; Celeux & Govaert 1995).

Every covariance is ``Sigma_k = lambda_k D_k A_k D_k^T``: a volume lambda_k, a shape A_k (diagonal, of determinant one)
and an orientation D_k (orthogonal). A family has a letter for each of the three (Scrucca et al. 2016, table 3): E
where it is equal for all components, V where it varies between them, I where it is the identity. Four of the fourteen
restrict nothing that their statistics do not restrict already (VVV is 'full', EEE 'tied', VVI 'diag', VII
'spherical'); the other ten are a file each, which puts an M step together from variances.py and orientation.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, final

import numpy as np

from mixfold.covariance.abstract import CovarianceFamily, Equivariance
from mixfold.covariance.orientation import is_graded
from mixfold.covariance.triangular import ROUNDINGS
from mixfold.prior import Prior
from mixfold.structures import FULL, SPHERICAL, Scatter, Structure
from mixfold.typing import FloatArray, IntArray

INNER_ITERATION = 50.0
"""What a step of EM costs whose M step is an iteration of its own, in steps whose M step is one formula."""


class Step(Protocol):
    """The M step of a family, which knows neither priors nor ridges."""

    def __call__(self, scatter: FloatArray, counts: FloatArray, before: FloatArray | None) -> FloatArray:
        """Minimize ``sum_k [n_k log|Sigma_k| + tr(W_k Sigma_k^-1)]`` over the family.

        Parameters
        ----------
        scatter : ndarray
            W_k in the family's structure: matrices (K, D, D), diagonals (K, D), or means over the features (K,).
        counts : ndarray of shape (n_components,)
            n_k, positive.
        before : ndarray or None
            Covariances where an inner iteration begins.

        Returns
        -------
        covariances : ndarray
            In the shape of `scatter`. Where the scatter leaves them undefined they are singular or NaN: whoever
            whitens them refuses them.
        """


@final
@dataclass(frozen=True, slots=True)
class Decomposed(CovarianceFamily):
    """A family named by three letters, whose covariances are stored like those of another.

    Attributes
    ----------
    name : str
        mclust's: the letters of volume, shape and orientation.
    like : CovarianceFamily
        'full', 'diag' or 'spherical': the smallest of them that contains this family. It says how covariances are
        stored, whitened and counted as likely by a prior, none of which depends on what is equal.
    step : callable
        The M step.
    step_cost : float
        `INNER_ITERATION` where the M step is an iteration of its own.

    Examples
    --------
    >>> from mixfold.covariance import family_for
    >>> family = family_for("VEI")  # volumes vary, the shape is equal, axes are those of the features
    >>> family.like.name, family.shape(n_components=3, n_features=2)
    ('diag', (3, 2))
    >>> family.n_parameters(n_components=3, n_features=2)
    4
    """

    name: str
    like: CovarianceFamily
    step: Step = field(repr=False)
    step_cost: float = field(default=1.0, repr=False)
    letters: str = field(init=False, repr=False)
    structure: Structure = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Take the letters from the name, and the structure of the family that contains this one."""
        object.__setattr__(self, "letters", self.name)
        object.__setattr__(self, "structure", self.like.structure)

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """Count one for a volume, D - 1 for a shape, D (D - 1) / 2 for an orientation, K times where they vary."""
        each = (1, n_features - 1, n_features * (n_features - 1) // 2)
        times = {"E": 1, "V": n_components, "I": 0}
        return sum(times[letter] * size for letter, size in zip(self.name, each, strict=True))

    def rows_needed(self, n_features: int) -> int:
        """D + 1 where shape and orientation are a component's own, two where volume or shape is, else none."""
        if self.name.endswith("VV"):
            return n_features + 1
        return 2 if "V" in self.name[:2] else 1

    @property
    def of_marginals(self) -> CovarianceFamily:
        """The family itself, where equal volumes, shapes and axes stay so when features are left out; else `like`."""
        return self if self.name in {"EII", "EEI", "VEI", "VEE"} else self.like

    @property
    def equivariance(self) -> Equivariance:
        """Those of `like`, but where shape and orientation are not equal together a shear would tell them apart."""
        oriented = self.structure == FULL and self.name not in {"VEE", "EVV"}
        return Equivariance.SIMILARITY if oriented else self.like.equivariance

    def maximize_sized(
        self, scatter: Scatter, counts: FloatArray, prior: Prior, before: FloatArray | None = None
    ) -> FloatArray:
        """Take the M step with the prior's rows and their scatter in every component.

        The prior is one term more in every n_k and W_k, so what maximizes with it is what maximizes without.
        """
        counts = np.maximum(counts + prior.count, np.finfo(np.float64).tiny)
        values = scatter.values
        if self.structure != FULL:
            # Rounding can leave the scatter about the means a hair below zero where a feature is constant.
            values = np.maximum(values, 0.0)
        if self.structure == SPHERICAL:
            values = values / scatter.n_features
        values = values + prior.scale
        if self.structure == FULL and prior.is_density:
            # What is taken apart along axes, and put together again, is exact to rounding of its largest variance. That
            # may be more than the smallest, which the prior guarantees: nothing may become indefinite by it.
            diagonal = np.einsum("kii->ki", values)
            # An eigendecomposition may be wrong by that, but where it was made for units that are far apart.
            is_turned = self.equivariance is Equivariance.SIMILARITY and not is_graded(values)
            size = np.sum(diagonal, axis=1, keepdims=True) if is_turned else diagonal.shape[1] * diagonal
            diagonal += ROUNDINGS * diagonal.shape[1] * size
        with np.errstate(all="ignore"):  # a component without variance is for `whiten` to refuse
            if self.equivariance is not Equivariance.AFFINE:
                return np.array(self.step(values, counts, before))
            # In units of the features, or squares of one would lie beyond the numbers beside those of another.
            units = _units(values, counts)
            covariances = self.step(values / units / units[:, None], counts, _in_units(before, 1.0 / units))
            return np.asarray(_in_units(covariances, units))

    def prior_share(self, whitener: FloatArray, prior: Prior, counts: FloatArray) -> FloatArray:
        """Give that of the containing family; zero where no part of a covariance is a component's own."""
        if "V" not in self.name[:2]:
            return np.zeros(len(counts))
        return self.like.prior_share(whitener, prior, counts)

    def scale(self, scatter: Scatter, weight: float, mean: FloatArray) -> FloatArray:
        """Give that of the containing family."""
        return self.like.scale(scatter, weight, mean)

    def whiten(self, covariances: FloatArray) -> FloatArray:
        """Give that of the containing family."""
        return self.like.whiten(covariances)

    def half_log_precision(self, whitener: FloatArray, n_components: int, n_features: int) -> FloatArray:
        """Give that of the containing family."""
        return self.like.half_log_precision(whitener, n_components, n_features)

    def log_wishart(self, whitener: FloatArray, prior: Prior, n_components: int, n_features: int) -> float:
        """Give that of the containing family: its mode, the same covariance for all, belongs to this family too."""
        return self.like.log_wishart(whitener, prior, n_components, n_features)

    def largest_log_prior(self, prior: Prior, n_components: int, n_features: int) -> float:
        """Give that of the containing family."""
        return self.like.largest_log_prior(prior, n_components, n_features)

    def precisions(self, whitener: FloatArray) -> FloatArray:
        """Give that of the containing family."""
        return self.like.precisions(whitener)

    def from_precisions(self, precisions: FloatArray) -> FloatArray:
        """Give that of the containing family."""
        return self.like.from_precisions(precisions)

    def dense(self, covariances: FloatArray, n_components: int, n_features: int) -> FloatArray:
        """Give that of the containing family."""
        return self.like.dense(covariances, n_components, n_features)

    def marginal(self, covariances: FloatArray, features: IntArray) -> FloatArray:
        """Give that of the containing family."""
        return self.like.marginal(covariances, features)


def _units(scatter: FloatArray, counts: FloatArray) -> FloatArray:
    """Give the deviation of each feature within components to the next power of two: such units change no digit."""
    deviations = np.sqrt(np.einsum("kii->i", scatter / np.sum(counts)))
    return np.where(deviations > 0.0, np.exp2(np.round(np.log2(deviations))), 1.0)


def _in_units(covariances: FloatArray | None, units: FloatArray) -> FloatArray | None:
    return None if covariances is None else covariances * units * units[:, None]
