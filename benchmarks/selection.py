"""``python -m benchmarks.selection FOLDER``: what is chosen on labelled sets, by what BIC, and how long a grid takes.

FOLDER holds ``data/*.npz`` with rows `X` and labels `y` (empty where there are none; 0 is noise). If it has
``reference/mclust_14_families.csv`` (columns name, ok, bic with mclust's sign), the best of mclust's is compared.
"""

from __future__ import annotations

import argparse
import csv
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture as Other
from threadpoolctl import threadpool_limits

from mixfold import AutoGaussianMixture
from mixfold.covariance import FAMILIES

GRID = range(1, 10)
OTHERS_TYPES = ("full", "tied", "diag", "spherical")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.selection", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="names of sets, with commas between them")
    parser.add_argument("--without", default="", help="families to leave out, with commas between them")
    parser.add_argument("--largest", type=int, default=10_000, help="rows of the largest set")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    families = [name for name in FAMILIES if name not in options.without.split(",")]
    mclust = best_of_mclust(options.folder / "reference" / "mclust_14_families.csv")
    rows = []
    with threadpool_limits(1):
        for path in sorted((options.folder / "data").glob("*.npz")):
            if options.only and path.stem not in options.only.split(","):
                continue
            data = np.load(path)
            if len(data["X"]) > options.largest:
                continue
            rows.append(measured(path.stem, data["X"].astype(float), data["y"], families, options.seed))
            rows[-1]["above mclust"] = mclust.get(path.stem, np.nan) - rows[-1]["BIC"]
            print(" | ".join(text_of(value) for value in rows[-1].values()), flush=True)
    print(summary(rows))


def measured(name: str, rows: Any, labels: Any, families: list[str], seed: int) -> dict[str, Any]:
    """Choose with defaults, then time the grid against scikit-learn's."""
    began = time.process_time()
    model = AutoGaussianMixture(covariance_types=families, random_state=seed).fit(rows)
    chosen = time.process_time() - began
    known = labels > 0
    found = {"components": model.predict(rows), "clusters": model.cluster_labels(rows)}
    began = time.process_time()
    AutoGaussianMixture(GRID, covariance_types=families, random_state=seed).fit(rows)
    ours = time.process_time() - began
    began = time.process_time()
    for k in GRID:
        for kind in OTHERS_TYPES:
            if k <= len(rows):
                Other(k, covariance_type=kind, random_state=seed).fit(rows)
    theirs = time.process_time() - began
    rand = {
        f"ARI, {what}": adjusted_rand_score(labels[known], found[what][known]) if len(labels) else np.nan
        for what in found
    }
    return {
        "set": name,
        "K": model.n_components_,
        "family": model.covariance_type_,
        "BIC": model.best_value_,
        **rand,
        "seconds": chosen,
        "grid, seconds": ours,
        "rival grid, seconds": theirs,
    }


def best_of_mclust(path: Path) -> dict[str, float]:
    """Give the best BIC of mclust's families, smaller is better, by name of set."""
    best: dict[str, float] = {}
    if path.exists():
        with path.open() as file:
            for row in csv.DictReader(file):
                if row["ok"] == "True":
                    best[row["name"]] = min(best.get(row["name"], np.inf), -float(row["bic"]))
    return best


def text_of(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def summary(rows: list[dict[str, Any]]) -> str:
    def column(name: str) -> Any:
        return np.array([row[name] for row in rows], dtype=float)

    compared = column("above mclust")[np.isfinite(column("above mclust"))]
    return (
        f"{len(rows)} sets: mean adjusted Rand index {np.nanmean(column('ARI, components')):.3f} by components, "
        f"{np.nanmean(column('ARI, clusters')):.3f} by clusters; BIC at least mclust's on "
        f"{np.sum(compared > -1e-3)} of {len(compared)}; grid {column('grid, seconds').sum():.1f} s, scikit-learn's "
        f"{column('rival grid, seconds').sum():.1f} s, median ratio "
        f"{np.median(column('grid, seconds') / column('rival grid, seconds')):.2f}"
    )


if __name__ == "__main__":
    main()
