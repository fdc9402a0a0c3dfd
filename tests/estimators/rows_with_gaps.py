"""Rows that lack values, and fits of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixfold import GaussianMixture
from mixfold.typing import FloatArray
from tests.examples import blobs

COMPLETE, LABELS = blobs(2000, 3, 4, seed=1)


def with_gaps(rows: FloatArray, share: float = 0.1, seed: int = 0) -> FloatArray:
    """Give rows without some values, at random."""
    return np.where(np.random.default_rng(seed).random(rows.shape) < share, np.nan, rows)


ROWS = with_gaps(COMPLETE)


def fitted(rows: Any = ROWS, **settings: Any) -> GaussianMixture:
    """Give a fit of three components."""
    weights = settings.pop("sample_weight", None)
    return GaussianMixture(3, random_state=0, **settings).fit(rows, sample_weight=weights)


def start_of(model: GaussianMixture) -> dict[str, Any]:
    """Give what a fit that begins at a fitted one is passed."""
    names = ("weights", "means", "precisions")
    return {f"{name}_init": np.asarray(getattr(model, f"{name}_")) for name in names}
