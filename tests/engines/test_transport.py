"""Moving one distribution on few points to another."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.engines import kernels
from mixfold.engines.transport import _by_linear_program, _norms, cheapest_plan, nuclear_norms
from mixfold.typing import FloatArray

sets = pytest.mark.parametrize("instruction_set", kernels.available_instruction_sets() or [None])


def triangles(n: int, d: int, seed: int, spread: float = 0.0) -> FloatArray:
    """Give Cholesky factors, whose rows are on scales that differ by as many powers of ten."""
    random = np.random.default_rng(seed)
    roots = random.standard_normal((n, d, d + 1)) * 10.0 ** random.uniform(-spread / 2, spread / 2, (n, d, 1))
    return np.linalg.cholesky(roots @ np.swapaxes(roots, 1, 2))


@sets
@pytest.mark.parametrize("d", [1, 2, 3, 7, 16, 33])
def test_norms_are_sums_of_singular_values(d: int, instruction_set: str | None) -> None:
    used = kernels.instruction_set()
    try:
        if instruction_set is not None:
            kernels.select_instruction_set(instruction_set)
        # More than the lanes of a vector, and no multiple of them.
        for spread in (0.0, 2.0, 8.0):
            a, b = triangles(3, d, 1, spread), triangles(11, d, 2, spread)
            np.testing.assert_allclose(nuclear_norms(a, b), _norms(np.swapaxes(a, 1, 2)[:, None] @ b), rtol=1e-10)
    finally:
        if used is not None:
            kernels.select_instruction_set(used)


def test_norms_of_matrices_that_fall_apart_are_found() -> None:
    blocks = np.eye(8)
    blocks[1, 0], blocks[5, 3], blocks[7, 6] = 0.5, -2.0, 1.0
    a = np.array([np.eye(8), np.diag(np.arange(1.0, 9.0)), np.diag([1.0, 1, 1, 1, 5, 5, 5, 5]), blocks])
    np.testing.assert_allclose(nuclear_norms(a, a), _norms(np.swapaxes(a, 1, 2)[:, None] @ a), rtol=1e-13)


@pytest.mark.parametrize(("k", "m"), [(1, 1), (1, 4), (5, 2), (12, 19), (40, 40)])
@pytest.mark.parametrize("levels", [0, 3])
def test_a_plan_has_the_sums_and_the_cost_of_the_linear_program(k: int, m: int, levels: int) -> None:
    random = np.random.default_rng(k + m)
    costs = random.integers(0, levels, (k, m)).astype(float) if levels else random.standard_normal((k, m))
    rows, columns = random.dirichlet(np.ones(k)), random.dirichlet(np.ones(m))
    if k > 2:
        rows[1] = 0.0  # a point without weight
        rows /= rows.sum()
    plan = cheapest_plan(costs, rows, columns)
    assert np.all(plan >= 0.0)
    np.testing.assert_allclose(plan.sum(axis=1), rows, atol=1e-14)
    np.testing.assert_allclose(plan.sum(axis=0), columns, atol=1e-14)
    assert np.sum(plan * costs) == pytest.approx(np.sum(_by_linear_program(costs, rows, columns) * costs), abs=1e-12)


def test_without_kernels_the_answers_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = triangles(3, 4, 1), triangles(5, 4, 2)
    random = np.random.default_rng(3)
    costs, rows, columns = random.random((3, 5)), random.dirichlet(np.ones(3)), random.dirichlet(np.ones(5))
    norms, plan = nuclear_norms(a, b), cheapest_plan(costs, rows, columns)
    monkeypatch.setattr(kernels, "NATIVE_AVAILABLE", False)
    np.testing.assert_allclose(nuclear_norms(a, b), norms, rtol=1e-12)
    np.testing.assert_allclose(cheapest_plan(costs, rows, columns), plan, atol=1e-12)


@pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")
def test_kernels_refuse_arrays_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match=r"rows must be C-contiguous, aligned and of shape \(2, \)"):
        kernels.compiled.cheapest_plan(np.ones((2, 3)), np.ones(3), np.ones(3), np.empty((2, 3)))
    with pytest.raises(ValueError, match=r"b must be C-contiguous, aligned and of shape \(4, 3, 3, \)"):
        kernels.compiled.nuclear_norms(np.ones((2, 3, 3)), np.ones((4, 2, 2)), 1e-9, np.empty((2, 4)))
    with pytest.raises(ValueError, match="There must be a feature"):
        kernels.compiled.nuclear_norms(np.ones((2, 0, 0)), np.ones((4, 0, 0)), 1e-9, np.empty((2, 4)))
