"""Amounts that span factors, as money and counts do: their logarithms are what clusters are found in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixfold.tables.columns import listed
from mixfold.typing import FloatArray

STRONG = 2.0
"""Skewness from which a column is strongly skewed: that of an exponential distribution."""
FEWEST_VALUES = 20
"""Of a column whose skewness says anything."""


def about_skewed_columns(rows: FloatArray, names: Sequence[str]) -> str:
    """Say which columns are never negative and strongly skewed, where logarithms take most of that away.

    Skewness is the third central moment over the third power of the standard deviation. Groups far from each other
    make a column as skewed as a long tail does, but their logarithms are skewed then as well, and nothing is said.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
        NaN where a value is missing.
    names : sequence of str
        Of the columns.

    Returns
    -------
    sentence : str
        Empty where no column is.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.tables.skewness import about_skewed_columns
    >>> normal = np.random.default_rng(0).normal(size=(500, 2))
    >>> about_skewed_columns(np.column_stack([np.exp(1.5 * normal[:, 0]), normal[:, 1]]), ["price", "height"])[:46]
    "'price' is never negative and strongly skewed:"
    >>> about_skewed_columns(normal, ["width", "height"])
    ''
    """
    skewed = [name for name, column in zip(names, rows.T, strict=True) if _is_better_in_logarithms(column)]
    if not skewed:
        return ""
    are, their = ("is", "its") if len(skewed) == 1 else ("are", "their")
    return (
        f"{listed(skewed)} {are} never negative and strongly skewed: clusters may be clearer in {their} logarithms "
        "(where there are zeros, of the values plus the smallest amount that matters)."
    )


def _is_better_in_logarithms(column: FloatArray) -> bool:
    values = column[np.isfinite(column)]
    positive = values[values > 0.0]
    if len(values) < FEWEST_VALUES or np.min(values) < 0.0 or 2 * len(positive) <= len(values):
        return False
    as_it_is = _skewness(values)
    return as_it_is > STRONG and abs(_skewness(np.log(positive))) < as_it_is / 2.0


def _skewness(values: FloatArray) -> float:
    scaled = values / np.max(np.abs(values)) if np.any(values) else values
    centered = scaled - scaled.mean()
    deviation = float(np.sqrt(np.mean(centered**2)))
    return float(np.mean((centered / deviation) ** 3)) if deviation else 0.0
