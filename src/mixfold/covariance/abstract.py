"""The contract of a covariance family: everything that depends on what a covariance may look like."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum

import numpy as np

from mixfold.errors import CollapseError
from mixfold.prior import Prior
from mixfold.structures import Scatter, Structure
from mixfold.typing import FloatArray, IntArray

COLLINEAR = 1e-10
"""Smallest eigenvalue of the correlations of all rows below which features count as collinear."""
RIDGE = 1e-6
"""What is then added to the correlation matrix, so that it is positive definite."""

CACHED_ELEMENTS = 1 << 15
"""Of matrices that are looked at together: 256 KiB, a part of a level-2 cache."""

FREEDOM = "IEV"
"""The letters of families, from the one that leaves nothing free to the one that leaves most."""


class Equivariance(Enum):
    """The linear maps that leave a family as it is: the image of an admissible covariance is admissible.

    Examples
    --------
    >>> from mixfold.covariance import family_for
    >>> family_for("full").equivariance.value, family_for("diag").equivariance.value
    ('affine', 'scales')
    """

    AFFINE = "affine"
    """Any invertible matrix."""
    SCALES = "scales"
    """Another unit for each feature."""
    SIMILARITY = "similarity"
    """One unit for all features, and rotations."""
    UNIT = "unit"
    """One unit for all features."""


class CovarianceFamily(ABC):
    """A set of admissible covariances: how they are stored, learned from statistics, factorized and counted.

    A family never sees rows. It names the `structure` of the scatter that it learns from, and of the whitener that it
    gives to the engines; `covariances` below are arrays of `shape`. Instances are immutable.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.structures import Scatter
    >>> family = family_for("diag")
    >>> scatter, counts = Scatter(np.array([[2.0, 2.0], [0.0, 2.0]]), n_features=2), np.array([2.0, 2.0])
    >>> family.maximize(scatter, counts, Prior.from_ridge(0.0))
    array([[1., 1.],
           [0., 1.]])
    >>> family.n_parameters(n_components=2, n_features=2)
    4
    """

    has_plain_step: bool = False
    """Whether `maximize` is the plain M step of `structure`, which an engine may have in its kernels."""
    kernel_letters: str = ""
    """By what an engine may know the M step, where it restricts more than `structure` does; empty where it is plain, or
    none of those that engines have in their kernels."""
    step_cost: float = 1.0
    """What an EM step costs, in steps of a family of the same structure whose `maximize` is one formula; but where an
    engine makes it, of which it is a few at most."""
    turns_axes: bool = False
    """Whether an M step turns axes that are common to all components, again and again: the dearest that there is."""
    letters: str = ""
    """Of volume, shape and orientation, as in mclust's names: E(qual), V(arying), I(dentity); empty where they do not
    tell what a family is."""
    name: str
    """What the public `covariance_type` is called."""
    structure: Structure
    """The scatter that `maximize` needs, which is also the structure of the whitener."""

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        """Give the shape in which the covariances are stored."""
        return self.structure.shape(n_components, n_features)

    @abstractmethod
    def n_parameters(self, n_components: int, n_features: int) -> int:
        """Count the free parameters of the covariances."""

    def contains(self, other: CovarianceFamily) -> bool:
        """Whether all covariances of another family are known to be of this one, so that this one's maximum is higher.

        Examples
        --------
        >>> from mixfold.covariance import family_for
        >>> family_for("VVE").contains(family_for("EEI")), family_for("VVE").contains(family_for("EEV"))
        (True, False)
        """
        if not (self.letters and other.letters):
            return False
        return all(FREEDOM.index(a) >= FREEDOM.index(b) for a, b in zip(self.letters, other.letters, strict=True))

    @property
    def are_equal(self) -> bool:
        """Whether all components have the same covariance, as the letters say.

        Examples
        --------
        >>> from mixfold.covariance import family_for
        >>> family_for("tied").are_equal, family_for("EEI").are_equal, family_for("VEI").are_equal
        (True, True, False)
        """
        return bool(self.letters) and "V" not in self.letters

    @property
    def of_marginals(self) -> CovarianceFamily:
        """The family of the covariances of some of the features."""
        return self

    def maximize(
        self, scatter: Scatter, counts: FloatArray, prior: Prior, before: FloatArray | None = None
    ) -> FloatArray:
        """Give the covariances that maximize the expected log-likelihood plus the log prior: the M step.

        Parameters
        ----------
        scatter : Scatter
            In `structure`, of rows that have the prior's jitter.
        counts : ndarray of shape (n_components,)
            Rows of each component.
        prior : Prior
        before : ndarray, optional
            Covariances at which an iteration of the family's own begins, so that the objective does not fall below
            theirs however early it ends.

        Returns
        -------
        covariances : ndarray
        """
        if prior.likeness:
            whitener = None if before is None else self.whiten(before)
            prior = prior.of_no_size if whitener is None else self.sized(prior, whitener, scatter.n_features)
        return self.maximize_sized(scatter, counts, prior, before)

    def sized(self, prior: Prior, whitener: FloatArray, n_features: int) -> Prior:
        """Give the prior with the rows of its likeness in the sizes of the covariances, D / tr(scale Sigma_k^-1)."""
        if not prior.likeness:
            return prior
        return prior.sized(n_features / self.structure.mean_squares(whitener, prior.scale, n_features))

    def log_prior(self, whitener: FloatArray, prior: Prior, n_components: int, n_features: int) -> float:
        """Give the log density of a prior with ``count > 0`` at the covariances, relative to its mode: at most zero.

        That of the inverse-Wishart is ``-1/2 sum_k [tr(scale Sigma_k^-1) + count log|Sigma_k|]``.
        """
        k, d = n_components, n_features
        halves = self.half_log_precision(whitener, k, d)
        squares = np.broadcast_to(self.structure.mean_squares(whitener, prior.scale, d), (k,))
        value = prior.count * float(np.sum(halves)) - 0.5 * float(np.sum(squares)) - self.largest_log_prior(prior, k, d)
        if not prior.likeness:
            return value
        in_shape = float(np.sum(halves - 0.5 * d * np.log(squares / d)))
        return value + prior.likeness * (in_shape + 0.5 * k * self._log_scale(prior, d))

    def log_prior_constant(self, prior: Prior, n_components: int, n_features: int) -> float:
        """Give what `log_prior` is relative to, where an engine has left out what depends on no covariance."""
        constant = self.largest_log_prior(prior, n_components, n_features)
        if not prior.likeness:
            return constant
        return constant - 0.5 * prior.likeness * n_components * self._log_scale(prior, n_features)

    def _log_scale(self, prior: Prior, n_features: int) -> float:
        """Give log|scale|."""
        if prior.scale.ndim == 2:
            return prior.log_determinant()
        return float(np.sum(np.log(np.broadcast_to(prior.scale, (n_features,)))))

    @abstractmethod
    def maximize_sized(
        self, scatter: Scatter, counts: FloatArray, prior: Prior, before: FloatArray | None = None
    ) -> FloatArray:
        """Take the M step with a prior that has no rows of likeness, but an inverse-Wishart alone."""

    @abstractmethod
    def scale(self, scatter: Scatter, weight: float, mean: FloatArray) -> FloatArray:
        """Give the covariance of all rows as one component, made positive definite, in the shape of `Prior.scale`.

        Parameters
        ----------
        scatter : Scatter
            Of all rows in a single component.
        weight : float
            Of all rows together.
        mean : ndarray of shape (n_features,)
        """

    @abstractmethod
    def whiten(self, covariances: FloatArray) -> FloatArray:
        """Give the G with ``G^T G = Sigma^-1``, in `structure`; lower-triangular but for `Factors`.

        Raises
        ------
        CollapseError
            If a covariance is not positive definite.
        """

    @abstractmethod
    def half_log_precision(self, whitener: FloatArray, n_components: int, n_features: int) -> FloatArray:
        """Give ``-1/2 log|Sigma_k|`` = log|G_k|, (K,)."""

    @abstractmethod
    def precisions(self, whitener: FloatArray) -> FloatArray:
        """Give the inverses of the covariances, in the shape of the covariances."""

    @abstractmethod
    def from_precisions(self, precisions: FloatArray) -> FloatArray:
        """Give the covariances of which `precisions` are the inverses.

        Raises
        ------
        CollapseError
            If a precision is not symmetric and positive definite.
        """

    def nearest(self, covariances: FloatArray, n_features: int) -> FloatArray:
        """Give the covariances of this family that are nearest to some of its shape: themselves if they are of it."""
        del n_features
        return covariances

    def of_features(self, n_features: int) -> CovarianceFamily:
        """Give the family of this kind for so many features: itself, but for factors of which these have no room."""
        del n_features
        return self

    def holding(self, covariances: FloatArray) -> CovarianceFamily:
        """Give the family of this kind whose are some covariances: itself, but for factors of which these have more."""
        del covariances
        return self

    @abstractmethod
    def dense(self, covariances: FloatArray, n_components: int, n_features: int) -> FloatArray:
        """Give every component's covariance as a matrix, (K, D, D)."""

    def variances(self, covariances: FloatArray, n_components: int, n_features: int) -> FloatArray:
        """Give every component's variance of each feature, (K, D)."""
        return np.einsum("kii->ki", self.dense(covariances, n_components, n_features))

    @abstractmethod
    def marginal(self, covariances: FloatArray, features: IntArray) -> FloatArray:
        """Give the covariances of a subset of the features, given as indices."""

    @abstractmethod
    def rows_needed(self, n_features: int) -> int:
        """Count the rows that a component must have for its covariance to be positive definite without a prior."""

    @abstractmethod
    def largest_log_prior(self, prior: Prior, n_components: int, n_features: int) -> float:
        """Give the maximum of -1/2 sum_k [tr(scale Sigma^-1) + count log|Sigma|], which `log_prior` is relative to."""

    @abstractmethod
    def prior_share(self, whitener: FloatArray, prior: Prior, counts: FloatArray) -> FloatArray:
        """Give how much of a component's variance comes from the prior, in the direction where that is most, (K,)."""

    @property
    @abstractmethod
    def equivariance(self) -> Equivariance:
        """The linear maps that leave this family as it is."""

    def mapped(self, covariances: FloatArray, linear: FloatArray) -> FloatArray:
        """Give the covariances of L x, for L one of the maps of `equivariance`: (D, D), (D,) or ()."""
        return self.structure.mapped(covariances, linear)

    def smallest_eigenvalue(self, covariances: FloatArray) -> float:
        """Give the smallest eigenvalue of all covariances."""
        return self.structure.smallest_eigenvalue(covariances)

    def precisions_cholesky(self, whitener: FloatArray) -> FloatArray:
        """Give scikit-learn's factor: the upper-triangular U with ``U U^T = Sigma^-1``, the whitener's transpose."""
        return np.swapaxes(whitener, -1, -2) if self.structure.is_matrix else whitener

    def from_precisions_cholesky(self, precisions_cholesky: FloatArray) -> FloatArray:
        """Give the covariances of which `precisions_cholesky` factors the precisions."""
        if self.structure.is_matrix:
            return self.from_precisions(precisions_cholesky @ np.swapaxes(precisions_cholesky, -1, -2))
        return self.from_precisions(precisions_cholesky**2)


def cholesky(matrices: FloatArray, what: str) -> FloatArray:
    """Give the lower Cholesky factors of symmetric matrices (..., D, D), or say which of them has none.

    Raises
    ------
    CollapseError
        Naming the first matrix that is not symmetric and positive definite.
    """
    if not np.isfinite(matrices).all():
        raise CollapseError(_not_positive_definite(what, "one holds NaN or infinity"))
    if not _are_symmetric(matrices.reshape(-1, *matrices.shape[-2:])):
        raise CollapseError(_not_positive_definite(what, "one is not symmetric"))
    try:
        return np.asarray(np.linalg.cholesky(matrices), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        smallest = np.min(np.linalg.eigvalsh(matrices), axis=-1)
        component = f" of component {int(np.argmin(smallest))}" if smallest.ndim else ""
        reason = f"the smallest eigenvalue{component} is {np.min(smallest):.3g}"
        raise CollapseError(_not_positive_definite(what, reason)) from error


def _are_symmetric(matrices: FloatArray) -> bool:
    """Whether matrices (K, D, D) are symmetric to rounding, by as many at a time as stay in a cache."""
    if 0 < matrices.size <= CACHED_ELEMENTS:
        differences = np.abs(matrices - np.swapaxes(matrices, -1, -2))
        if differences.max() <= 1e-6 * np.diagonal(matrices, axis1=-2, axis2=-1).min():  # few calls tell most
            return True
    diagonals = np.sqrt(np.abs(np.einsum("kii->ki", matrices)))
    at_once = max(1, CACHED_ELEMENTS // matrices[0].size)
    for start in range(0, len(matrices), at_once):
        some, diagonal = matrices[start : start + at_once], diagonals[start : start + at_once]
        tolerance = 1e-6 * diagonal[:, :, None] * diagonal[:, None, :]
        if np.any(np.abs(some - np.swapaxes(some, -1, -2)) > tolerance):
            return False
    return True


def positive_roots(values: FloatArray, what: str) -> FloatArray:
    """Give square roots of positive numbers, (K, ...), or say which of them is not positive.

    Raises
    ------
    CollapseError
        Naming the first component with a value that is not positive and finite.
    """
    bad = ~((values > 0.0) & (values < np.inf))
    if np.any(bad):
        component = int(np.argwhere(bad)[0, 0])
        raise CollapseError(_not_positive_definite(what, f"component {component} has {values[bad][0]:.3g}"))
    return np.sqrt(values)


def positive_variances(variances: FloatArray, means: FloatArray) -> FloatArray:
    """Give variances (D,) in which features that never vary get the scale of the others.

    Where nothing varies the scale is the square of the values themselves, or one if they are zero.
    """
    constant = variances <= (np.finfo(np.float64).eps * means) ** 2
    if not np.any(constant):
        return variances
    size = float(np.mean(variances[~constant])) if not np.all(constant) else float(np.max(means**2)) or 1.0
    return np.where(constant, size, variances)


def positive_definite(covariance: FloatArray, means: FloatArray) -> FloatArray:
    """Give a covariance (D, D) whose constant features have a scale, with correlations ridged if they are singular."""
    variances = positive_variances(np.diag(covariance), means)
    positive = covariance - np.diag(np.diag(covariance)) + np.diag(variances)
    deviations = np.sqrt(variances)
    if np.linalg.eigvalsh(positive / deviations / deviations[:, None])[0] < COLLINEAR:
        positive += np.diag(RIDGE * variances)
    return positive


def _not_positive_definite(what: str, reason: str) -> str:
    return (
        f"Every {what} must be symmetric and positive definite, but {reason}. Correct it if you passed it. "
        "Fit fewer components, increase `reg_covar`, or leave it at 'auto', which keeps every covariance away from "
        "singularity."
    )
