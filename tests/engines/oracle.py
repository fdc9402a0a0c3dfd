"""The kernels' results by their formulas, in extended precision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mixfold.potentials import Potentials
from mixfold.statistics import SufficientStatistics
from mixfold.structures import DIAGONAL, FULL, POOLED, SPHERICAL, Structure

Extended = npt.NDArray[np.longdouble]


def make_potentials(k: int, d: int, structure: Structure, seed: int = 0) -> Potentials:
    rng = np.random.default_rng([seed, k, d])
    full = np.tril(rng.normal(size=(k, d, d)) / np.sqrt(d)) + np.eye(d)
    whitener = {
        FULL: full,
        POOLED: full[0],
        DIAGONAL: np.abs(rng.normal(size=(k, d))) + 0.1,
        SPHERICAL: np.abs(rng.normal(size=k)) + 0.1,
    }[structure]
    return Potentials(rng.normal(size=k), rng.normal(size=(k, d)), whitener, structure)


def make_rows(n: int, d: int, dtype: str = "float64", seed: int = 0) -> npt.NDArray[np.floating]:
    return np.random.default_rng([seed, n, d]).normal(size=(n, d)).astype(dtype)


@dataclass
class Oracle:
    """Every result by its formula, in extended precision."""

    rows: npt.NDArray[np.floating]
    weights: npt.NDArray[np.floating] | None
    potentials: Potentials

    def __post_init__(self) -> None:
        n, k = len(self.rows), self.potentials.n_components
        self.difference = self.rows.astype(np.longdouble)[None] - self.potentials.center.astype(np.longdouble)[:, None]
        whitener = self.potentials.whitener.astype(np.longdouble)
        if self.potentials.structure == FULL:
            white = self.difference @ np.swapaxes(whitener, 1, 2)
        elif self.potentials.structure == POOLED:
            white = self.difference @ whitener.T
        else:
            white = self.difference * whitener.reshape(k, 1, -1)
        self.scores = self.potentials.offset[:, None] - np.sum(white**2, axis=2) / 2  # (k, n)
        self.weight = np.ones(n, np.longdouble) if self.weights is None else self.weights.astype(np.longdouble)
        best = self.scores.max(axis=0)
        self.log_density = best + np.log(np.sum(np.exp(self.scores - best), axis=0))
        self.responsibilities = np.exp(self.scores - self.log_density).T  # (n, k)
        self.labels = self.scores.argmax(axis=0)

    def sums(self, shares: Extended, structure: Structure) -> tuple[Extended, Extended, Extended]:
        weighted = (shares * self.weight[:, None]).T[:, :, None] * self.difference  # (k, n, d)
        count = (shares * self.weight[:, None]).sum(axis=0)
        scatter = np.swapaxes(weighted, 1, 2) @ self.difference
        diagonal = np.diagonal(scatter, axis1=1, axis2=2)
        reduced = {
            FULL: scatter,
            POOLED: scatter.sum(axis=0),
            DIAGONAL: diagonal,
            SPHERICAL: diagonal.sum(axis=1),
        }[structure]
        return count, weighted.sum(axis=1), reduced


def assert_same(got: SufficientStatistics, expected: tuple[Extended, Extended, Extended], tolerance: float) -> None:
    """Compare sums, each to within `tolerance` of the greatest of its kind."""
    for ours, theirs in zip((got.count, got.shift, got.scatter), expected, strict=True):
        assert ours.dtype == np.float64
        scale = np.abs(theirs).max() + np.finfo(float).tiny
        np.testing.assert_allclose(ours, theirs.astype(float), rtol=0, atol=tolerance * float(scale))
