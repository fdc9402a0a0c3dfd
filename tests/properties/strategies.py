"""Rows that hypothesis draws: from a seed, so that a failure is small to write down and numbers are realistic."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from mixfold.typing import FloatArray
from tests.examples import blobs


@st.composite
def soft_rows(draw: st.DrawFn, max_features: int = 4) -> FloatArray:
    """Clusters that overlap, 20 to 150 rows."""
    n, d = draw(st.integers(20, 150)), draw(st.integers(1, max_features))
    separation = draw(st.sampled_from([0.0, 1.0, 3.0, 20.0]))
    return blobs(n, draw(st.integers(1, 4)), d, draw(st.integers(0, 10_000)), separation)[0]


@st.composite
def hard_rows(draw: st.DrawFn, *, any_units: bool = True) -> FloatArray:
    """Rows with constant, collinear or duplicated parts, few rows, many features, large offsets, any scale.

    With `any_units`, each feature may have a scale of its own, of up to 300 orders of magnitude apart.
    """
    n, d = draw(st.integers(4, 40)), draw(st.integers(1, 8))
    rows = blobs(n, 2, d, draw(st.integers(0, 10_000)))[0]
    faults = draw(
        st.sets(st.sampled_from(["constant", "collinear", "duplicated", "twins", "discrete", "wide", "outlier"]))
    )
    if "duplicated" in faults:
        rows[n // 2 :] = rows[0]
    if "twins" in faults:
        rows[1] = rows[0]
    if "discrete" in faults:
        rows = np.round(rows)
    if "wide" in faults:
        rows = np.hstack([rows, np.random.default_rng(n).normal(size=(n, n + 3))])
    if "collinear" in faults:
        rows = np.column_stack([rows, rows[:, 0], -3.0 * rows[:, -1] + 1.0])
    if "constant" in faults:
        rows = np.column_stack([rows, np.full(n, draw(st.sampled_from([0.0, 5.0, -1e9])))])
    if "outlier" in faults:
        rows[-1] *= 1e6
    units = draw(st.sampled_from(["ordinary", "ordinary", "extreme", "extreme for each feature"][: 3 + any_units]))
    if units == "ordinary":
        shift, scale = draw(st.sampled_from([(0.0, 1.0), (0.0, 1e-9), (0.0, 1e9), (1e6, 1.0), (-1e3, 1e-3)]))
        return rows * scale + shift
    largest = np.max(np.abs(rows), axis=0)
    within_one = rows / np.where(largest > 0.0, largest, 1.0)
    # What lies six orders below a row that lies far out must have squares, too.
    exponents = st.floats(-140.0 if "outlier" in faults else -150.0, 150.0)
    if units == "extreme":
        return within_one * 10.0 ** draw(exponents)
    n_features = rows.shape[1]
    return within_one * 10.0 ** np.array(draw(st.lists(exponents, min_size=n_features, max_size=n_features)))
