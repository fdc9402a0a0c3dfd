"""What was found, in sentences and cells of tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mixfold.covariance import ALIASES
from mixfold.mixtures import Mixture, with_deviations
from mixfold.plotting.canvas import counted, percent
from mixfold.plotting.report.review import Review
from mixfold.typing import FloatArray, IntArray

MOST_COLUMNS = 12
"""Features that a table shows."""
MOST_PAIRS = 8
"""Pairs of overlapping components that are named."""
REMARKABLE, STRONG = 0.5, 1.25
"""Standard deviations of all rows by which a component's mean is called high, and very high."""


def headline(mixture: Mixture, data_name: str, n_groups: int) -> str:
    """Give the title; where clusters make fewer groups, both numbers.

    Examples
    --------
    >>> headline(Mixture([1.0], [[0.0]], [1.0], "spherical"), "my.csv", 1)
    'One cluster in my.csv'
    >>> headline(Mixture([0.5, 0.5], [[0.0], [1.0]], [1.0, 1.0], "spherical"), "my.csv", 1)
    'One group of two clusters in my.csv'
    """
    clusters = counted(mixture.n_components, "cluster")
    if n_groups < mixture.n_components:
        clusters = f"{counted(n_groups, 'group')} of {clusters.lower()}"
    return f"{clusters} in {data_name}"


def lead(mixture: Mixture, review: Review, n_rows: int, n_groups: int) -> str:
    """Say the result in two to four sentences."""
    k, d = mixture.n_components, mixture.n_features
    columns = f"{d} column{'s' * (d > 1)}"
    if k == 1:
        return f"The {n_rows:,} rows are described by one bell-shaped cluster in {columns}."
    largest = int(np.argmax(np.round(mixture.weights, 6)))  # the first of those that are equal but for rounding
    sure = "All" if review.sure == 1.0 else "More than 99%" if review.sure > 0.99 else percent(review.sure)
    share = percent(float(mixture.weights[largest]))
    grouped = f" Those that belong together make {counted(n_groups, 'group').lower()}." if n_groups < k else ""
    return (
        f"Described by {columns}, the {n_rows:,} rows fall into {k} bell-shaped clusters.{grouped} The largest, "
        f"cluster {largest}, holds {share} of the rows. {sure} of them belong to one cluster "
        "with at least 90% probability."
    )


def shape_in_words(mixture: Mixture) -> str:
    """Say what the name of a family means, 'VVE' say; nothing of one cluster, whose shape compares with none.

    Examples
    --------
    >>> shape_in_words(Mixture([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], [np.eye(2), 2.0 * np.eye(2)], "VVE"))
    'VVE: clusters differ in size, and in how long they are, and point in the same direction.'
    """
    name = mixture.covariance_type
    if mixture.n_components == 1:
        return ""
    if name.startswith("factor"):
        return f"{name}: each cluster is long in a few directions only, beside a spread of its own in each column."
    volume, shape, orientation = tuple({family: letters for letters, family in ALIASES.items()}.get(name, name))
    size = "clusters are equally large" if volume == "E" else "clusters differ in size"
    if shape == "I":
        return f"{name}: {size}, and are round."
    length = "are equally long" if shape == "E" else "in how long they are"
    if shape == "V" and volume == "E":
        length = "differ in how long they are"
    pointing = {
        "I": "lie along the columns",
        "E": "point in the same direction",
        "V": "each point in a direction of their own",
    }[orientation]
    return f"{name}: {size}, and {length}, and {pointing}."


def constant_last(rows: FloatArray) -> IntArray:
    """Give the order of columns in which those of one value, which tell clusters nothing apart, come last.

    Examples
    --------
    >>> constant_last(np.array([[7.0, 1.0, 2.0], [7.0, 3.0, 2.0], [7.0, 4.0, 5.0]])).tolist()
    [1, 2, 0]
    """
    return np.argsort(np.ptp(rows, axis=0) == 0.0, kind="stable")


def component_rows(
    mixture: Mixture, names: Sequence[str], rows: FloatArray, review: Review, groups: IntArray
) -> list[dict[str, Any]]:
    """Give one line a component: its group, weight, rows, means with deviations, and what is typical of it."""
    spread = mixture.deviations
    scale = np.maximum(rows.std(axis=0), np.finfo(np.float64).tiny)
    heights = (mixture.means - rows.mean(axis=0)) / scale  # (k, d)
    return [
        {
            "component": component,
            "group": int(groups[component]),
            "weight": f"{mixture.weights[component]:.1%}",
            "count": f"{review.counts[component]:,}",
            "typical": _typical(heights[component], names) if mixture.n_components > 1 else "",
            "cells": [
                with_deviations(mixture.means[component, [at]], spread[component, [at]])[0]
                for at in range(min(mixture.n_features, MOST_COLUMNS))
            ],
        }
        for component in range(mixture.n_components)
    ]


def uncertain_rows(chosen: IntArray, review: Review, rows: FloatArray) -> list[dict[str, Any]]:
    """Give one line a row: between which components it lies."""
    return [
        {
            "row": int(row),
            "between": [
                (int(review.labels[row]), f"{review.shares[row]:.0%}"),
                (int(review.seconds[row]), f"{review.second_shares[row]:.0%}"),
            ],
            "cells": _cells(rows[row]),
        }
        for row in chosen
    ]


def anomalous_rows(
    chosen: IntArray, mixture: Mixture, review: Review, rows: FloatArray, names: Sequence[str]
) -> list[dict[str, Any]]:
    """Give one line a row: how far it lies from its nearest component, and which value is the strangest."""
    lines = []
    spread = mixture.deviations
    for row in chosen:
        component = int(review.labels[row])
        offset = rows[row] - mixture.means[component]
        distance = float(mixture.mahalanobis(rows[row][None, :])[0, component])
        z = offset / spread[component]
        strangest = int(np.argmax(np.abs(z)))
        side = "above" if z[strangest] > 0 else "below"
        lines.append(
            {
                "row": int(row),
                "component": component,
                "log_density": f"{review.log_density[row]:.4g}",
                "distance": f"{distance:.1f}",
                "strangest": f"{names[strangest]}: {abs(z[strangest]):.1f} deviations {side} the mean",
                "cells": _cells(rows[row]),
            }
        )
    return lines


def overlaps(review: Review) -> list[dict[str, Any]]:
    """Give the pairs of components that share rows, those that share most first."""
    shared = review.overlap - np.diag(np.diag(review.overlap))
    order = np.argsort(-shared, axis=None)[:MOST_PAIRS]
    pairs = [np.unravel_index(place, shared.shape) for place in order]
    return [
        {"of": int(a), "to": int(b), "share": float(shared[a, b]), "text": f"{shared[a, b]:.1%}"}
        for a, b in pairs
        if shared[a, b] >= 5e-4
    ]


def _typical(heights: FloatArray, names: Sequence[str]) -> str:
    strongest = np.argsort(-np.abs(heights), kind="stable")[:3]
    said = [
        f"{names[at]} {'very ' * bool(abs(heights[at]) > STRONG)}{'high' if heights[at] > 0 else 'low'}"
        for at in strongest
        if abs(heights[at]) > REMARKABLE
    ]
    return ", ".join(said) or "near the average of all rows"


def _cells(values: FloatArray) -> list[str]:
    return [f"{value:.6g}" for value in values[:MOST_COLUMNS]]
