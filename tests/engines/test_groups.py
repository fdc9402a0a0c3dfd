"""What rows say that are shared out to groups, in kernels and without."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.engines import groups, kernels
from mixfold.engines.groups import Group, groups_of
from mixfold.structures import DIAGONAL, FULL, Structure


@pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")
@pytest.mark.parametrize("structure", [FULL, DIAGONAL], ids=lambda structure: structure.name)
@pytest.mark.parametrize(("n", "d"), [(1, 1), (7, 2), (200, 3), (90, 40)])
def test_kernels_share_rows_out_as_numpy_does(
    n: int, d: int, structure: Structure, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng((n, d))
    rows, weights = random.standard_normal((n, d)) + 3.0, random.uniform(0.5, 2.0, n)
    space = rows[:, :2] @ random.standard_normal((min(d, 2), 3))
    asked = [Group(space, random.integers(n, size=4), n // 3), Group(rows[:, ::-1], np.array([0]), n - 1)]
    found = groups_of(asked, rows, weights, structure)
    monkeypatch.setattr(groups.kernels, "NATIVE_AVAILABLE", False)
    expected = groups_of(asked, rows, weights, structure)
    for name in ("center", "count", "scatter", "weight"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-12, atol=1e-12)
    assert found.count[4] == pytest.approx(np.sum(weights))


def test_of_rows_that_are_as_far_the_first_are_nearest() -> None:
    rows = np.array([[0.0], [1.0], [-1.0], [1.0]])
    found = groups_of([Group(rows, np.array([0]), 2)], rows, np.array([1.0, 2.0, 4.0, 8.0]), FULL)
    assert found.count.tolist() == [7.0]


@pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")
@pytest.mark.parametrize("n_nearest", [0, 1, 4, 12, 130, 168])
def test_on_a_lattice_kernels_choose_the_rows_that_numpy_does(n_nearest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.stack(np.meshgrid(np.arange(13.0), np.arange(13.0)), axis=-1).reshape(-1, 2)
    group, weights = Group(rows, np.array([84, 0, 40, 168]), n_nearest), 2.0 ** (np.arange(169) % 50)
    found = groups_of([group], rows, weights, FULL)
    monkeypatch.setattr(groups.kernels, "NATIVE_AVAILABLE", False)
    np.testing.assert_array_equal(found.count, groups_of([group], rows, weights, FULL).count)


@pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")
def test_rows_that_are_not_there_are_refused() -> None:
    rows = np.zeros((3, 2))
    with pytest.raises(ValueError, match="so many neighbors"):
        groups_of([Group(rows, np.array([0]), 3)], rows, np.ones(3), FULL)
    for seed in (-1, 3):
        with pytest.raises(ValueError, match="seeds must be rows"):
            groups_of([Group(rows, np.array([seed]), 1)], rows, np.ones(3), FULL)
