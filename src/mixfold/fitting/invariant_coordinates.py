"""Coordinates in which searches work, so that what they find does not depend on the units of the data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import scipy.linalg

from mixfold.covariance import CovarianceFamily, Equivariance
from mixfold.covariance.abstract import COLLINEAR, RIDGE, positive_variances
from mixfold.covariance.triangular import inverse_of_lower
from mixfold.engines import kernels
from mixfold.parameters import Parameters
from mixfold.typing import FloatArray

MATRIX_FEATURES = 64
"""Up to this many features searches think in full covariances, above in diagonal ones."""
SPANNED = 1e-9
"""Of the widest direction in which rows lie: none that is narrower is one of them."""
LEAST = 1e-100
"""Coordinates below it are zero beside others of size one: no sum of squares has them, and nothing can invert them."""


@dataclass(frozen=True)
class InvariantCoordinates:
    """A map z = L (x - m) from the data's features, as general as a family of covariances allows.

    Families that every affine map leaves as they are get the invariant coordinates of Tyler et al. (2009): of unit
    variance, uncorrelated, sorted by kurtosis, skewed to the right. The same data in other units, or seen through any
    invertible matrix, have the same coordinates to rounding. Families of diagonal covariances get standardized
    features, and families that only rotations and one scale for all features leave as they are get that scale.

    Where a single matrix of more features than there are rows is learned, the coordinates are of the space that
    standardized rows span, which has fewer dimensions: outside of it no component differs from another.

    Attributes
    ----------
    center : ndarray of shape (n_features,)
        The mean m of all rows.
    linear : ndarray of shape (n_coordinates, n_features), (n_features,) or ()
        The map L.
    least : float
        What is below it is zero.
    is_white : bool
        Whether coordinates are uncorrelated and of unit variance.
    has_far : bool
        Whether other rows lie so far out that beside them single precision has not half the digits of what is of unit
        variance.
    onto : ndarray of shape (n_features, n_coordinates) or None
        The map from coordinates to features, where it is not to be computed: always, where there are fewer coordinates.
    """

    center: FloatArray
    linear: FloatArray
    least: float = 0.0
    is_white: bool = False
    has_far: bool = False
    onto: FloatArray | None = None

    @classmethod
    def of(
        cls, rows: FloatArray, weights: FloatArray, family: CovarianceFamily, others: FloatArray | None = None
    ) -> Self:
        """Give the coordinates of rows (n, D) for a family; of others (m, D), too, but these have no say in units."""
        d = rows.shape[1]
        if family.equivariance is Equivariance.AFFINE and (found := _in_kernels(rows, weights)):
            center, linear, onto = found
            return cls(center, linear, is_white=True, has_far=_has_far(others, center, linear, len(rows)), onto=onto)
        share = weights / np.sum(weights)
        center = share @ rows
        centered = rows - center
        covariance = (share[:, None] * centered).T @ centered if d <= MATRIX_FEATURES else np.zeros((0, 0))
        variances = np.diag(covariance) if d <= MATRIX_FEATURES else share @ centered**2
        if np.any(variances <= (SPANNED * center) ** 2):
            # A feature that never varies has differences of zero, not the rounding of its mean.
            constant = np.ptp(rows, axis=0) == 0.0
            center, centered = np.where(constant, rows[0], center), np.where(constant, rows - rows[0], centered)
            variances = np.where(constant, 0.0, variances)
        if others is not None and np.any(variances == 0.0):  # but in those that vary among the others alone
            variances = np.where(variances > 0.0, variances, np.sum((others - center) ** 2, axis=0) / len(rows))
        variances = positive_variances(variances, center)
        if family.equivariance in {Equivariance.SIMILARITY, Equivariance.UNIT}:
            return cls(center, 1.0 / np.sqrt(np.mean(variances)), LEAST)
        if family.structure.is_matrix and family.structure.is_shared and d > MATRIX_FEATURES:
            every = centered if others is None else np.concatenate([centered, others - center])
            if len(every) <= d:
                units = np.sqrt(variances)
                directions = _spanned(every / units)
                if len(directions):  # none where all rows are equal
                    return cls(center, directions / units, onto=units[:, None] * directions.T)
        if family.equivariance is Equivariance.SCALES or not 1 < d <= MATRIX_FEATURES:
            return cls(center, 1.0 / np.sqrt(variances))
        deviations = np.sqrt(variances)
        whitener = _inverse_factor(covariance / deviations / deviations[:, None])
        if whitener is None:
            whitener = _whitener(centered / deviations, share)
        whitener = whitener / deviations
        white = centered @ whitener.T
        squares = share * np.einsum("nd,nd->n", white, white)
        axes = np.linalg.eigh((squares[:, None] * white).T @ white)[1]
        along = white @ axes
        axes = axes * np.where(share @ (along * along * along) < 0.0, -1.0, 1.0)  # `** 3` takes ten times as long
        linear = axes.T @ whitener
        return cls(center, linear, is_white=True, has_far=_has_far(others, center, linear, len(rows)))

    @classmethod
    def identity(cls, n_features: int) -> Self:
        """Give the data's own features, for searches that go through families of every kind."""
        return cls(np.zeros(n_features), np.ones(()))

    def of_unit(self, middle: FloatArray, units: FloatArray) -> Self:
        """Give the same coordinates as a map from x, where these are one from (x - middle) / units.

        Parameters
        ----------
        middle, units : ndarray of shape (n_features,)
        """
        onto = None if self.onto is None else units[:, None] * self.onto
        return replace(self, center=middle + units * self.center, linear=self.linear / units, onto=onto)

    @cached_property
    def log_determinant(self) -> float:
        """Log of the volume that a unit of volume of the data has: what log-densities of the data are higher by."""
        if self.is_reduced:
            return float(0.5 * np.linalg.slogdet(self.linear @ self.linear.T)[1])
        if self.linear.ndim == 2:
            return float(np.linalg.slogdet(self.linear)[1])
        return float(np.sum(np.log(np.broadcast_to(self.linear, self.center.shape))))

    def into(self, rows: FloatArray) -> FloatArray:
        """Give the coordinates (n, D) of rows (n, D)."""
        centered = rows - self.center
        if self.linear.ndim == 2:
            return centered @ self.linear.T
        coordinates = centered * self.linear
        return np.where(np.abs(coordinates) < self.least, 0.0, coordinates) if self.least else coordinates

    def inside(self, parameters: Parameters, family: CovarianceFamily) -> Parameters:
        """Give, in the coordinates, the mixture that has these parameters in the data's features."""
        covariances = family.mapped(parameters.covariances, np.asarray(self.linear, np.float64))
        return Parameters(parameters.weights, self.into(parameters.means), covariances)

    def back(self, parameters: Parameters, family: CovarianceFamily, outside: FloatArray | float = 0.0) -> Parameters:
        """Give, in the data's features, the mixture that has these parameters in the coordinates.

        Parameters
        ----------
        parameters : Parameters
        family : CovarianceFamily
        outside : ndarray of shape (n_features, n_features), (n_features,) or ()
            The covariance in directions that coordinates leave out, if they do.
        """
        means = parameters.means @ self.inverse.T if self.inverse.ndim == 2 else parameters.means * self.inverse
        if not self.is_reduced:
            covariances = family.mapped(parameters.covariances, self.inverse)
            return Parameters(parameters.weights, means + self.center, covariances)
        # A Sigma A^T + (I - A L) O (I - A L)^T, which is O + X + X^T
        all_round = family.structure.reduced(np.asarray(outside), len(self.center))
        mapped = self.linear @ all_round  # (r, D)
        half = self.inverse @ (0.5 * (parameters.covariances + mapped @ self.linear.T) @ self.inverse.T - mapped)
        return Parameters(parameters.weights, means + self.center, all_round + half + half.T)

    @property
    def is_reduced(self) -> bool:
        """Whether there are fewer coordinates than features."""
        return self.linear.ndim == 2 and len(self.linear) < self.linear.shape[1]

    @property
    def precision(self) -> type[np.floating]:
        """That of rows: single where they are white, as then no prior lets a component be so tight that it shows."""
        return np.float32 if self.is_white and not self.has_far else np.float64

    @cached_property
    def inverse(self) -> FloatArray:
        """The map from coordinates to features."""
        if self.onto is not None:
            return self.onto
        return np.asarray(np.linalg.inv(self.linear) if self.linear.ndim == 2 else 1.0 / self.linear, np.float64)


def _in_kernels(rows: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    """Give the center of few features, and the map to coordinates and back; None where NumPy has to look closer."""
    d = rows.shape[1]
    if not (kernels.NATIVE_AVAILABLE and 1 < d <= kernels.DECOMPOSED_FEATURES):
        return None
    center, linear, onto = np.empty(d), np.empty((d, d)), np.empty((d, d))
    rows, weights = np.ascontiguousarray(rows), np.ascontiguousarray(weights)
    is_done = kernels.compiled.white_coordinates(rows, weights, SPANNED, COLLINEAR, center, linear, onto)
    return (center, linear, onto) if is_done else None


def _has_far(others: FloatArray | None, center: FloatArray, linear: FloatArray, n_rows: int) -> bool:
    """Whether other rows lie so far out that beside them single precision has not half the digits of these."""
    if others is None or not len(others):
        return False
    variance = np.max(np.sum(((others - center) @ linear.T) ** 2, axis=0)) / n_rows
    return bool(variance > 1.0 / np.sqrt(np.finfo(np.float32).eps))


def _spanned(standardized: FloatArray) -> FloatArray:
    """Give orthonormal directions (r, D) of the space of centered rows (n, D), each of which says as much as any other.

    Turned at random, so that none of them is a principal axis: in units of their own deviations distances stay as they
    are, but for a few percent.
    """
    basis, triangle, _ = scipy.linalg.qr(standardized.T, mode="economic", pivoting=True)
    sizes = np.abs(np.diag(triangle))
    directions = basis.T[sizes > SPANNED * sizes[0]]
    turn = np.linalg.qr(np.random.RandomState(0).normal(size=(len(directions),) * 2))[0]
    return np.asarray(turn @ directions, np.float64)


def _inverse_factor(correlation: FloatArray) -> FloatArray | None:
    """Give the inverse of the lower-triangular factor of a correlation (D, D); None where that has lost digits."""
    if not np.all(np.diag(correlation) > 0.5):  # a feature never varies among these rows
        return None
    try:
        factor = np.asarray(np.linalg.cholesky(correlation), np.float64)
    except np.linalg.LinAlgError:
        return None
    is_sure = np.min(np.diag(factor)) ** 4 > COLLINEAR  # half of the digits are left, at least
    return inverse_of_lower(factor) if is_sure else None


def _whitener(standardized: FloatArray, share: FloatArray) -> FloatArray:
    """Give the lower-triangular W for which the rows W z are uncorrelated and of unit variance.

    By QR of the rows, which is as exact as they are; the covariance would square their condition.
    """
    scaled = standardized * np.sqrt(share)[:, None]
    factor = np.asarray(np.linalg.qr(scaled, mode="r"), np.float64)
    d = scaled.shape[1]
    if len(factor) < d or np.linalg.svd(factor, compute_uv=False)[-1] ** 2 < COLLINEAR:
        ridged = np.concatenate([scaled, np.sqrt(RIDGE) * np.eye(d)])
        factor = np.asarray(np.linalg.qr(ridged, mode="r"), np.float64)
    factor = factor * np.where(np.diag(factor) < 0.0, -1.0, 1.0)[:, None]
    return inverse_of_lower(factor.T)
