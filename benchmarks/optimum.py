"""``python -m benchmarks.optimum FOLDER``: how often a fit with nothing tuned reaches the best known optimum.

FOLDER holds ``data/*.npz`` with rows `X`, and ``reference/best_known.csv`` with the columns name, class, K and best_q,
the highest objective that anybody found. Fits are judged by where they lie, not by what they say: the parameters of
each are polished here, in plain NumPy, by EM on one objective for all, the log-likelihood and one pseudo-row a
component,

    Q = log L - 1/2 sum_k [tr(P S_k^-1) + log|S_k| - log|P| - D],    P = 0.01 K^(-2/D) S,    q = Q / n,

where S is the covariance of the data, and S_k <- (P + W_k) / (1 + N_k) is the M step. A fit reaches the best known
optimum if its q is less than 1e-4 below, and every component has max(5, D + 1) effective rows.
"""

from __future__ import annotations

import argparse
import csv
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import logsumexp
from sklearn.mixture import GaussianMixture as Other
from threadpoolctl import threadpool_limits

from mixfold import GaussianMixture

RIDGE, SHRINK = 1e-6, 0.01
NEAR, MOST_STEPS, STILL = 1e-4, 3000, 1e-10
PROGRAMS = {
    "mixfold": lambda k, seed: GaussianMixture(k, random_state=seed),
    "scikit-learn": lambda k, seed: Other(k, random_state=seed, n_init=10),
}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.optimum", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="names of sets, with commas between them")
    parser.add_argument("--largest", type=int, default=10_000, help="rows of the largest set")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    with (options.folder / "reference" / "best_known.csv").open() as file:
        known = [row for row in csv.DictReader(file) if row["class"] != "excluded"]
    lines = []
    with threadpool_limits(1):
        for row in sorted(known, key=lambda row: row["class"]):
            path = options.folder / "data" / f"{row['name']}.npz"
            if not path.exists() or (options.only and row["name"] not in options.only.split(",")):
                continue
            X = np.load(path)["X"].astype(float).reshape(len(np.load(path)["X"]), -1)
            if len(X) <= options.largest:
                lines.append(measured(row, X, options.seeds))
                print(" | ".join(text_of(value) for value in lines[-1].values()), flush=True)
    for kind in dict.fromkeys(line["class"] for line in lines):
        print(summary(kind, [line for line in lines if line["class"] == kind]))
    print(summary("all", lines))


def measured(row: dict[str, str], X: Any, n_seeds: int) -> dict[str, Any]:
    """Fit with each program, and say which share of its runs reached the best known optimum."""
    n, d, k = *X.shape, int(row["K"])
    Z, log_scale = whitened(X)
    line: dict[str, Any] = {"set": row["name"], "class": row["class"], "n": n, "d": d, "K": k}
    for name, program in PROGRAMS.items():
        gaps, reached, seconds = [], [], []
        for seed in range(n_seeds):
            began = time.process_time()
            labels = program(k, seed).fit(X).predict_proba(X)
            seconds.append(time.process_time() - began)
            q, count = polished(Z, np.asarray(labels))
            gaps.append(float(row["best_q"]) - (q + log_scale))
            reached.append(reaches(gaps[-1], count, d))
        line |= {f"{name} reaches": np.mean(reached), f"{name} gap": np.mean(gaps), f"{name} s": np.mean(seconds)}
    return line


def reaches(gap: float, count: float, n_features: int) -> bool:
    """Tell whether a fit is at the best known optimum, by the gap to it and the fewest rows of a component."""
    return gap <= NEAR and count >= max(5, n_features + 1)


def whitened(X: Any) -> tuple[Any, float]:
    """Give rows of unit covariance, and what their log density lacks to that of `X`."""
    centered = X - X.mean(axis=0)
    covariance = centered.T @ centered / len(X)
    variances = np.diag(covariance)
    covariance = covariance + RIDGE * np.diag(np.where(variances > 0.0, variances, 1.0))
    factor = np.linalg.cholesky(covariance)
    return solve_triangular(factor, centered.T, lower=True).T, -float(np.sum(np.log(np.diag(factor))))


def polished(Z: Any, shares: Any) -> tuple[float, float]:
    """Climb from responsibilities (n, K) to the top; give q there, and the fewest effective rows of a component."""
    (n, d), k, before = Z.shape, shares.shape[1], -np.inf
    prior = SHRINK * k ** (-2.0 / d)
    for _ in range(MOST_STEPS):
        counts = np.maximum(shares.sum(axis=0), 1e-12)
        means = shares.T @ Z / counts[:, None]
        scores, penalty = np.empty((n, k)), 0.0
        for component in range(k):
            offsets = Z - means[component]
            scatter = (shares[:, component, None] * offsets).T @ offsets
            factor = np.linalg.cholesky((scatter + prior * np.eye(d)) / (counts[component] + 1.0))
            half_log = np.sum(np.log(np.diag(factor)))
            distances = np.sum(solve_triangular(factor, offsets.T, lower=True) ** 2, axis=0)
            scores[:, component] = np.log(counts[component] / n) - half_log - 0.5 * distances
            trace = np.sum(solve_triangular(factor, np.eye(d), lower=True) ** 2)
            penalty += 0.5 * (prior * trace + 2.0 * half_log - d * np.log(prior) - d)
        totals = logsumexp(scores, axis=1)
        q = (totals.sum() - penalty) / n - 0.5 * d * np.log(2.0 * np.pi)
        shares = np.exp(scores - totals[:, None])
        if q - before < STILL:
            break
        before = q
    return float(q), float(shares.sum(axis=0).min())


def text_of(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def summary(kind: str, lines: list[dict[str, Any]]) -> str:
    shares = ", ".join(f"{name} {np.mean([line[f'{name} reaches'] for line in lines]):.0%}" for name in PROGRAMS)
    seconds = ", ".join(f"{name} {sum(line[f'{name} s'] for line in lines):.1f}" for name in PROGRAMS)
    return f"{kind}, {len(lines)} sets: {shares} reach the best known optimum; CPU seconds {seconds}"


if __name__ == "__main__":
    main()
