"""``python -m benchmarks.labelled_suite FOLDER``: default fits of a public suite of labelled sets and what they find.

FOLDER is a copy of Gagolewski's suite (https://github.com/gagolews/clustering-data-v1): folders of ``NAME.data.gz`` and
``NAME.labels0.gz``, ``NAME.labels1.gz`` and so on, in which 0 is noise. Nothing in mixfold was chosen on it.

K is that of the labels, and of several ways to label a set the one counts by which a program has the highest adjusted
Rand index; seconds are of the processor. With ``--select`` K is chosen: `AutoGaussianMixture`, its clusters and its
components, beside the best BIC of scikit-learn's four types with one to nine components.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings

# Read when their libraries start, which is below: everybody has one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import geometric_mean, mean
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture as ScikitLearn

from mixfold import AutoGaussianMixture, GaussianMixture

PROGRAMS: dict[str, Callable[[int, int], Any]] = {
    "mixfold": lambda k, seed: GaussianMixture(k, random_state=seed),
    "scikit-learn": lambda k, seed: ScikitLearn(k, random_state=seed),
    "scikit-learn n_init=10": lambda k, seed: ScikitLearn(k, n_init=10, random_state=seed),
}
GRID = [(k, kind) for k in range(1, 10) for kind in ("full", "tied", "diag", "spherical")]
APART = 0.05
"""Of an index, what counts as a difference."""


class Labelled(NamedTuple):
    """A set, and the ways in which it is labelled."""

    name: str
    rows: np.ndarray
    labels: list[np.ndarray]


class Found(NamedTuple):
    """What one program found in a set."""

    index: float
    seconds: float


def sets(folder: Path, largest: int, widest: int) -> Iterator[Labelled]:
    """Yield those of at most so many rows and features."""
    for path in sorted(folder.glob("*/*.data.gz")):
        rows = np.loadtxt(path, ndmin=2)
        if len(rows) <= largest and rows.shape[1] <= widest:
            every = sorted(path.parent.glob(path.name.replace(".data.gz", ".labels*.gz")))
            name = f"{path.parent.name}/{path.name.removesuffix('.data.gz')}"
            yield Labelled(name, rows, [np.loadtxt(one).astype(int) for one in every])


def index(labels: np.ndarray, found: np.ndarray) -> float:
    """Give the adjusted Rand index of the rows that are no noise."""
    return float(adjusted_rand_score(labels[labels > 0], found[labels > 0]))


def with_number_known(one: Labelled, n_seeds: int) -> dict[str, Found]:
    """Fit as many components as there are labels, the programs in turns."""
    best: dict[str, Found] = {}
    for labels in one.labels:
        k = len(np.unique(labels[labels > 0]))
        runs: dict[str, list[Found]] = {name: [] for name in PROGRAMS}
        for seed in range(n_seeds):
            for name, program in PROGRAMS.items():
                began = time.process_time()
                found = program(k, seed).fit(one.rows).predict(one.rows)
                runs[name].append(Found(index(labels, found), time.process_time() - began))
        for name, of_seeds in runs.items():
            there = Found(mean(run.index for run in of_seeds), mean(run.seconds for run in of_seeds))
            best[name] = max(best.get(name, there), there)
    return best


def with_number_chosen(one: Labelled) -> dict[str, Found]:
    """Choose the number of components, and of clusters."""
    began = time.process_time()
    chosen = AutoGaussianMixture(random_state=0).fit(one.rows)
    seconds = time.process_time() - began
    answers = {"mixfold, clusters": chosen.cluster_labels_, "mixfold, components": chosen.predict(one.rows)}
    found = {name: Found(max(index(labels, each) for labels in one.labels), seconds) for name, each in answers.items()}
    began = time.process_time()
    grid = [ScikitLearn(k, covariance_type=kind, random_state=0) for k, kind in GRID if k <= len(one.rows)]
    best = min((model.fit(one.rows) for model in grid), key=lambda model: model.bic(one.rows)).predict(one.rows)
    seconds = time.process_time() - began
    return found | {"scikit-learn, best BIC": Found(max(index(labels, best) for labels in one.labels), seconds)}


def summary(measured: list[dict[str, Found]]) -> str:
    """Give means, and on how many sets the first program is ahead or behind of the better of the others."""
    first, *others = [[found[name] for found in measured] for name in measured[0]]
    rivals = [found for name, found in zip(measured[0], [first, *others], strict=True) if name.startswith("scikit")]
    ahead = [one.index - max(each.index for each in beside) for one, *beside in zip(first, *rivals, strict=True)]
    ratios = [one.seconds / other.seconds for one, other in zip(first, rivals[0], strict=True)]
    means = ", ".join(f"{name} {mean(found[name].index for found in measured):.3f}" for name in measured[0])
    seconds = ", ".join(f"{name} {sum(found[name].seconds for found in measured):.1f}" for name in measured[0])
    return (
        f"{len(measured)} sets, mean adjusted Rand index: {means}\n"
        f"ahead of the better of scikit-learn's by {APART} on {sum(one > APART for one in ahead)}, "
        f"behind on {sum(one < -APART for one in ahead)}\n"
        f"seconds: {seconds}; at most {max(one.seconds for one in first):.1f}; "
        f"{geometric_mean(ratios):.2f} times scikit-learn's as a geometric mean"
    )


def main(arguments: list[str] | None = None) -> None:
    """Print a line for each set, and the summary."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.labelled_suite", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--select", action="store_true", help="choose the number of components")
    parser.add_argument("--seeds", type=int, default=3, help="fits of each set where the number is known")
    parser.add_argument("--largest", type=int, default=3200, help="rows of the largest set")
    parser.add_argument("--widest", type=int, default=20, help="features of the widest")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    measured = []
    for one in sets(options.folder, options.largest, options.widest):
        found = with_number_chosen(one) if options.select else with_number_known(one, options.seeds)
        measured.append(found)
        each = ", ".join(f"{name} {there.index:.3f} ({there.seconds:.3f} s)" for name, there in found.items())
        print(f"{one.name}, {' x '.join(map(str, one.rows.shape))}: {each}", flush=True)
    print(summary(measured))


if __name__ == "__main__":
    main()
