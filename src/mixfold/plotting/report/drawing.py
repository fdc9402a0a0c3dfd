"""The numbers that the charts of a page draw."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from mixfold.fitting import Run
from mixfold.mixtures import Mixture, transformed_moments
from mixfold.plotting.convergence import BOUND, climb_of, what_is_climbed
from mixfold.plotting.palette import colors_of
from mixfold.plotting.plane import Plane, principal_plane
from mixfold.plotting.report.review import Review
from mixfold.plotting.rows import MAX_ROWS
from mixfold.typing import FloatArray, IntArray

MOST_AXES, MOST_AXES_OF_DENSITY = 20, 8
"""Features that can be chosen as an axis: those in which the components differ most."""
CELLS = 64
"""Cells of a density along an axis."""
SAME = 1e-4
"""Log-likelihoods of a row that are closer than this end at the same height."""
MOST_POINTS_OF_A_LINE = 400
"""Iterations of a restart that are drawn."""


@dataclass(frozen=True, slots=True)
class Axes:
    """The features that can be drawn, and after them the principal plane if there are more than two.

    Attributes
    ----------
    plane : Plane
        Of one row an axis.
    is_density : bool
        Whether cells are drawn instead of rows.
    note : str
        What cannot be chosen; empty if nothing.
    """

    plane: Plane
    is_density: bool
    note: str

    @classmethod
    def of(cls, mixture: Mixture, rows: FloatArray, names: Sequence[str]) -> Axes:
        """Choose the axes for rows (n, D)."""
        d = mixture.n_features
        is_density = len(rows) > MAX_ROWS
        most = MOST_AXES_OF_DENSITY if is_density else MOST_AXES
        chosen = np.arange(d)
        note = ""
        if d > most:
            total = np.maximum(np.diag(mixture.covariance), np.finfo(np.float64).tiny)
            between = mixture.weights @ (mixture.means - mixture.mean) ** 2 / total  # (d,)
            chosen = np.sort(np.argsort(-between, kind="stable")[:most])
            note = f"The {most} of {d} columns in which the clusters differ most can be chosen."
        directions, labels = np.eye(d)[chosen], [names[int(index)] for index in chosen]
        origin = np.zeros(d)
        if d > 2:
            principal = principal_plane(rows)
            # One origin for all: the principal axes are moved by a constant, which changes no picture.
            directions, labels = np.concatenate([directions, principal.axes]), [*labels, *principal.labels]
        return cls(Plane(origin, directions, tuple(labels), ""), is_density, note)


def drawing(
    mixture: Mixture, rows: FloatArray, axes: Axes, review: Review, marked: Iterable[int], groups: IntArray
) -> dict[str, Any]:
    """Give everything that the scatter plot and its small multiples need, in JSON's types.

    Components of one group have one color, as they have in pictures of clusters.
    """
    # On more axes than there are features the mixture is singular as a whole.
    means, covariances = transformed_moments(mixture, axes.plane.axes, axes.plane.origin)
    light, dark = ([colors[group] for group in groups] for colors in themes(int(np.max(groups)) + 1))
    content: dict[str, Any] = {
        "axes": list(axes.plane.labels),
        "n_principal": 2 if mixture.n_features > 2 else 0,
        "n_rows": len(rows),
        "light": light,
        "dark": dark,
        "weights": mixture.weights.tolist(),
        "means": means.tolist(),
        "covariances": [[_short(line) for line in matrix] for matrix in covariances],
        "marked": {str(row): axes.plane.rows(rows[row][None, :])[0].tolist() for row in marked},
        "sureness": _sureness(review),
    }
    if mixture.n_features == 1:
        content["histogram"] = _histogram(rows[:, 0], review)
    elif axes.is_density:
        content["density"] = _density(axes.plane.rows(rows), review)
    else:
        content["rows"] = {
            # Around their mean, because float32 has too few digits for years in seconds.
            "offsets": (offsets := axes.plane.rows(rows).mean(axis=0)).tolist(),
            "columns": [packed(column, np.float32) for column in (axes.plane.rows(rows) - offsets).T],
            "labels": packed(review.labels, np.uint16),
            "seconds": packed(review.seconds, np.uint16),
            "shares": packed(review.shares, np.float32),
            "second_shares": packed(review.second_shares, np.float32),
            "log_density": packed(review.log_density, np.float32),
        }
    return content


def lines_of(restarts: Sequence[Run], best: int) -> list[dict[str, Any]]:
    """Give what EM climbed in each restart against the iteration, none where it went on with other rows."""
    lines, climbed = [], what_is_climbed(restarts, best) if restarts else ""
    for position, run in enumerate(restarts):
        numbers, heights = climb_of(run, restarts)
        step = -(-len(numbers) // MOST_POINTS_OF_A_LINE)
        kept = [at for at in range(len(numbers)) if at % step == 0 or at == len(numbers) - 1 or np.isnan(heights[at])]
        lines.append(
            {
                "number": position + 1,
                "start": run.start.replace("_", " "),
                "ended": str(run.outcome),
                "best": position == best,
                "n_iter": run.n_iter,
                "height": run.objective if climbed == BOUND else run.log_likelihood,
                "x": [None if np.isnan(numbers[at]) else int(numbers[at]) for at in kept],
                "y": [None if np.isnan(heights[at]) else float(f"{heights[at]:.10g}") for at in kept],
            }
        )
    return lines


def agreeing(restarts: Sequence[Run], best: int) -> int:
    """Count the restarts that end as high as the best."""
    return sum(abs(run.log_likelihood - restarts[best].log_likelihood) < SAME for run in restarts)


def packed(values: FloatArray | IntArray, dtype: Any) -> str:
    """Give numbers as base64 of their little-endian bytes, which a browser turns into a typed array.

    Examples
    --------
    >>> packed(np.array([1, 2]), np.uint16)
    'AQACAA=='
    """
    return base64.b64encode(np.ascontiguousarray(values, dtype=np.dtype(dtype).newbyteorder("<")).tobytes()).decode()


def themes(n_colors: int) -> tuple[list[str], list[str]]:
    """Give the colors for light paper, and for dark: there every color gets enough light to be seen."""
    colors = colors_of(n_colors)
    luminance = colors**2.2 @ (0.2126, 0.7152, 0.0722)
    toward_white = np.clip(0.5 - 4.0 * luminance, 0.0, 0.5)[:, None]
    return _hex(colors), _hex(colors + toward_white * (1.0 - colors))


def _hex(colors: FloatArray) -> list[str]:
    return ["#" + "".join(f"{round(255 * part):02x}" for part in color) for color in colors]


def _short(values: FloatArray, digits: int = 7) -> list[float]:
    return [float(f"{value:.{digits}g}") for value in values]


def _sureness(review: Review) -> list[list[int]]:
    """Count, for each component, its rows by the share that it has of them: 10 bins from 0 to 1."""
    k = len(review.overlap)
    bins = np.minimum((review.shares * 10.0 + 1e-9).astype(np.intp), 9)
    table: list[list[int]] = np.bincount(review.labels * 10 + bins, minlength=10 * k).reshape(k, 10).tolist()
    return table


def _histogram(values: FloatArray, review: Review) -> dict[str, Any]:
    edges = np.histogram_bin_edges(values, min(max(10, int(2 * len(values) ** (1 / 3))), CELLS))
    k = len(review.overlap)
    counts = [np.histogram(values[review.labels == component], edges)[0].tolist() for component in range(k)]
    return {"edges": edges.tolist(), "counts": counts}


def _density(points: FloatArray, review: Review) -> dict[str, Any]:
    """Count rows in the cells of every pair of axes, and find the component that has most of them in each."""
    k = len(review.overlap)
    low, high = np.quantile(points, [0.0005, 0.9995], axis=0)
    margin = np.maximum(0.15 * (high - low), np.finfo(np.float64).tiny)
    low, high = np.maximum(low - margin, points.min(axis=0)), np.minimum(high + margin, points.max(axis=0))
    width = np.maximum((high - low) / CELLS, np.finfo(np.float64).tiny)
    cells = np.floor((points - low) / width)  # (n, axes)
    inside = (points >= low) & (points <= high)
    cells = np.clip(cells, 0, CELLS - 1).astype(np.intp)
    pairs = {}
    for x, y in combinations(range(points.shape[1]), 2):
        both = inside[:, x] & inside[:, y]
        place = cells[both, y] * CELLS + cells[both, x]
        counts = np.bincount(place, minlength=CELLS * CELLS)
        most, owner = np.zeros_like(counts), np.zeros_like(counts)
        for component in range(k):
            own = np.bincount(place[review.labels[both] == component], minlength=CELLS * CELLS)
            owner, most = np.where(own > most, component, owner), np.maximum(own, most)
        pairs[f"{x} {y}"] = {"counts": packed(counts, np.uint32), "owners": packed(owner, np.uint16)}
    return {"cells": CELLS, "low": low.tolist(), "high": high.tolist(), "pairs": pairs}
