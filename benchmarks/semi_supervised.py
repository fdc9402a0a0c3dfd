"""What a few labels are worth: ``python -m benchmarks.semi_supervised --data FOLDER``.

The folder holds labelled tables, ``NAME.npz`` with rows ``X`` and classes ``y``. Of each class so many rows as said
have a label, drawn at random; a mixture of one component a class is fitted to all rows with these, and without labels.
Accuracy is that of the rows whose labels were not told, by the best match of components to classes without labels.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from mixfold import GaussianMixture
from mixfold.typing import FloatArray, IntArray

TABLES = ("iris", "wine13", "penguins")
LABELS = (1, 2, 3, 5, 10)


def chosen(classes: IntArray, n_each: int, seed: int) -> IntArray:
    """Give labels of so many rows of each class, -1 of the others."""
    random = np.random.default_rng([seed, n_each])
    labels = np.full(len(classes), -1)
    for one in range(np.max(classes) + 1):
        labels[random.permutation(np.flatnonzero(classes == one))[:n_each]] = one
    return labels


def accuracy(found: IntArray, classes: IntArray, *, matched: bool) -> float:
    """Give the share of rows whose component is their class, under the best names of components if asked."""
    k = np.max(classes) + 1
    table = np.zeros((k, k))
    np.add.at(table, (classes, found), 1.0)
    at = linear_sum_assignment(-table) if matched else (np.arange(k), np.arange(k))
    return float(np.sum(table[at]) / len(classes))


def curve(
    rows: FloatArray, classes: IntArray, n_seeds: int, family: str = "full", reg_covar: str = "auto"
) -> list[tuple[int, float, float]]:
    """Give for each number of labels the mean accuracy with them, and of what is found without."""
    k, found = int(np.max(classes)) + 1, []
    settings: dict[str, Any] = {"covariance_type": family, "reg_covar": reg_covar}
    for n_each in LABELS:
        with_labels, without = [], []
        for seed in range(n_seeds):
            labels = chosen(classes, n_each, seed)
            unknown = labels < 0
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                told = GaussianMixture(k, **settings, random_state=seed).fit(rows, labels=labels)
                alone = GaussianMixture(k, **settings, random_state=seed).fit(rows)
            with_labels.append(accuracy(told.predict(rows)[unknown], classes[unknown], matched=False))
            without.append(accuracy(alone.predict(rows)[unknown], classes[unknown], matched=True))
        found.append((n_each, float(np.mean(with_labels)), float(np.mean(without))))
    return found


def main(arguments_given: list[str] | None = None) -> None:
    """Print a line for each table and number of labels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--family", default="full")
    parser.add_argument("--reg-covar", default="auto")
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args(arguments_given)
    like = arguments.seeds, arguments.family, arguments.reg_covar
    for name in arguments.tables.split(","):
        data = np.load(arguments.data / f"{name}.npz")
        classes = np.unique(data["y"], return_inverse=True)[1]
        for n_each, told, alone in curve(data["X"].astype(np.float64), classes, *like):
            print(f"{name}, {n_each} of each class: {told:.3f} with labels, {alone:.3f} without", flush=True)


if __name__ == "__main__":
    main()
