"""The kernel joins rows as SciPy does, and ends whatever rows are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.hierarchy import leaves_list, linkage

from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.engines.ward import joined_by_ward

pytestmark = pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")


@pytest.mark.parametrize("n_rows", [2, 3, 4, 5, 7, 120])
@pytest.mark.parametrize("n_features", [1, 3, 20])
def test_joins_are_those_of_scipy(n_rows: int, n_features: int) -> None:
    rows = np.random.default_rng(n_rows).normal(size=(n_rows, n_features))
    tree = linkage(rows, "ward")
    parts, sizes, order = joined_by_ward(rows)
    assert np.array_equal(parts, tree[:, :2])
    assert np.array_equal(sizes, tree[:, 3])
    assert np.array_equal(order, leaves_list(tree))


@pytest.mark.parametrize(
    "rows",
    [
        np.zeros((50, 2)),
        np.random.default_rng(0).integers(0, 2, (200, 2)).astype(float),
        np.array([[1e200], [-1e200], [0.0], [1e-200]]),
        np.full((9, 1), np.nan),
    ],
    ids=["equal", "on a lattice", "beyond all squares", "no numbers"],
)
def test_rows_that_are_as_near_to_one_as_to_another_are_joined_all_the_same(rows: np.ndarray) -> None:
    parts, sizes, order = joined_by_ward(rows)
    assert sorted(parts.ravel().tolist()) == list(range(2 * len(rows) - 2))
    assert sizes[-1] == len(rows)
    assert sorted(order.tolist()) == list(range(len(rows)))
