"""Features that others determine: left out of a fit, which they tell nothing, and put back into what it found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from mixfold.covariance import CovarianceFamily
from mixfold.engines import to_numpy
from mixfold.errors import CollapseError
from mixfold.estimators.fit import Fit
from mixfold.fitting import DataScale
from mixfold.fitting.invariant_coordinates import MATRIX_FEATURES
from mixfold.models import Penalized
from mixfold.parameters import Parameters, n_free_parameters
from mixfold.rows import is_single
from mixfold.sources import ArraySource
from mixfold.typing import FloatArray, IntArray

RESIDUAL = 1e-5
"""Deviations of a feature that a sum of others may be off by, to be what determines it."""
SINGLE_RESIDUAL = 1e-3
"""The same where rows are in single precision."""
NOTHING = 1e-10
"""Deviations that a determined feature is moved by one of another which it does not follow from: rounding."""
LARGEST = 100.0
"""Deviations that a determined feature may be moved by one of another, or rounding would be as large as it is."""


@dataclass(frozen=True, slots=True)
class DeterminedFeatures:
    """Features that are a constant, or a sum of multiples of features before them, in every row.

    Attributes
    ----------
    free : ndarray of int of shape (n_free,)
        The other features.
    determined : ndarray of int of shape (n_determined,)
    linear, intercept : ndarray of shape (n_determined, n_free), (n_determined,)
        What they are: ``linear @ x[free] + intercept``.
    variances : ndarray of shape (n_determined,)
        Around that.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.estimators.determined import DeterminedFeatures
    >>> from mixfold.fitting import DataScale
    >>> from mixfold.fold import Fold
    >>> from mixfold.sources import ArraySource
    >>> one = np.array([1.0, 2.0, 4.0, 5.0])
    >>> rows = np.column_stack([one, np.full(4, 7.0), 2.0 * one + 1.0])
    >>> found = DeterminedFeatures.of(ArraySource(rows), DataScale.of(Fold.of_rows(rows)), family_for("full"))
    >>> found.free, found.determined, found.linear.round(6).ravel(), found.intercept.round(6)
    (array([0]), array([1, 2]), array([0., 2.]), array([7., 1.]))
    """

    free: IntArray
    determined: IntArray
    linear: FloatArray
    intercept: FloatArray
    variances: FloatArray

    @classmethod
    def of(cls, source: ArraySource, scale: DataScale, family: CovarianceFamily) -> Self | None:
        """Find those that a family can hold; None where all features are free, or none.

        Variances of features without correlations can follow each other, but rows would count them one by one: there
        only constants are left out, and of very many features, which are for factors, or more than there are rows.
        """
        d = source.n_features
        if scale.n_free == d:
            return None
        single = is_single(source.values)
        limit = SINGLE_RESIDUAL if single else RESIDUAL
        near = scale.near(scale.rows, scale.weights)
        units, share = np.sqrt(scale.variances), scale.weights[near] / np.sum(scale.weights[near])
        center = share @ scale.rows[near]
        standard = np.sqrt(share)[:, None] * (scale.rows[near] - center) / units
        constant = np.ptp(scale.rows, axis=0) == 0.0
        structure = family.structure
        is_told = structure.is_matrix or (structure.correlates and d <= MATRIX_FEATURES)
        is_told &= bool(np.sum(near) > d)  # which of so many features determine others is a matter of chance
        free = _independent(standard, limit) if is_told else np.flatnonzero(~constant)
        determined = np.setdiff1d(np.arange(d), free)
        if not len(free) or not len(determined):
            return None
        linear = np.asarray(np.linalg.lstsq(standard[:, free], standard[:, determined], rcond=None)[0].T, np.float64)
        if np.max(np.abs(linear)) > LARGEST:
            return None
        linear[np.abs(linear) < NOTHING] = 0.0
        linear *= units[determined][:, None] / units[free]
        linear[constant[determined]] = 0.0
        intercept = center[determined] - linear @ center[free]
        rows = to_numpy(source.values).astype(np.float64)
        residual = np.abs(rows[:, determined] - rows[:, free] @ linear.T - intercept)
        size = units[determined] + np.abs(rows[:, determined]) * (1e-6 if single else 1e-14)
        held = np.all(residual <= limit * size, axis=0)
        if not np.all(held):  # in rows outside of the sample: then nothing is left out
            return None
        # That of the value, and of those that it follows from: as wide as where no feature is left out.
        values = scale.value_variances
        inherited = np.sum(np.square(linear * np.sqrt(values[free])), axis=1)
        return cls(free, determined, linear, intercept, values[determined] + inherited)

    def restored(self, parameters: Parameters, family: CovarianceFamily) -> Parameters:
        """Give the parameters of all features that follow from those of the free ones."""
        means = np.concatenate([parameters.means, parameters.means @ self.linear.T + self.intercept], axis=1)
        covariances = self.restored_covariances(parameters.covariances, family)
        return Parameters(parameters.weights, means[:, self._place], covariances)

    def restored_covariances(self, covariances: FloatArray, family: CovarianceFamily) -> FloatArray:
        """Give covariances of all features, or one; those of determined ones follow, but for `variances`."""
        structure, place = family.structure, self._place
        whole = structure.extended(covariances, self.linear, self.variances)
        if structure.is_matrix:
            return np.asarray(whole[..., place, :][..., place])
        return np.asarray(whole[:, place] if whole.ndim > 1 else whole[place])

    def restored_model(self, model: Penalized, family: CovarianceFamily) -> Penalized:
        """Give the model of a family of all features, from that of the free ones."""
        prior = model.prior
        jitter = family.structure.reduced(prior.jitter, len(self.free))
        each = self.restored_covariances(prior.scale / prior.count, family)
        jitter = self.restored_covariances(jitter, family)
        return Penalized(family, replace(prior, scale=prior.count * each, jitter=jitter))

    def restored_fit(self, fit: Fit, family: CovarianceFamily) -> Fit:
        """Give the fit of all features, in a family that may have more factors than the one that was asked for."""
        parameters = self.restored(fit.parameters, family)
        restarts = [
            run
            if run.parameters is None
            else replace(run, parameters=self.restored(run.parameters, family), statistics=None)
            for run in fit.restarts
        ]
        model = self.restored_model(fit.model, family.holding(parameters.covariances))
        told = n_free_parameters(fit.model.family, *fit.parameters.means.shape)
        n_beside = fit.n_beside + told - n_free_parameters(model.family, *parameters.means.shape)
        return replace(fit, parameters=parameters, model=model, restarts=restarts, stream=None, n_beside=n_beside)

    def restored_rows(self, rows: FloatArray) -> FloatArray:
        """Give rows of all features from those of the free ones."""
        determined = rows @ self.linear.T + self.intercept
        return np.asarray(np.concatenate([rows, determined], axis=1)[:, self._place])

    @property
    def _place(self) -> IntArray:
        """Where each feature is when the free ones come first."""
        return np.argsort(np.concatenate([self.free, self.determined]))


def can_restore(family: CovarianceFamily) -> bool:
    """Whether covariances of a family can hold features that vary as others do."""
    return family.structure.can_extend


def _independent(standard: FloatArray, limit: float) -> IntArray:
    """Name the columns that those before them do not determine, by Gram and Schmidt's process."""
    basis, named = np.zeros((len(standard), 0)), []
    for feature in range(standard.shape[1]):
        rest = standard[:, feature]
        for _ in range(2):  # twice is enough (Giraud, Langou & Rozloznik 2005)
            rest = rest - basis @ (basis.T @ rest)
        size = float(np.linalg.norm(rest))
        if size > limit:
            named.append(feature)
            basis = np.column_stack([basis, rest / size])
    return np.array(named, dtype=np.intp)


def refuse_singular(parameters: Parameters, family: CovarianceFamily) -> None:
    """Refuse covariance matrices that only rounding keeps positive definite, where no prior keeps them from that."""
    if not family.structure.is_matrix:
        return
    k, d = parameters.means.shape
    pivots = np.einsum("...ii->...i", family.whiten(parameters.covariances)) ** -2.0
    shares = pivots / family.variances(parameters.covariances, k, d)
    if np.min(shares) < d * np.finfo(np.float64).eps:
        message = (
            "Every covariance must be positive definite by more than rounding, but features determine each other in "
            f"component {int(np.argmin(np.min(shares, axis=1)))}. Leave out what follows from other features, increase "
            "`reg_covar`, or leave it at 'auto'."
        )
        raise CollapseError(message)
