"""The line or plane of feature space that a picture shows, and what rows and mixtures look like on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixfold.errors import InputError
from mixfold.mixtures import Mixture, transformed
from mixfold.typing import FloatArray
from mixfold.validation import feature_indices

Features = int | str | Sequence[int | str]


@dataclass(frozen=True, slots=True)
class Plane:
    """A linear map ``y = axes (x - origin)`` of D features onto one or two.

    Attributes
    ----------
    origin : ndarray of shape (n_features,)
    axes : ndarray of shape (1 or 2, n_features)
    labels : tuple of str
        What each axis shows.
    note : str
        What the picture leaves out; empty if nothing.
    """

    origin: FloatArray
    axes: FloatArray
    labels: tuple[str, ...]
    note: str

    def rows(self, rows: FloatArray) -> FloatArray:
        """Map rows (n, D) to points (n, 1 or 2)."""
        return (rows - self.origin) @ self.axes.T

    def mixture(self, mixture: Mixture) -> Mixture:
        """Map a mixture; the labels are the feature names of the result."""
        return transformed(mixture, self.axes, self.origin, self.labels)


def plane_of(mixture: Mixture, rows: FloatArray, names: Sequence[str], features: Features | None) -> Plane:
    """Choose what to show: the features named, all of one or two, or the principal plane of the data.

    Parameters
    ----------
    mixture : Mixture
    rows : ndarray of shape (n_rows, n_features)
    names : sequence of str
    features : int, str, or one or two of them, optional

    Raises
    ------
    InputError
        If a feature is unknown, or more than two are named.
    """
    d = mixture.n_features
    if features is None and d > 2:
        return principal_plane(rows)
    chosen = range(d) if features is None else [features] if isinstance(features, int | str) else features
    indices = feature_indices(list(chosen), names, d)
    if len(indices) > 2:
        message = (
            f"`features` must name one or two of the {d} features, got {len(indices)}. Leave it out for the PCA plane."
        )
        raise InputError(message)
    note = f"{len(indices)} of {d} features" if len(indices) < d else ""
    return Plane(np.zeros(d), np.eye(d)[indices], tuple(names[index] for index in indices), note)


def principal_plane(rows: FloatArray) -> Plane:
    """Give the two principal components of the standardized features, so that no unit of measurement decides."""
    center, scale = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(scale > np.finfo(np.float64).eps * np.abs(center), scale, np.inf)  # constant features take no part
    standardized = (rows - center) / scale
    values, vectors = np.linalg.eigh(standardized.T @ standardized / len(rows))
    shares = values[::-1] / max(float(values.sum()), np.finfo(np.float64).tiny)
    scale = np.where(np.isfinite(scale), scale, 1.0)
    directions = vectors.T[::-1][:2]
    strongest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, None], axis=1)
    axes = directions * np.sign(strongest) / scale
    labels = tuple(f"principal component {at + 1} ({shares[at]:.0%} of the variance)" for at in range(2))
    note = f"PCA plane of {rows.shape[1]} standardized features"
    return Plane(center, axes, labels, note)
