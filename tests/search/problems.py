"""A problem to search in: its rows, its sample and what was measured of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixfold.covariance import FAMILIES
from mixfold.fitting import DataScale
from mixfold.fold import Fold
from mixfold.models import Penalized, Problem
from mixfold.parameters import Parameters
from mixfold.search.sample import Sample
from mixfold.typing import FloatArray
from tests.examples import blobs


@dataclass(frozen=True)
class Search:
    """Rows, and what a search makes of them before it starts."""

    rows: FloatArray
    labels: FloatArray
    problem: Problem
    sample: Sample


def search_of(
    rows: FloatArray, labels: FloatArray | None = None, family: str = "full", k: int = 3, n_rows: int = 16_384
) -> Search:
    """Begin a search for `k` components in rows."""
    fold = Fold.of_rows(rows)
    scale = DataScale.of(fold, n_components=k)
    sample = Sample.of(fold, FAMILIES[family], scale, np.random.RandomState(0), n_rows, k)
    problem = Problem(fold, Penalized(FAMILIES[family], scale.prior(FAMILIES[family], k)))
    return Search(rows, np.zeros(len(rows)) if labels is None else labels, sample.problem(problem), sample)


def three_blobs(family: str = "full", n_features: int = 2) -> Search:
    """Begin a search in three clusters that lie apart."""
    rows, labels = blobs(240, 3, n_features, separation=0.0)
    rows[:, 0] += np.array([0.0, 12.0, 30.0])[labels]
    return search_of(rows, labels, family)


def true_components(search: Search) -> Parameters:
    """Give the components that the labels make, in the coordinates of the sample."""
    inside = search.sample.coordinates.into(search.rows)
    order = [int(np.argmin(np.sum((inside - row) ** 2, axis=1))) for row in search.sample.rows]
    return search.sample.components(np.eye(3)[search.labels[order].astype(int)])
