"""``python -m benchmarks.anomalies``: how many normal rows a detector flags, at the rate that it was asked for.

Each seed fits on random normal rows and counts flagged rows among new ones; what is promised is the mean over seeds.
The percentile of the training rows (``contamination``) stands beside it, which promises nothing about new rows.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.decomposition import PCA

from mixfold import MixtureOutlierDetector
from mixfold.typing import FloatArray

ALPHAS = (0.01, 0.05)
N_ROWS = 600

Draw = Callable[[np.random.Generator], tuple[FloatArray, FloatArray]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.anomalies", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    seeds = parser.parse_args().seeds
    warnings.simplefilter("ignore")  # three components are too many for some, on purpose
    print("normal rows | fitted on | alpha | flagged | standard error | flagged by the percentile")
    for name, draw in workloads().items():
        for alpha in ALPHAS:
            n, conformal, percentile = rates(draw, alpha, seeds)
            error = np.std(conformal) / np.sqrt(seeds)
            print(
                f"{name} | {n} | {alpha:.0%} | {np.mean(conformal):.2%} | {error:.2%} | {np.mean(percentile):.2%}",
                flush=True,
            )
    print("\nunusual rows | alpha | flagged")
    for alpha in ALPHAS:
        print(f"malignant tumors, learned from benign ones | {alpha:.0%} | {found(alpha, seeds):.1%}", flush=True)


def workloads() -> dict[str, Draw]:
    """Normal data of several kinds: a function that draws rows to fit and new rows."""
    tumors = load_breast_cancer()
    benign = tumors.data[tumors.target == 1][:, :10]
    digits = PCA(8, random_state=0).fit_transform(load_digits().data)
    return {
        "one Gaussian, 5 features": drawn(lambda random, n: random.normal(size=(n, 5))),
        "three Gaussians, 2 features": drawn(
            lambda random, n: random.normal(size=(n, 2)) + 6.0 * random.integers(0, 3, size=(n, 1))
        ),
        "Student t, 2 degrees of freedom": drawn(lambda random, n: random.standard_t(2.0, size=(n, 2))),
        "lognormal": drawn(lambda random, n: random.lognormal(size=(n, 2))),
        "uniform in a cube": drawn(lambda random, n: random.uniform(size=(n, 3))),
        "Poisson counts": drawn(lambda random, n: random.poisson(3.0, size=(n, 2)).astype(float)),
        "benign tumors, 10 features": split(benign, 270),
        "handwritten digits, 8 principal components": split(digits, 1200),
    }


def drawn(sample: Callable[[np.random.Generator, int], FloatArray]) -> Draw:
    return lambda random: (sample(random, N_ROWS), sample(random, 2_000))


def split(rows: FloatArray, n: int) -> Draw:
    def draw(random: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        order = random.permutation(len(rows))
        return rows[order[:n]], rows[order[n:]]

    return draw


def rates(draw: Draw, alpha: float, seeds: int) -> tuple[int, list[float], list[float]]:
    conformal, percentile = [], []
    for seed in range(seeds):
        rows, new = draw(np.random.default_rng(seed))
        for flagged, parameters in ((conformal, {"alpha": alpha}), (percentile, {"contamination": alpha})):
            detector = MixtureOutlierDetector(3, n_init=1, random_state=seed, **parameters).fit(rows)
            flagged.append(float(np.mean(detector.predict(new) == -1)))
    return len(rows), conformal, percentile


def found(alpha: float, seeds: int) -> float:
    """Give the share of malignant tumors that a detector of benign ones flags."""
    tumors = load_breast_cancer()
    benign, malignant = (tumors.data[tumors.target == target][:, :10] for target in (1, 0))
    shares = []
    for seed in range(seeds):
        detector = MixtureOutlierDetector(2, alpha=alpha, n_init=1, random_state=seed).fit(benign)
        shares.append(float(np.mean(detector.predict(malignant) == -1)))
    return float(np.mean(shares))


if __name__ == "__main__":
    main()
