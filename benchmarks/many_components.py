"""``python -m benchmarks.many_components``: what fits cost against the number of components.

    OMP_NUM_THREADS=1 python -m benchmarks.many_components --rows 100000 --features 16 --types diag full

Seconds of the processor in one thread: until the first step begins, with all that a start takes, and of a step; the
components that a step evaluates for each row; by how much the mean log-likelihood of a thousand rows is below the exact
one, of the same parameters; and that of new rows after the steps. Rows are of K clusters: centers normal times
`--spread`, covariances A A'/D + .3 I with A normal, equal weights.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings

# Read when their libraries start, which is below: everybody has one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from mixfold import GaussianMixture
from mixfold.covariance import family_for
from mixfold.fold import Fold
from mixfold.initialization import side_by_side
from mixfold.models import Penalized, Problem
from mixfold.parameters import Parameters
from mixfold.prior import Prior

ROWS_AT_ONCE = 50_000
COMPARED_ROWS, EVALUATED_ROWS, KNOWING_STEPS = 1000, 1 << 20, 4


def clusters(n_rows: int, n_features: int, n_components: int, spread: float) -> np.ndarray:
    """Give rows (n_rows, n_features), in memory for themselves and some more."""
    random = np.random.default_rng(0)
    centers = spread * random.normal(size=(n_components, n_features))
    factors = random.normal(size=(n_components, n_features, n_features))
    roots = np.linalg.cholesky(factors @ factors.swapaxes(1, 2) / n_features + 0.3 * np.eye(n_features))
    labels, rows = random.integers(0, n_components, n_rows), random.normal(size=(n_rows, n_features))
    for first in range(0, n_rows, ROWS_AT_ONCE):
        those = slice(first, first + ROWS_AT_ONCE)
        rows[those] = centers[labels[those]] + np.einsum("nij,nj->ni", roots[labels[those]], rows[those])
    return rows


def measure(
    rows: np.ndarray, new: np.ndarray, n_components: int, covariance_type: str, n_steps: int
) -> dict[str, float]:
    """Give what a fit of so many steps costs, what a step looks at, and how good the end is."""
    began, ends = time.process_time(), list[float]()
    model = GaussianMixture(
        n_components,
        covariance_type=covariance_type,
        random_state=0,
        max_iter=n_steps,
        tol=0.0,
        init_params="auto" if n_steps >= 8 else "kmeans",
        callback=lambda _: ends.append(time.process_time()),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(rows)
    steps = [after - before for before, after in pairwise(ends)][-n_steps:]
    family = family_for(covariance_type)
    fitted = Parameters(model.weights_, model.means_, model.covariances_)
    potentials = fitted.potentials(family)
    few = Fold.of_rows(rows[:COMPARED_ROWS])
    many = side_by_side(Fold.of_rows(rows[:EVALUATED_ROWS]), n_components)
    problem, point = Problem(many, Penalized(family, Prior.from_ridge(1e-6))), fitted
    for _ in range(KNOWING_STEPS):  # of which the first knows nothing of the step before
        statistics = problem.fold.statistics(point.potentials(family), family.structure)
        point = problem.model.maximize(statistics, point)
    left = few.statistics(potentials, family.structure).log_likelihood
    return {
        "start": ends[-1] - began - sum(steps),
        "step": float(np.mean(steps)),
        "evaluations": n_components * (1.0 - statistics.n_skipped / (n_components * statistics.n_rows)),
        "left out": (few.log_likelihood(potentials)[0] - left) / COMPARED_ROWS,
        "new rows": float(model.score(new)),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many_components", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--features", type=int, default=16)
    parser.add_argument("--components", type=int, nargs="+", default=[10, 100, 1000, 3000, 10_000])
    parser.add_argument("--types", nargs="+", default=["diag", "full"])
    parser.add_argument("--spread", type=float, default=3.0)
    parser.add_argument("--steps", type=int, default=8, help="of EM; below 8 every start is k-means")
    asked = parser.parse_args(arguments)
    print(f"{asked.rows} x {asked.features}, centers normal times {asked.spread:g}, {asked.steps} steps, one thread")
    print("type, K | start, s | step, s | evaluated a row | left out, nats a row | new rows, nats a row")
    n_new = max(asked.rows // 10, COMPARED_ROWS)
    for covariance_type in asked.types:
        for k in asked.components:
            rows = clusters(asked.rows + n_new, asked.features, k, asked.spread)
            found = measure(rows[:-n_new], rows[-n_new:], k, covariance_type, asked.steps)
            print(f"{covariance_type}, {k} | " + " | ".join(f"{value:.4g}" for value in found.values()), flush=True)


if __name__ == "__main__":
    main()
