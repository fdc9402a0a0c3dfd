"""`Linear`: rows that are a linear map of what a mixture is of, with noise, and of some of its components."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self, final

import array_api_compat
import numpy as np
import numpy.typing as npt

from mixfold.covariance.abstract import cholesky
from mixfold.covariance.triangular import inverse_of_lower, log_diagonal
from mixfold.errors import InputError, ShapeError
from mixfold.observations.abstract import Observation
from mixfold.observations.components import Components, log_norm, refuse_other_than_normal
from mixfold.observations.view import View
from mixfold.potentials import Potentials
from mixfold.structures import FULL
from mixfold.typing import Array, FloatArray, IntArray


@final
@dataclass(frozen=True, slots=True)
class Linear(Observation):
    """y = R x + e, e ~ N(0, S), of components that are allowed.

    Attributes
    ----------
    matrix : ndarray of shape (p, n_features) or None
        R, whose rows are linearly independent unless there is noise; None is the identity.
    noise : ndarray of shape (p, p), (p,) or (), or None
        S: a covariance, variances, or the variance of all; None is none. Rounding to steps of g is ``g**2 / 12``.
    allowed : ndarray of bool of shape (n_components,) or None
        Which components rows may be of: labels. None allows all; those beyond its end are not allowed.
    columns : ndarray of int of shape (p,) or None
        Which columns of a row hold y; None where they are all.

    Raises
    ------
    ShapeError
        If the parts do not fit each other.
    InputError
        If the noise is no covariance, no component is allowed, or rows of R depend on each other without noise.

    Examples
    --------
    A row whose second feature is missing, of the first component.

    >>> import numpy as np
    >>> from mixfold.observations import Components, Linear
    >>> from mixfold.potentials import Potentials
    >>> labelled = Linear(np.array([[1.0, 0.0]]), allowed=np.array([True, False]), columns=np.array([0]))
    >>> labelled.seen(np.array([[5.0, np.nan]]))
    array([[5.]])
    >>> labelled.down(Components.of(Potentials.nearest(np.zeros((2, 2))))).offset
    array([0.91893853,       -inf])
    """

    matrix: FloatArray | None = None
    noise: FloatArray | None = None
    allowed: npt.NDArray[np.bool_] | None = None
    columns: IntArray | None = None

    def __post_init__(self) -> None:
        """Refuse parts that say nothing, or different things."""
        p = None if self.matrix is None else len(self.matrix)
        if self.matrix is not None:
            matrix = np.asarray(self.matrix, dtype=np.float64)
            if matrix.ndim != 2 or not np.all(np.isfinite(matrix)):
                message = f"`matrix` must be a finite array (p, n_features), got shape {matrix.shape}."
                raise ShapeError(message)
            if self.noise is None and len(matrix) and np.linalg.matrix_rank(matrix) < len(matrix):
                message = "The rows of `matrix` must be linearly independent where there is no noise. Leave some out."
                raise InputError(message)
            object.__setattr__(self, "matrix", matrix)
        if self.noise is not None:
            object.__setattr__(self, "noise", _checked_noise(np.asarray(self.noise, dtype=np.float64), p))
        if self.columns is not None and p is not None and len(self.columns) != p:
            message = f"`columns` must name as many columns as `matrix` has rows, {p}, got {len(self.columns)}."
            raise ShapeError(message)
        if self.allowed is not None and not np.any(self.allowed):
            message = "`allowed` must allow at least one component, got none. Pass None to allow all."
            raise InputError(message)

    @classmethod
    def of_features(
        cls,
        observed: npt.NDArray[np.bool_],
        noise: FloatArray | None = None,
        allowed: npt.NDArray[np.bool_] | None = None,
    ) -> Self:
        """Give the observation of some features, in their own columns: the others are missing.

        Parameters
        ----------
        observed : ndarray of bool of shape (n_features,)
        noise : ndarray of shape (n_features, n_features), (n_features,) or (), optional
            Of all features, as if none were missing.
        allowed : ndarray of bool of shape (n_components,), optional
        """
        at = np.flatnonzero(observed)
        if noise is not None:
            noise = np.asarray(noise, dtype=np.float64)
            noise = noise[np.ix_(at, at)] if noise.ndim == 2 else np.broadcast_to(noise, (len(observed),))[at]
        return cls(np.eye(len(observed))[at], noise, allowed, at)

    @property
    def is_exact(self) -> bool:
        """Whether nothing but labels is known."""
        return self.matrix is None and self.noise is None

    def seen(self, values: Array) -> Array:
        """Give the columns that hold y; a column of zeros where nothing is observed."""
        xp, device = array_api_compat.array_namespace(values), array_api_compat.device(values)
        if self.matrix is not None and not len(self.matrix):
            return xp.zeros((values.shape[0], 1), dtype=values.dtype, device=device)
        return values if self.columns is None else xp.take(values, xp.asarray(self.columns, device=device), axis=1)

    def view(self, components: Components) -> View:
        """Give the components of y, and what brings its statistics up."""
        bias = self.log_allowed(len(components.potentials.offset))
        background = components.potentials.background if self.allowed is None else -np.inf  # a label is of a component
        if self.matrix is None and self.noise is None:
            offset = components.potentials.offset + bias
            return View(replace(components.potentials, offset=offset, background=background))
        degrees = components.potentials.degrees
        if self.noise is not None and degrees is not None:
            refuse_other_than_normal(components.potentials, has_noise=True)
        matrix = np.eye(components.means.shape[1]) if self.matrix is None else self.matrix
        log_weights, covariances = components.log_weights + bias, components.covariances
        log_sides = components.potentials.log_sides
        if self.matrix is not None and background > -np.inf:
            background, log_sides = _background_of(components.potentials, self.matrix)
        if not len(matrix):
            return _nothing_seen(components, log_weights, background)
        across = matrix @ covariances  # (k, p, d)
        noise = np.zeros(()) if self.noise is None else self.noise
        seen = across @ matrix.T + (noise if noise.ndim == 2 else noise * np.eye(len(matrix)))
        whitener = inverse_of_lower(cholesky(0.5 * (seen + np.swapaxes(seen, 1, 2)), "covariance of an observation"))
        offset = log_weights + log_norm(degrees, len(matrix)) + log_diagonal(whitener)
        potentials = Potentials(offset, components.means @ matrix.T, whitener, FULL, background, degrees, log_sides)
        white = whitener @ across  # (k, p, d)
        gain = np.swapaxes(white, 1, 2) @ whitener
        residual = covariances - np.swapaxes(white, 1, 2) @ white
        if self.noise is None and _takes_features(matrix):  # these are known, not only to rounding
            at = np.argmax(matrix, axis=1)
            gain[:, at], residual[:, at], residual[:, :, at] = np.eye(len(at)), 0.0, 0.0
        return View(potentials, components.potentials, gain, residual)


def _background_of(potentials: Potentials, matrix: FloatArray) -> tuple[float, FloatArray]:
    """Give the score of the background at y, and its sides, where these are features of x."""
    takes = _takes_features(matrix)
    refuse_other_than_normal(potentials if takes else replace(potentials, log_sides=None))
    assert potentials.log_sides is not None  # noqa: S101  (or they are refused)
    lacks = ~np.any(matrix, axis=0)
    return float(potentials.background_of(lacks[None])[0]), matrix @ potentials.log_sides


def _checked_noise(noise: FloatArray, n_seen: int | None) -> FloatArray:
    """Give the noise as a variance () or a matrix (p, p)."""
    n_seen = n_seen if n_seen is not None else (noise.shape[0] if noise.ndim else None)
    if noise.ndim > 2 or any(side != n_seen for side in noise.shape):
        message = f"`noise` must have shape (p, p), (p,) or () for p = {n_seen} values seen, got {noise.shape}."
        raise ShapeError(message)
    noise = np.diag(noise) if noise.ndim == 1 else noise
    rounding = 1e-12 * float(np.max(np.abs(noise), initial=0.0))
    if not np.all(np.isfinite(noise)) or np.any(np.abs(noise - noise.T) > rounding) or _smallest(noise) < -rounding:
        message = (
            "`noise` must be a covariance: finite, symmetric, without negative variances. "
            "Pass variances where you have deviations."
        )
        raise InputError(message)
    return np.asarray(0.5 * (noise + noise.T))


def _smallest(noise: FloatArray) -> float:
    return float(np.min(np.linalg.eigvalsh(noise))) if noise.ndim and noise.size else float(np.sum(noise))


def _takes_features(matrix: FloatArray) -> bool:
    return bool(np.all((matrix == 0.0) | (matrix == 1.0)) and np.all(np.sum(matrix, axis=1) == 1.0))


def _nothing_seen(components: Components, log_weights: FloatArray, background: float) -> View:
    """Give the view of rows without values: they are shared by weight, and are as components are."""
    k, d = components.means.shape
    degrees = components.potentials.degrees
    potentials = Potentials(log_weights, np.zeros((k, 1)), np.zeros((k, 1, 1)), FULL, background, degrees)
    return View(potentials, components.potentials, np.zeros((k, d, 1)), components.covariances)
