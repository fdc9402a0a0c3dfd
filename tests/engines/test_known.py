"""How far components have gone, and what is kept of rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold.engines import KnownRows
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.engines.known import Ceilings, Drift, group_size, neighbors
from mixfold.potentials import Potentials
from mixfold.structures import DIAGONAL, FULL, POOLED, SPHERICAL, Structure
from tests.examples import potentials_of

pytestmark = pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
STRUCTURES = [FULL, POOLED, DIAGONAL, SPHERICAL]


def distances(potentials: Potentials, rows: np.ndarray) -> np.ndarray:
    """||G (x - m)|| of rows (n, D) and components, (n, K)."""
    z, g = rows[:, None] - potentials.center, potentials.whitener
    if potentials.structure in (FULL, POOLED):
        return np.linalg.norm(
            np.einsum("...ij,n...j->n...i", np.broadcast_to(g, (z.shape[1], *g.shape[-2:])), z), axis=-1
        )
    return np.linalg.norm(z * (g if potentials.structure is DIAGONAL else g[:, None]), axis=-1)


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("step", [0.0, 0.05, 0.8])
@pytest.mark.parametrize("d", [1, 2, 9])
def test_no_distance_loses_more_than_the_drift_says(structure: Structure, step: float, d: int) -> None:
    rng, k = np.random.default_rng([d, round(100 * step)]), 7
    before, other = potentials_of(structure, k, d), potentials_of(structure, k, d, seed=5)
    whitener = before.whitener + step * (other.whitener - before.whitener)
    after = Potentials(before.offset + step, before.center + step * rng.normal(size=(k, d)), whitener, structure)
    drift = Drift.between(before, after, np.arange(k, dtype=np.int32), size=1, call=4)
    _, rise, loss, shift = drift.sums.astype(float)
    assert drift.call == 4
    np.testing.assert_allclose(rise, step, atol=1e-6)
    rows = 10.0 * rng.normal(size=(4000, d))
    least = np.sqrt(1.0 - np.minimum(loss, 1.0)) * distances(before, rows) - shift / np.sqrt(2.0)
    assert np.all(distances(after, rows) >= least - 1e-6)
    if step == 0.0:
        assert max(*loss, *shift) < 1e-6


@pytest.mark.parametrize("structure", [FULL, POOLED])
@pytest.mark.parametrize("step", [1e-4, 0.05, 0.8])
@pytest.mark.parametrize("d", [1, 3, 16])
def test_matrices_lose_what_their_least_singular_value_says(structure: Structure, step: float, d: int) -> None:
    k, (before, other) = 7, (potentials_of(structure, 7, d, seed=seed) for seed in (2, 5))
    after = replace(before, whitener=before.whitener + step * (other.whitener - before.whitener))
    _, _, loss, _ = Drift.between(before, after, np.arange(k, dtype=np.int32), size=1, call=4).sums.astype(float)
    least = np.linalg.svd(after.whitener @ np.linalg.inv(before.whitener), compute_uv=False)[..., -1]
    exact = np.broadcast_to(np.maximum(1.0 - least**2, 1e-11), k)
    assert np.all(loss >= exact * (1.0 - 1e-6))
    assert np.all(loss <= 1.1 * exact + 1e-10)


def test_the_drift_of_a_group_is_the_greatest_of_its_members() -> None:
    before = potentials_of(DIAGONAL, 5, 3)
    moved = before.center.copy()
    moved[4] += 1.0
    after = Potentials(before.offset, moved, before.whitener, DIAGONAL)
    members = np.array([0, 4, 1, 2, 3], np.int32)
    drift = Drift.between(before, after, members, size=2, call=2)
    assert drift.n_groups == 3
    assert (drift.sums[3, :3] > 1e-3).tolist() == [True, False, False]
    assert (drift.sums[3, 3:] > 1e-3).tolist() == [False, False, False, False, True]  # and then that of each component


def test_where_nothing_was_before_nothing_is_bounded() -> None:
    after = potentials_of(DIAGONAL, 4, 2)
    for before in (None, potentials_of(FULL, 4, 2)):
        drift = Drift.between(before, after, np.arange(4, dtype=np.int32), size=1, call=2)
        assert np.all(np.isnan(drift.sums))


@pytest.mark.parametrize(("n", "size"), [(10, 1), (10, 3), (1000, 7), (33, 64)])
def test_neighbors_are_all_components_in_groups_that_lie_together(n: int, size: int) -> None:
    center = np.random.default_rng(0).uniform(size=(n, 2))
    order = neighbors(center, size)
    assert sorted(order) == list(range(n))
    if n == 1000:
        spreads = [np.ptp(center[order[at : at + size]], axis=0).max() for at in range(0, n, size)]
        assert np.median(spreads) < 0.25


def test_groups_grow_where_ceilings_would_have_no_room() -> None:
    assert group_size(100_000, 1000, "float64") == 1
    size = group_size(1 << 20, 40_000, "float64")
    assert size > 1
    assert -(-10_000 // -(-10_000 // size)) == size  # what kernels compute from the number of groups


def test_a_part_is_written_through_to_the_whole_and_has_ceilings_only_in_whole_panels() -> None:
    after = potentials_of(DIAGONAL, 3, 2)
    drift = Drift.between(after, after, np.arange(3, dtype=np.int32), size=1, call=2)
    ceilings = Ceilings.empty(1000, drift, "float64")
    known = KnownRows(np.full(1000, -1, np.int32), ceilings, drift)
    part = known.part(slice(512, 1000))
    part.guesses[:] = 2
    part.ceilings.segments[:] = 9
    assert set(known.guesses[:512]) == {-1}
    assert set(known.guesses[512:]) == {2}
    assert set(ceilings.segments[-1]) == {9}
    assert set(ceilings.segments[0]) == {0}
    assert known.part(slice(5, 100)).ceilings is None
