"""How many rows are misclassified where a tenth of them is noise: ``python -m benchmarks.outliers``.

Data like M5 of Garcia-Escudero et al. (2008): three components, two of which overlap, and noise that is uniform over
the box of the others and keeps out of what holds 97.5 % of each. Beside what is found without being told the share
stand the fit that is told it, and the rule that knows the mixture.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import chi2, multivariate_normal

from mixfold import GaussianMixture
from mixfold.typing import FloatArray, IntArray

MEANS = np.array([[0.0, 8.0], [8.0, 0.0], [-8.0, -8.0]])
COVARIANCES = np.array([np.eye(2), np.diag([45.0, 30.0]), [[15.0, -10.0], [-10.0, 15.0]]])
SIZES, NOISE = (360, 720, 720), 200


def drawn(seed: int) -> tuple[FloatArray, IntArray]:
    """Give rows, and the component of each; -1 is noise."""
    random = np.random.default_rng(seed)
    parts = [
        random.multivariate_normal(mean, covariance, size=size)
        for mean, covariance, size in zip(MEANS, COVARIANCES, SIZES, strict=True)
    ]
    rows = np.concatenate(parts)
    low, high, farthest, noise = np.min(rows, axis=0), np.max(rows, axis=0), chi2.ppf(0.975, 2), list[FloatArray]()
    while len(noise) < NOISE:
        one = random.uniform(low, high)
        away = one - MEANS
        if np.min(np.einsum("kd,kd->k", away, np.linalg.solve(COVARIANCES, away[:, :, None])[:, :, 0])) > farthest:
            noise.append(one)
    return np.concatenate([rows, noise]), np.repeat([0, 1, 2, -1], [*SIZES, NOISE])


def misclassified(found: IntArray, truth: IntArray) -> float:
    """Give the share of rows whose component or noise is another, under the best names of components."""
    table = np.zeros((4, 4))
    np.add.at(table, (truth, found), 1.0)  # noise is last
    return float(1.0 - (table[3, 3] + np.sum(table[:3, :3][linear_sum_assignment(-table[:3, :3])])) / len(truth))


def by_truth(rows: FloatArray) -> IntArray:
    """Give the labels of who knows the mixture, and that noise is uniform over the box."""
    weights = np.array(SIZES) / (sum(SIZES) + NOISE)
    scores = [
        weight * multivariate_normal(mean, covariance).pdf(rows)
        for weight, mean, covariance in zip(weights, MEANS, COVARIANCES, strict=True)
    ]
    noise = (1.0 - np.sum(weights)) / np.prod(np.ptp(rows, axis=0))
    best = np.argmax([*scores, np.full(len(rows), noise)], axis=0)
    return np.where(best == len(MEANS), -1, best)


def main(arguments_given: list[str] | None = None) -> None:
    """Print a line for each way, with the mean over all draws and the largest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=12)
    arguments = parser.parse_args(arguments_given)
    ways: dict[str, str | float] = {"auto": "auto", "uniform": "uniform", "told 10 %": 0.1}
    shares: dict[str, list[float]] = {name: [] for name in [*ways, "who knows the mixture"]}
    for seed in range(arguments.draws):
        rows, truth = drawn(seed)
        for name, outliers in ways.items():
            found = GaussianMixture(3, outliers=outliers, random_state=0).fit(rows).predict(rows)
            shares[name].append(misclassified(found, truth))
        shares["who knows the mixture"].append(misclassified(by_truth(rows), truth))
    for name, found in shares.items():
        print(f"{name}: {np.mean(found):.2%} in the mean of {len(found)} draws, at most {np.max(found):.2%}")


if __name__ == "__main__":
    main()
