"""``python -m benchmarks.segmentation``: agreement of segments with the truth, and what plain k-means gets.

Adjusted Rand indices (1 is perfect, 0 is chance), means over seeds, of images whose true labels are known: mosaics of
random regions, and two of scikit-image's pictures with noise.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from scipy.spatial import cKDTree
from skimage import data
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from mixfold import segment
from mixfold.typing import FloatArray, IntArray

SIDE, N_REGIONS = 200, 25
SMOOTHNESS = 1.5
CORNERS = np.vstack([np.zeros(3), 70.0 * np.eye(3)])

Draw = Callable[[np.random.Generator], tuple[FloatArray, IntArray]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.segmentation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    seeds = parser.parse_args().seeds
    print("image | segments | k-means | segment | segment, smoothness 1.5 | the same, number chosen (its mean)")
    for name, draw in workloads().items():
        scores, chosen = agreement(draw, seeds)
        means = " | ".join(f"{np.mean(each):.3f}" for each in scores.values())
        truth = draw(np.random.default_rng(0))[1].max() + 1
        print(f"{name} | {truth} | {means} ({np.mean(chosen):.1f})", flush=True)


def workloads() -> dict[str, Draw]:
    return {
        "gray mosaic, little noise": lambda random: mosaic(random, np.array([[40.0], [100], [160], [220]]), 12.0),
        "gray mosaic, much noise": lambda random: mosaic(random, np.array([[60.0], [110], [160], [210]]), 30.0),
        "RGB mosaic, equal round noise": lambda random: mosaic(
            random, np.vstack([np.zeros(3), 70.0 * np.eye(3)]), 30.0
        ),
        "RGB mosaic, noise of a shape for each": shaped,
        "six channels": lambda random: mosaic(random, 60.0 * np.eye(6), 30.0),
        "Shepp-Logan phantom, noise": phantom,
        "horse, noise of two strengths": horse,
    }


def agreement(draw: Draw, seeds: int) -> tuple[dict[str, list[float]], list[int]]:
    scores: dict[str, list[float]] = {"k-means": [], "segment": [], "smooth": [], "chosen": []}
    chosen = []
    for seed in range(seeds):
        image, truth = draw(np.random.default_rng(seed))
        k, rows = int(truth.max()) + 1, image.reshape(truth.size, -1)
        free = segment(image, smoothness=SMOOTHNESS, random_state=seed)
        labels = {
            "k-means": KMeans(k, n_init=10, random_state=seed).fit_predict(rows),
            "segment": segment(image, k, smoothness=0.0, random_state=seed).labels,
            "smooth": segment(image, k, smoothness=SMOOTHNESS, random_state=seed).labels,
            "chosen": free.labels,
        }
        chosen.append(free.n_segments)
        for name, found in labels.items():
            scores[name].append(float(adjusted_rand_score(truth.ravel(), found.ravel())))
    return scores, chosen


def regions(random: np.random.Generator, k: int) -> IntArray:
    """Give the labels of a Voronoi mosaic; every label occurs."""
    seeds = random.uniform(0, SIDE, size=(N_REGIONS, 2))
    owner = np.concatenate([np.arange(k), random.integers(0, k, N_REGIONS - k)])
    nearest = cKDTree(seeds).query(np.stack(np.mgrid[:SIDE, :SIDE], axis=-1).reshape(-1, 2))[1]
    labels: IntArray = owner[nearest].reshape(SIDE, SIDE)
    return labels


def mosaic(random: np.random.Generator, colors: FloatArray, noise: float) -> tuple[FloatArray, IntArray]:
    labels = regions(random, len(colors))
    return colors[labels] + noise * random.normal(size=(SIDE, SIDE, colors.shape[1])), labels


def shaped(random: np.random.Generator) -> tuple[FloatArray, IntArray]:
    """Colors close together, whose noise is long in one direction, another one for each."""
    labels = regions(random, 4)
    colors = np.array([[100.0, 100, 100], [140, 100, 100], [100, 140, 100], [120, 120, 150]])
    axes = np.linalg.qr(random.normal(size=(4, 3, 3)))[0] * np.array([40.0, 12.0, 5.0])
    return colors[labels] + np.einsum("hwij,hwj->hwi", axes[labels], random.normal(size=(SIDE, SIDE, 3))), labels


def phantom(random: np.random.Generator) -> tuple[FloatArray, IntArray]:
    """The four main gray levels of a head."""
    levels = data.shepp_logan_phantom()[::2, ::2]
    labels = np.digitize(levels, [0.05, 0.25, 0.6])
    means = np.array([levels[labels == label].mean() for label in range(4)])
    return means[labels] + 0.08 * random.normal(size=levels.shape), labels


def horse(random: np.random.Generator) -> tuple[FloatArray, IntArray]:
    labels = data.horse()[::2, ::2].astype(np.intp)
    return labels * 0.5 + np.array([0.15, 0.4])[labels] * random.normal(size=labels.shape), labels


if __name__ == "__main__":
    main()
