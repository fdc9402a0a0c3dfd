"""``python -m benchmarks.whole_fits``: what a whole fit costs and where it ends, beside scikit-learn's, interleaved.

Seconds of the processor in one thread, and the mean log-likelihood of these rows and of as many new ones: by default,
from k-means (`init_params="kmeans"`), and scikit-learn by default; medians over seeds, and their mean over tables. A
prior costs some of the first and gives more of the second. Rows are of K clusters: centers normal times 1 to 3,
covariances A A'/D + .3 I with A normal, equal weights. Ratios are geometric means over tables, with the least and the
greatest: they differ more from draw to draw than from seed to seed, and so there are as many tables of each shape as
have 240 000 rows together, at most `--tables`.

With ``--curve FOLDER`` (as `benchmarks.optimum` takes it): how often fits of core sets reach the best known optimum,
and at which multiple of the cost of scikit-learn's default fit, for each `n_init`.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
import warnings

# Read when their libraries start, which is below: everybody has one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from statistics import geometric_mean, mean, median
from typing import Any

import numpy as np
from sklearn.mixture import GaussianMixture as ScikitLearn

from benchmarks.optimum import polished, reaches, whitened
from mixfold import GaussianMixture

SHAPES = [
    (400, 2, 2),
    (600, 2, 3),
    (2000, 30, 5),
    (10_000, 2, 8),
    (10_000, 10, 10),
    (20_000, 64, 10),
    (100_000, 8, 16),
    (100_000, 32, 20),
    (1_000_000, 2, 10),
]
PROGRAMS: dict[str, Callable[[int, int], Any]] = {
    "default": lambda k, seed: GaussianMixture(k, random_state=seed),
    "k-means": lambda k, seed: GaussianMixture(k, random_state=seed, init_params="kmeans"),
    "scikit-learn": lambda k, seed: ScikitLearn(k, random_state=seed),
}
N_INITS = (1, 2, 5, 10)
ROWS_TOGETHER = 240_000
"""Of the tables of one shape."""


def clusters(n_rows: int, n_features: int, n_components: int, seed: int = 0) -> np.ndarray:
    """Give rows of clusters, (n_rows, n_features)."""
    return next(tables(n_rows, n_features, n_components, seed))


def tables(n_rows: int, n_features: int, n_components: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Yield rows (n_rows, n_features) of the same clusters, again and again new ones."""
    random = np.random.default_rng(seed)
    centers = random.normal(size=(n_components, n_features)) * random.uniform(1, 3)
    factors = random.normal(size=(n_components, n_features, n_features))
    covariances = factors @ factors.swapaxes(1, 2) / n_features + 0.3 * np.eye(n_features)
    factors = np.linalg.cholesky(covariances)
    while True:
        labels = random.integers(0, n_components, n_rows)
        noise = random.normal(size=(n_rows, n_features))
        yield centers[labels] + np.einsum("nij,nj->ni", factors[labels], noise)


def timed(model: Any, X: np.ndarray) -> float:
    """Fit, and give the seconds of the processor that it took."""
    began = time.process_time()
    model.fit(X)
    return time.process_time() - began


def measure(
    n_rows: int, n_features: int, n_components: int, n_seeds: int, table: int = 0
) -> dict[str, tuple[float, float, float]]:
    """Give the median seconds, and the median log-likelihoods of these and of new rows, of each program in turns."""
    X, new = islice(tables(n_rows, n_features, n_components, table), 2)
    seconds: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    ends: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    of_new: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for seed in range(n_seeds):
        for name, program in PROGRAMS.items():
            model = program(n_components, seed)
            seconds[name].append(timed(model, X))
            ends[name].append(float(model.score(X)))
            of_new[name].append(float(model.score(new)))
    return {name: (median(seconds[name]), median(ends[name]), median(of_new[name])) for name in PROGRAMS}


def curve(folder: Path, n_seeds: int, largest: int, n_times: int = 1) -> dict[int, tuple[float, float]]:
    """Give for each `n_init` the share of runs that reach the best known optimum of core sets, and what they cost.

    The cost is in units of scikit-learn's default fit, as a geometric mean over sets; of each fit the least of
    `n_times` in turns.
    """
    with (folder / "reference" / "best_known.csv").open() as file:
        known = [row for row in csv.DictReader(file) if row["class"] == "core"]
    reached: dict[int, list[float]] = {n_init: [] for n_init in N_INITS}
    costs: dict[int, list[float]] = {n_init: [] for n_init in N_INITS}
    for row in known:
        path = folder / "data" / f"{row['name']}.npz"
        if not path.exists():
            continue
        X = np.load(path)["X"].astype(float)
        X, k = X.reshape(len(X), -1), int(row["K"])
        if len(X) > largest:
            continue
        Z, log_scale = whitened(X)
        rivals = [ScikitLearn(k, random_state=seed) for seed in range(n_seeds)]
        ours = {i: [GaussianMixture(k, random_state=seed, n_init=i) for seed in range(n_seeds)] for i in N_INITS}
        everyone = [rivals, *ours.values()]
        turns = [[[timed(model, X) for model in models] for models in everyone] for _ in range(n_times)]
        rival, *cost = np.mean(np.min(turns, axis=0), axis=1)
        for n_init, seconds in zip(N_INITS, cost, strict=True):
            costs[n_init].append(float(seconds / rival))
            ends = [polished(Z, np.asarray(model.predict_proba(X))) for model in ours[n_init]]
            gaps = [float(row["best_q"]) - (q + log_scale) for q, _ in ends]
            there = [reaches(gap, count, X.shape[1]) for gap, (_, count) in zip(gaps, ends, strict=True)]
            reached[n_init].append(mean(there))
    return {n_init: (mean(reached[n_init]), geometric_mean(costs[n_init])) for n_init in N_INITS}


def main(arguments: list[str] | None = None) -> None:
    """Print what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.whole_fits", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tables", type=int, default=12, help="of one shape, at most")
    parser.add_argument("--largest", type=int, default=1_000_000, help="rows of the largest shape or set")
    parser.add_argument("--curve", type=Path, metavar="FOLDER")
    parser.add_argument("--times", type=int, default=1, help="fits of each set and seed, of which the least counts")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    timed(GaussianMixture(2, random_state=0), clusters(200, 2, 2))  # what is loaded once
    timed(ScikitLearn(2, random_state=0), clusters(200, 2, 2))
    if options.curve:
        print("| n_init | reach the best known optimum | times scikit-learn's default fit |\n|---|---|---|")
        for n_init, (share, cost) in curve(options.curve, options.seeds, options.largest, options.times).items():
            print(f"| {n_init} | {share:.0%} | {cost:.1f} |", flush=True)
        return
    print("| rows x features, K | tables | default | from k-means | scikit-learn | default / scikit-learn |")
    print("|---|---|---|---|---|---|")
    for n, d, k in SHAPES:
        if n > options.largest:
            continue
        n_tables = max(1, min(options.tables, ROWS_TOGETHER // n))
        every = [measure(n, d, k, options.seeds, table) for table in range(n_tables)]
        cells = [
            "{:.3g} s, {:.4f}, {:.4f}".format(*map(mean, zip(*(one[name] for one in every), strict=True)))
            for name in PROGRAMS
        ]
        ratios = [one["default"][0] / one["scikit-learn"][0] for one in every]
        ratio = f"{geometric_mean(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"| {n} x {d}, {k} | {n_tables} | {' | '.join(cells)} | {ratio} |", flush=True)


if __name__ == "__main__":
    main()
