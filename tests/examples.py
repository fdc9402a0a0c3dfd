"""Mixtures and rows to test with, for any covariance family that is or will be registered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mixfold import Mixture
from mixfold.covariance import FAMILIES, CovarianceFamily, Prior, family_for
from mixfold.engines import ArrayEngine
from mixfold.models import Penalized
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.rows import Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import DIAGONAL, FULL, POOLED, SPHERICAL, Structure
from mixfold.typing import FloatArray, IntArray

NO_PRIOR = Prior.from_ridge(0.0)


def blobs(
    n_rows: int = 240, n_components: int = 3, n_features: int = 2, seed: int = 0, separation: float = 3.0
) -> tuple[FloatArray, IntArray]:
    """Give rows in correlated clusters of unequal size, in random order, and the cluster of each."""
    random = np.random.default_rng(seed)
    shares = np.arange(1, n_components + 1) / np.sum(np.arange(1, n_components + 1))
    labels = random.permutation(
        np.minimum(np.searchsorted(np.cumsum(shares), np.linspace(0, 1, n_rows)), n_components - 1)
    )
    centers = separation * random.normal(size=(n_components, n_features))
    shapes = 0.4 * random.normal(size=(n_components, n_features, n_features)) + np.eye(n_features)
    rows = centers[labels] + np.einsum("nij,nj->ni", shapes[labels], random.normal(size=(n_rows, n_features)))
    return rows, labels


def statistics_of(
    family: CovarianceFamily, n_components: int = 3, n_features: int = 2, seed: int = 0, n_rows: int = 240
) -> SufficientStatistics:
    """Give the statistics of some labelled rows, taken around centers that are not their means."""
    rows, labels = blobs(n_rows, n_components, n_features, seed)
    center = np.random.default_rng(seed + 1).normal(size=(n_components, n_features))
    return ArrayEngine().moments(Rows(rows), np.eye(n_components)[labels], center, family.structure)


def full_statistics_of(
    family: CovarianceFamily, n_components: int = 3, n_features: int = 2, seed: int = 0, n_rows: int = 240
) -> SufficientStatistics:
    """Give what `statistics_of` does with a whole scatter matrix for each component."""
    del family
    return statistics_of(FAMILIES["full"], n_components, n_features, seed, n_rows)


def with_flat_component(statistics: SufficientStatistics) -> SufficientStatistics:
    """Give statistics around means in which the first component has no variance."""
    scatter = statistics.scatter_about_means.copy()
    scatter[0] = 0.0
    return replace(statistics, shift=np.zeros_like(statistics.shift), scatter=scatter)


def with_flat_feature(statistics: SufficientStatistics) -> SufficientStatistics:
    """Give statistics around means in which the first feature, of matrices, has no variance."""
    scatter = statistics.scatter_about_means.copy()
    scatter[:, 0] = scatter[:, :, 0] = 0.0
    return replace(statistics, shift=np.zeros_like(statistics.shift), scatter=scatter)


def parameters_of(family: CovarianceFamily, n_components: int = 3, n_features: int = 2, seed: int = 0) -> Parameters:
    """Give sound parameters of any family: those of some labelled rows."""
    return Penalized(family, NO_PRIOR).maximize(statistics_of(family, n_components, n_features, seed))


def learned(
    family: CovarianceFamily, statistics: SufficientStatistics, prior: Prior, before: FloatArray | None = None
) -> FloatArray:
    """Give the covariances of the M step."""
    start = None if before is None else Parameters(statistics.count, statistics.means, before)
    return Penalized(family, prior).maximize(statistics, start).covariances


def scale_of(family: CovarianceFamily, everything: SufficientStatistics) -> FloatArray:
    """Give the covariance of all rows, whose statistics are those of one component."""
    return family.scale(everything.about_means, everything.weight, everything.means[0])


def mixture_of(covariance_type: str = "full", n_components: int = 3, n_features: int = 2, seed: int = 0) -> Mixture:
    """Give a mixture of any family."""
    parameters = parameters_of(family_for(covariance_type), n_components, n_features, seed)
    return Mixture(parameters.weights, parameters.means, parameters.covariances, covariance_type)


def potentials_of(structure: Structure, n_components: int = 3, n_features: int = 2, seed: int = 0) -> Potentials:
    """Give random potentials with a whitener of any structure."""
    random = np.random.default_rng(seed)
    whitener = random.normal(size=structure.shape(n_components, n_features))
    if structure.rank:
        whitener[:, :, 0] = np.abs(whitener[:, :, 0]) + 0.3
        whitener[:, :, 1:] *= 0.9 / np.linalg.norm(whitener[:, :, 1:], ord=2, axis=(1, 2), keepdims=True)
    elif structure in {FULL, POOLED}:
        whitener = np.tril(whitener, -1) + np.eye(n_features) * random.uniform(0.5, 2.0, size=n_features)
    else:
        whitener = np.abs(whitener) + 0.3
    center = random.normal(size=(n_components, n_features))
    return Potentials(random.normal(size=n_components), center, whitener, structure)


def dense_whiteners(potentials: Potentials) -> FloatArray:
    """Give every component's whitener as a matrix, (K, D, D)."""
    k, d = potentials.n_components, potentials.n_features
    whitener = potentials.whitener
    if potentials.structure == FULL:
        return whitener
    if potentials.structure == POOLED:
        return np.broadcast_to(whitener, (k, d, d))
    if potentials.structure.rank:
        vectors = whitener[:, :, 1:]
        return (np.eye(d) - vectors @ np.swapaxes(vectors, 1, 2)) * whitener[:, None, :, 0]
    return np.broadcast_to(whitener.reshape(k, -1), (k, d))[:, :, None] * np.eye(d)


def scores_by_loops(rows: FloatArray, potentials: Potentials) -> FloatArray:
    """Give the scores (n, K) by the definition, one row and one component at a time."""
    whiteners = dense_whiteners(potentials)
    return np.array(
        [
            [
                offset - 0.5 * float(np.sum((whitener @ (row - center)) ** 2))
                for offset, center, whitener in zip(potentials.offset, potentials.center, whiteners, strict=True)
            ]
            for row in np.asarray(rows, dtype=np.float64)
        ]
    )


def scatter_by_loops(
    rows: FloatArray,
    shares: FloatArray,
    center: FloatArray,
    structure: Structure,
    basis: FloatArray | None = None,
) -> FloatArray:
    """Give the scatter of a structure by the definition, from shares (n, K) that include the weights."""
    full = np.zeros((len(center), rows.shape[1], rows.shape[1]))
    for row, share in zip(rows, shares, strict=True):
        for component, mean in enumerate(center):
            full[component] += share[component] * np.outer(row - mean, row - mean)
    if structure.rank:
        if basis is None:
            basis = np.repeat(structure.projection(rows.shape[1])[None], len(center), axis=0)
        return np.concatenate([np.einsum("kii->ki", full)[:, :, None], full @ basis], axis=2)
    return {
        FULL: full,
        POOLED: np.sum(full, axis=0),
        DIAGONAL: np.einsum("kii->ki", full),
        SPHERICAL: np.einsum("kii->k", full),
    }[structure]


CORNERS = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0], [8.0, 8.0]])


def four_corners(random: np.random.Generator, n: int = 160) -> tuple[FloatArray, IntArray]:
    """Draw rows of four clear clusters, and the cluster of each."""
    labels = random.integers(0, 4, n)
    return CORNERS[labels] + random.normal(size=(n, 2)), labels
