"""Every covariance family against reference log-likelihoods, on a folder of data sets.

    OMP_NUM_THREADS=1 python -m benchmarks.families DATA REFERENCE [--names iris,wine13] [--out TABLE.csv]

DATA is a folder of ``NAME.npz`` files, each with the rows under ``X``; REFERENCE a CSV file with the columns name, K,
family, ok, loglik, df and bic, in mclust's sign of the BIC (larger is better). Each cell is fitted by the default
search with ``random_state=0`` and, as the references are, without a prior and to rows as points: a ridge of 1e-9 is
all. The gap is what we lack of the reference, in nats for each row: negative is better.
"""

from __future__ import annotations

import argparse
import csv
import time
import warnings
from pathlib import Path

import numpy as np

from mixfold import GaussianMixture

RIDGE = 1e-9
TARGET = 1e-3
"""Nats for each row that a cell may lack."""
COLUMNS = ("name", "K", "family", "gap", "n_parameters", "df", "bic_difference", "seconds")


def measured(cell: dict[str, str], X: np.ndarray) -> dict[str, object]:
    """Fit one cell and compare; `bic_difference` is that of the two formulas at the reference's log-likelihood."""
    family = {"E": "EII", "V": "spherical"}.get(cell["family"], cell["family"])
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = GaussianMixture(int(cell["K"]), covariance_type=family, reg_covar=RIDGE, random_state=0).fit(X)
    seconds = time.process_time() - began
    reference, p = float(cell["loglik"]), model.mixture_.n_parameters
    our_bic = -2.0 * reference + p * np.log(len(X))
    return {
        "name": cell["name"],
        "K": cell["K"],
        "family": cell["family"],
        "gap": reference / len(X) - model.lower_bound_,
        "n_parameters": p,
        "df": int(float(cell["df"])),
        "bic_difference": our_bic + float(cell["bic"]),
        "seconds": seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.families", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--names", default="", help="data sets, with commas between them; by default all")
    parser.add_argument("--out", type=Path, help="a CSV file for the table")
    options = parser.parse_args()
    cells = [cell for cell in csv.DictReader(options.reference.open()) if cell["ok"] == "True"]
    if options.names:
        cells = [cell for cell in cells if cell["name"] in options.names.split(",")]
    rows = []
    for cell in cells:
        rows.append(measured(cell, np.load(options.data / f"{cell['name']}.npz")["X"].astype(float)))
        print(" | ".join(f"{v:.6g}" if isinstance(v, float) else str(v) for v in rows[-1].values()), flush=True)
    if options.out:
        with options.out.open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
    reached = sum(row["gap"] <= TARGET for row in rows)
    counted = sum(row["n_parameters"] == row["df"] for row in rows)
    widest = max(abs(row["bic_difference"]) for row in rows)
    print(f"{len(rows)} cells: {reached} at least the reference minus {TARGET:g} nats for each row, {counted} with its")
    print(f"parameter count, BIC at equal parameters within {widest:.3g}")


if __name__ == "__main__":
    main()
