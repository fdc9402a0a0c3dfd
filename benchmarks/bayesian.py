"""How many components a posterior finds, beside scikit-learn's.

    OMP_NUM_THREADS=1 python -m benchmarks.bayesian --runs 5
    OMP_NUM_THREADS=1 python -m benchmarks.bayesian --tables folder/*.npz

Generated rows are of K components whose centers are eight deviations apart at least, of covariances A A' with A the
identity plus .3 times a normal matrix, and uneven weights. Tables are .npz files with rows `X`, labels `y`. Components
of scikit-learn's are counted that are the most probable of some row.
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import BayesianGaussianMixture as ScikitLearn

from mixfold import BayesianGaussianMixture


def separated(k: int, n: int, d: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw rows (n, d) and their labels."""
    random = np.random.default_rng(seed)
    centers: list[np.ndarray] = []
    while len(centers) < k:
        center = random.uniform(-8.0, 8.0, size=d) * max(1.0, k ** (1.0 / d))
        if all(np.linalg.norm(center - other) > 8.0 for other in centers):
            centers.append(center)
    labels = random.choice(k, n, p=random.dirichlet(np.full(k, 5.0)))
    roots = np.eye(d) + 0.3 * random.normal(size=(k, d, d))
    return np.array(centers)[labels] + np.einsum("nij,nj->ni", roots[labels], random.normal(size=(n, d))), labels


def compare(rows: np.ndarray, labels: np.ndarray, most: int) -> dict[str, tuple[int, float, float]]:
    """Give for each estimator the number of components, the adjusted Rand index, and seconds."""
    results = {}
    for name, model in {
        "mixfold": BayesianGaussianMixture(n_components=most, random_state=0),
        "scikit-learn": ScikitLearn(n_components=most, random_state=0, max_iter=1000),
    }.items():
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = model.fit(rows).predict(rows)
        seconds = time.perf_counter() - began
        results[name] = len(np.unique(found)), float(adjusted_rand_score(labels, found)), seconds
    return results


def show(title: str, n_true: int, results: dict[str, tuple[int, float, float]]) -> None:
    """Print a line."""
    cells = [f"{name} K={k} ARI={index:.3f} {seconds:.2f} s" for name, (k, index, seconds) in results.items()]
    print(f"{title} | labels {n_true} | " + " | ".join(cells), flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--most", type=int, default=30)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--tables", type=Path, nargs="*", default=[])
    asked = parser.parse_args(arguments)
    for path in asked.tables:
        table = np.load(path)
        labels = table["y"] if len(table["y"]) else np.zeros(len(table["X"]))
        results = compare(np.asarray(table["X"], np.float64), labels, asked.most)
        show(path.stem, len(np.unique(labels)), results)
    right = {"mixfold": 0, "scikit-learn": 0}
    cases = [(k, d, seed) for k in (5, 10) for d in (2, 5) for seed in range(asked.runs)] if not asked.tables else []
    for k, d, seed in cases:
        results = compare(*separated(k, asked.rows, d, seed), asked.most)
        show(f"K={k} D={d} seed {seed}", k, results)
        for name, (found, _, _) in results.items():
            right[name] += found == k
    if cases:
        print(f"the right number of components, of {len(cases)}: {right}")


if __name__ == "__main__":
    main()
