"""What observations must give, row by row and component by component, from the textbook's formulas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import multivariate_normal

from mixfold.engines import Assignment
from mixfold.observations import Components, Linear
from mixfold.typing import FloatArray, IntArray


@dataclass
class Oracle:
    """Expected sums of x, one row at a time."""

    components: Components
    observations: list[Linear]
    values: FloatArray
    strata: IntArray
    weights: FloatArray
    assignment: Assignment = Assignment.SOFT

    def __post_init__(self) -> None:
        """Add up all rows."""
        k, d = self.components.means.shape
        self.count, self.shift, self.scatter = np.zeros(k), np.zeros((k, d)), np.zeros((k, d, d))
        self.log_likelihood, self.log_density, self.responsibilities = 0.0, [], []
        for row, stratum, weight in zip(self.values, self.strata, self.weights, strict=True):
            self._add(row, self.observations[stratum], weight)

    def _add(self, row: FloatArray, seen: Linear, weight: float) -> None:
        means, covariances = self.components.means, self.components.covariances
        d = means.shape[1]
        matrix = np.eye(d) if seen.matrix is None else seen.matrix
        y = row if seen.columns is None else row[seen.columns]
        noise = np.zeros((len(matrix), len(matrix)))
        if seen.noise is not None:
            noise = seen.noise if seen.noise.ndim == 2 else seen.noise * np.eye(len(matrix))
        scores = np.array(self.components.log_weights)
        for k, (mean, covariance) in enumerate(zip(means, covariances, strict=True)):
            if len(y):
                scores[k] += multivariate_normal(matrix @ mean, matrix @ covariance @ matrix.T + noise).logpdf(y)
            if seen.allowed is not None and not seen.allowed[k]:
                scores[k] = -np.inf
        density = np.logaddexp.reduce(scores)
        shares = np.exp(scores - density)
        self.log_density.append(density)
        self.responsibilities.append(shares)
        if self.assignment is Assignment.HARD:
            shares, density = np.eye(len(means))[np.argmax(scores)], np.max(scores)
        self.log_likelihood += weight * density
        for k, (mean, covariance) in enumerate(zip(means, covariances, strict=True)):
            inverse = np.linalg.inv(matrix @ covariance @ matrix.T + noise)
            gain = covariance @ matrix.T @ inverse
            step, rest = gain @ (y - matrix @ mean), covariance - gain @ matrix @ covariance
            self.count[k] += weight * shares[k]
            self.shift[k] += weight * shares[k] * step
            self.scatter[k] += weight * shares[k] * (np.outer(step, step) + rest)


D, K = 3, 3


def kinds() -> dict[str, list[Linear]]:
    """Give observations of every kind, by name, for three features and components."""
    random = np.random.default_rng(5)
    factor = random.normal(size=(3, 3))
    noise = 0.3 * factor @ factor.T
    present = [np.array([True, True, True]), np.array([True, False, True]), np.array([False, False, True])]
    labels = [np.array([True, False, False]), np.array([False, True, True])]
    return {
        "missing": [Linear.of_features(observed) for observed in present],
        "nothing seen": [Linear.of_features(np.zeros(3, dtype=bool)), Linear.of_features(present[1])],
        "noise": [Linear(noise=np.array(0.5)), Linear(noise=np.array([0.1, 0.0, 0.4])), Linear(noise=noise)],
        "labels": [Linear(allowed=allowed) for allowed in labels] + [Linear()],
        "mapped": [Linear(random.normal(size=(3, 3))), Linear(random.normal(size=(2, 3)), columns=np.array([2, 0]))],
        "all at once": [Linear.of_features(present[1], noise, labels[1]), Linear.of_features(present[2], noise)],
    }
