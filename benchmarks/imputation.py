"""How well removed values are filled in: ``python -m benchmarks.imputation --data FOLDER``.

Beside scikit-learn's imputers. The folder holds complete tables, ``NAME.npz`` with rows ``X``; values are removed at
random, and each program says what they were. Errors are root mean squares in standard deviations of the columns; of
ours also the share of values that lie in the interval which should hold 90 % of them. Values are removed again until
that share is of as many as ``--values`` says: of a tenth of iris, 60, it could be 82 or 97 % by chance.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.experimental import enable_iterative_imputer  # noqa: F401  (without it there is no IterativeImputer)
from sklearn.impute import IterativeImputer, KNNImputer

from mixfold import AutoGaussianMixture
from mixfold.typing import FloatArray

TABLES = ("iris", "banknote", "ais", "diabetes", "wine13")
N_DRAWS = 2000
"""Of which the ends of an interval are known within a few hundredths; of 400 it holds half a percent less."""


def removed(rows: FloatArray, share: float, seed: int) -> FloatArray:
    """Give rows without a share of their values, at least one of which every row keeps."""
    random = np.random.default_rng(seed)
    lacks = random.random(rows.shape) < share
    lacks[np.arange(len(rows)), random.integers(rows.shape[1], size=len(rows))] = False
    return np.where(lacks, np.nan, rows)


def of_mixture(rows: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give what a mixture expects, and the ends of the interval that holds 90 % of its draws."""
    model = AutoGaussianMixture(
        range(1, 7), covariance_types=["full", "tied", "diag", "VVE", "EEV"], random_state=0
    ).fit(rows)
    draws = np.stack(model.impute(rows, n_draws=N_DRAWS, random_state=0, calibrated=True))
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    return model.impute(rows), low, high


def main(arguments_given: list[str] | None = None) -> None:
    """Print a line for each table and share."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--shares", default="0.1,0.3,0.5")
    parser.add_argument("--seeds", type=int, default=3, help="the fewest times that values are removed")
    parser.add_argument("--values", type=int, default=1500, help="the fewest values that are removed in all")
    parser.add_argument("--alone", action="store_true", help="without scikit-learn's imputers")
    arguments = parser.parse_args(arguments_given)
    rivals: dict[str, Callable[[FloatArray], FloatArray]] = {}
    if not arguments.alone:
        rivals["IterativeImputer"] = IterativeImputer(random_state=0, max_iter=30).fit_transform
        rivals["KNNImputer"] = KNNImputer().fit_transform
    for name in arguments.tables.split(","):
        rows = np.load(arguments.data / f"{name}.npz")["X"].astype(np.float64)
        rows = (rows - np.mean(rows, axis=0)) / np.std(rows, axis=0)
        for share in map(float, arguments.shares.split(",")):
            errors: dict[str, list[float]] = {"mixfold": [], **{rival: [] for rival in rivals}}
            covered, seconds = list[FloatArray](), 0.0
            while len(covered) < arguments.seeds or sum(map(len, covered)) < arguments.values:
                given = removed(rows, share, seed=len(covered))
                at = np.isnan(given)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # choices at the edge, and imputers that have not converged
                    began = time.process_time()
                    mean, low, high = of_mixture(given)
                    seconds += time.process_time() - began
                    found = {"mixfold": mean, **{rival: impute(given) for rival, impute in rivals.items()}}
                for program, filled in found.items():
                    errors[program].append(float(np.mean((filled[at] - rows[at]) ** 2)))
                covered.append((low[at] <= rows[at]) & (rows[at] <= high[at]))
            said = ", ".join(f"{program} {np.sqrt(np.mean(squares)):.3f}" for program, squares in errors.items())
            print(
                f"{name} {rows.shape[0]} x {rows.shape[1]}, {share:.0%} removed: {said}; "
                f"{np.mean(np.concatenate(covered)):.1%} of {sum(map(len, covered))} in the interval of 90 %, "
                f"{len(covered)} draws, {seconds / len(covered):.1f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
