"""Merging the components of a mixture two by two, in kernels."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.engines import kernels
from mixfold.engines.merging import merged_cheapest
from mixfold.mixtures import reduce
from mixfold.mixtures.reduce import _merged, _Parts

pytestmark = pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")


def blocks(b: int, n: int, d: int) -> _Parts:
    """Draw blocks of components."""
    random = np.random.default_rng((b, n, d))
    roots = random.standard_normal((b, n, d, d + 3))
    covariances = roots @ np.swapaxes(roots, -1, -2) / (d + 3)
    return _Parts(random.dirichlet(np.ones(n), b), 3.0 * random.standard_normal((b, n, d)), covariances)


@pytest.mark.parametrize("instruction_set", kernels.available_instruction_sets() or [None])
@pytest.mark.parametrize(("b", "n", "d", "losses"), [(1, 1, 2, 0), (3, 5, 1, 3), (6, 32, 3, 29), (1, 30, 9, 29)])
def test_kernels_merge_what_numpy_merges(
    b: int, n: int, d: int, losses: int, instruction_set: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = blocks(b, n, d)
    used = kernels.instruction_set()
    try:
        kernels.select_instruction_set(instruction_set)
        found, owners = _merged(parts, losses, "runnalls", np.eye(d))
    finally:
        kernels.select_instruction_set(str(used))
    monkeypatch.setattr(reduce, "merged_cheapest", lambda *_: None)
    expected, others = _merged(parts, losses, "runnalls", np.eye(d))
    np.testing.assert_array_equal(owners, others)
    np.testing.assert_allclose(found.weights, expected.weights, rtol=1e-13)
    np.testing.assert_allclose(found.means, expected.means, atol=1e-12)
    np.testing.assert_allclose(found.covariances, expected.covariances, atol=1e-12)


def test_of_costs_that_are_equal_the_first_pair_is_merged() -> None:
    means = np.array([[[0.0], [10.0], [20.0], [30.0]]])
    found = merged_cheapest(np.full((1, 4), 0.25), means, np.ones((1, 4, 1, 1)), 1)
    assert found is not None
    assert found[3].tolist() == [[0, 0, 2, 3]]


def test_what_is_passed_stays_as_it_was_and_one_component_is_left() -> None:
    parts = blocks(1, 4, 2)
    weights = parts.weights.copy()
    merged_cheapest(parts.weights, parts.means, parts.covariances, 2)
    np.testing.assert_array_equal(parts.weights, weights)
    with pytest.raises(ValueError, match="a component that is left"):
        merged_cheapest(parts.weights, parts.means, parts.covariances, 4)
