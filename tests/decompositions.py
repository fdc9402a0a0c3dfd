"""Random members of the parsimonious families, made from their letters: an oracle that knows no M step."""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm

from mixfold.covariance import ALIASES, CovarianceFamily
from mixfold.typing import FloatArray

LETTERS = {name: letters for letters, name in ALIASES.items()}
"""mclust's names of those that scikit-learn named."""


def letters_of(family: CovarianceFamily) -> str:
    """Give the letters of volume, shape and orientation."""
    return LETTERS.get(family.name, family.name)


def has_letters(family: CovarianceFamily) -> bool:
    """Whether a family is one of volume, shape and orientation."""
    return set(letters_of(family)) <= set("EVI")


def n_coordinates(letters: str, k: int, d: int) -> int:
    """Count the coordinates of `member`."""
    sizes = (1, d - 1, d * (d - 1) // 2)
    return sum({"E": 1, "V": k, "I": 0}[letter] * size for letter, size in zip(letters, sizes, strict=True))


def member(letters: str, coordinates: FloatArray, axes: FloatArray, k: int, d: int) -> FloatArray:
    """Give covariances (K, D, D) lambda_k D_k A_k D_k^T from logarithms of volumes and shapes, and skew matrices.

    `axes` (K, D, D) are turned by the exponentials of the skew matrices; equal ones by the same.
    """
    parts, at = [], 0
    for letter, size in zip(letters, (1, d - 1, d * (d - 1) // 2), strict=True):
        times = {"E": 1, "V": k, "I": 0}[letter]
        values = coordinates[at : at + times * size].reshape(times, size) if times else np.zeros((1, size))
        parts.append(np.broadcast_to(values, (k, size)))
        at += times * size
    volume, shape, skew = parts
    logs = volume + np.column_stack([shape, -np.sum(shape, axis=1)])
    result = np.empty((k, d, d))
    for component in range(k):
        turn = np.zeros((d, d))
        turn[np.triu_indices(d, 1)] = skew[component]
        orientation = axes[component] @ expm(turn - turn.T)
        result[component] = (orientation * np.exp(logs[component])) @ orientation.T
    return result


def first_axes(letters: str, covariances: FloatArray) -> FloatArray:
    """Give axes (K, D, D) for `member` that are those of given covariances, where they are free."""
    k, d, _ = covariances.shape
    if letters.endswith("I"):
        return np.broadcast_to(np.eye(d), (k, d, d))
    axes = np.linalg.eigh(covariances)[1]
    return np.broadcast_to(axes[0], axes.shape) if letters.endswith("E") else axes
