"""K-means is where a Gaussian mixture ends when its covariance shrinks to nothing.

Give every component the same weight and the same sphere, of variance s, and let EM learn the means alone. Its E step is
a softmax of -||x - m_k||^2 / (2 s): as s goes to zero each row goes wholly to its nearest mean, and the M step is the
mean of those rows. That is Lloyd's algorithm, step by step (Bishop 2006, section 9.3.2).

    python examples/kmeans_limit.py [FOLDER]

prints how the labels become those of k-means on Fisher's irises, and draws the boundaries into FOLDER.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris

from mixfold import GaussianMixture
from mixfold.engines import engine_for
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.plotting import new_figure
from mixfold.plotting.palette import colors_of
from mixfold.potentials import Potentials
from mixfold.sources import ArraySource
from mixfold.structures import SPHERICAL
from mixfold.typing import FloatArray

N_CLUSTERS = 3
SIDE = 200
"""Points of the plane along each axis."""
VARIANCES = (1.0, 0.3, 0.1, 0.03, 0.01, 0.001, 0.0001)


def fold_of(rows: FloatArray) -> Fold:
    """Give rows as what EM sees of data."""
    return Fold(ArraySource(rows), engine_for(rows), LocalExecutor())


def spheres(means: FloatArray, variance: float) -> Potentials:
    """Give components of equal weight and of one variance in every direction, fixed."""
    k = len(means)
    return Potentials(np.zeros(k), means, np.full(k, variance**-0.5), SPHERICAL)


def shrunk(rows: FloatArray, means: FloatArray, variance: float) -> tuple[FloatArray, FloatArray]:
    """Run EM on the means of equal spheres of one fixed variance, and give the means and the responsibilities."""
    fold = fold_of(rows)
    for _ in range(1_000):
        statistics = fold.statistics(spheres(means, variance), SPHERICAL)
        moved = np.abs(statistics.means - means).max()
        means = statistics.means
        if moved <= 1e-9:
            break
    return means, np.asarray(fold.responsibilities(spheres(means, variance)))


def draw(path: Path, rows: FloatArray, start: FloatArray) -> None:
    """Draw three pictures of the plane: what a mixture of any ellipses says, spheres that shrink, and their limit."""
    low, high = rows.min(axis=0) - 0.5, rows.max(axis=0) + 0.5
    sides = [np.linspace(a, b, SIDE) for a, b in zip(low, high, strict=True)]
    plane = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    mixture = GaussianMixture(N_CLUSTERS, means_init=start, random_state=0).fit(rows).mixture_
    means, shares = shrunk(rows, start, 0.3)
    soft = fold_of(plane).responsibilities(spheres(means, 0.3))
    k_means = KMeans(N_CLUSTERS, init=start, n_init=1, algorithm="lloyd", tol=0.0).fit(rows)
    panels = {
        "Gaussian mixture: quadratic boundaries": (
            mixture.responsibilities(plane),
            mixture.means,
            mixture.labels(rows),
        ),
        "Equal spheres of variance 0.3: soft": (np.asarray(soft), means, shares.argmax(axis=1)),
        "K-means, their limit: Voronoi cells": (
            np.eye(N_CLUSTERS)[k_means.predict(plane)],
            k_means.cluster_centers_,
            k_means.labels_,
        ),
    }
    figure = new_figure(15.0, 4.8)
    for ax, (title, (shares, centers, labels)) in zip(figure.subplots(1, 3), panels.items(), strict=True):
        order = np.argsort(centers[:, 0])  # the same colors in every panel
        colors = colors_of(N_CLUSTERS)
        tint = 1.0 - 0.45 * (1.0 - shares[:, order] @ colors)
        ax.imshow(tint.reshape(SIDE, SIDE, 3), extent=(low[0], high[0], low[1], high[1]), origin="lower", aspect="auto")
        best = shares[:, order].argmax(axis=1).reshape(SIDE, SIDE)
        for component in range(N_CLUSTERS):
            ax.contour(*sides, best == component, levels=[0.5], colors="0.25", linewidths=0.9)
        ax.scatter(*rows.T, s=14, c=colors[np.argsort(order)[labels]], edgecolor="white", linewidth=0.4)
        ax.scatter(*centers.T, s=90, c="white", edgecolor="0.1", marker="X")
        ax.set_title(title, loc="left", fontsize=11, fontweight="bold")
        ax.set_xlabel("petal length (cm)")
        ax.set_ylabel("petal width (cm)")
    figure.savefig(path, dpi=110)


def main(folder: Path) -> None:
    """Print the table and draw the picture."""
    rows = load_iris().data[:, 2:]
    start = rows[[0, 60, 120]]
    k_means = KMeans(N_CLUSTERS, init=start, n_init=1, algorithm="lloyd", tol=0.0).fit(rows)
    print("variance   least sure row   labels of k-means   largest distance between means")
    for variance in VARIANCES:
        means, shares = shrunk(rows, start, variance)
        agree = np.mean(shares.argmax(axis=1) == k_means.labels_)
        distance = np.abs(means - k_means.cluster_centers_).max()
        print(f"{variance:8g}   {shares.max(axis=1).min():14.6f}   {agree:17.1%}   {distance:.2e}")
    folder.mkdir(parents=True, exist_ok=True)
    draw(folder / "kmeans-limit.png", rows, start)
    print(f"Drawn: {folder / 'kmeans-limit.png'}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
