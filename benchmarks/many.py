"""A mixture for each of many groups: milliseconds a group, beside scikit-learn one by one.

    OMP_NUM_THREADS=1 python -m benchmarks.many --groups 100000 --jobs 2

Rows of a group are of K clusters: centers normal times 1 to 3, covariances A A'/D + .3 I with A normal, equal weights.
scikit-learn fits some of the same groups with its defaults, between two runs of ours.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture as ScikitLearn

from mixfold import fit_many

N_RIVALS = 100
"""Groups that scikit-learn fits."""


def groups(n_groups: int, n_rows: int, n_features: int, n_components: int, seed: int = 0) -> np.ndarray:
    """Give rows of shape (n_groups, n_rows, n_features)."""
    random = np.random.default_rng(seed)
    factors = random.normal(size=(n_groups, n_components, n_features, n_features))
    covariances = factors @ factors.swapaxes(-1, -2) / n_features + 0.3 * np.eye(n_features)
    centers = random.normal(size=(n_groups, n_components, n_features)) * random.uniform(1, 3, (n_groups, 1, 1))
    labels = random.integers(0, n_components, (n_groups, n_rows))
    rows = random.normal(size=(n_groups, n_rows, n_features))
    roots, every = np.linalg.cholesky(covariances), np.arange(n_groups)[:, None]
    return centers[every, labels] + np.einsum("gnij,gnj->gni", roots[every, labels], rows)


def measure(n_groups: int, n_rows: int, n_features: int, n_components: int, n_jobs: int) -> dict[str, float]:
    """Give milliseconds a group, by the clock and of the processor, and the mean log-likelihoods a row."""
    rows = groups(n_groups, n_rows, n_features, n_components)
    stacked, offsets = rows.reshape(-1, n_features), n_rows * np.arange(n_groups + 1)
    began, spent = time.perf_counter(), time.process_time()
    many = fit_many(stacked, offsets=offsets, n_components=n_components, random_state=0, n_jobs=n_jobs)
    wall, cpu = time.perf_counter() - began, time.process_time() - spent
    n_rivals, began = min(N_RIVALS, n_groups), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        rivals = [ScikitLearn(n_components, random_state=0).fit(one) for one in rows[:n_rivals]]
    rival = time.process_time() - began
    theirs = np.array([model.score(one) for model, one in zip(rivals, rows[:n_rivals], strict=True)])
    return {
        "wall": 1e3 * wall / n_groups,
        "cpu": 1e3 * cpu / n_groups,
        "scikit_learn": 1e3 * rival / n_rivals,
        "n_iter": float(np.mean(many.n_iter)),
        "converged": float(np.mean(many.converged)),
        "log_likelihood": float(np.mean(many.log_likelihood[:n_rivals])),
        "scikit_learn_log_likelihood": float(np.mean(theirs)),
    }


def main() -> None:
    """Measure what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in {"groups": 10_000, "rows": 400, "features": 2, "components": 2, "jobs": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    found = measure(asked.groups, asked.rows, asked.features, asked.components, asked.jobs)
    print(f"{asked.groups} groups of {asked.rows} x {asked.features}, K = {asked.components}, {asked.jobs} thread(s)")
    for name, value in found.items():
        print(f"{name:>28} {value:.4g}")


if __name__ == "__main__":
    main()
