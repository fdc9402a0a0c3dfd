"""The metric of neighbors in kernels is that of NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.engines import kernels
from mixfold.engines.neighbors import neighbor_metric
from mixfold.search import sample

pytestmark = pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")


@pytest.mark.parametrize("instruction_set", kernels.available_instruction_sets() or [None])
@pytest.mark.parametrize(("n", "d"), [(2, 1), (3, 2), (17, 2), (250, 2), (249, 5), (130, 64)])
def test_kernels_find_the_metric_that_numpy_finds(
    n: int, d: int, instruction_set: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng((n, d))
    rows = random.standard_normal((n, d)) @ random.standard_normal((d, d)) + 5.0 * random.integers(3, size=(n, 1))
    unit = 1.0 / np.std(rows, axis=0)
    used = kernels.instruction_set()
    try:
        kernels.select_instruction_set(instruction_set)
        found = sample._of_neighbors(rows, unit)
    finally:
        kernels.select_instruction_set(str(used))
    monkeypatch.setattr(sample, "neighbor_metric", lambda *_: None)
    expected = sample._of_neighbors(rows, unit)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * np.max(np.abs(expected)))


def test_rows_that_all_have_an_equal_have_a_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.repeat([[0.0, 1.0], [5.0, 1.0]], 8, axis=0)
    found = sample._of_neighbors(rows, np.ones(2))
    monkeypatch.setattr(sample, "neighbor_metric", lambda *_: None)
    np.testing.assert_allclose(found, sample._of_neighbors(rows, np.ones(2)), rtol=1e-12)


def test_more_neighbors_than_others_are_refused() -> None:
    with pytest.raises(ValueError, match="so many neighbors"):
        neighbor_metric(np.zeros((3, 2)), np.ones(2), 3, 0.1)
