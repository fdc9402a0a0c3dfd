"""The sums of many chunks in one array."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.engines import Assignment, ChunkSums, NativeEngine
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.rows import Rows
from mixfold.segments import Segment
from mixfold.statistics import SufficientStatistics
from mixfold.structures import FULL, STRUCTURES, Structure
from mixfold.sums import SUMS, places
from tests.examples import blobs, potentials_of

native = pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("first_chunk", [0, 1, 6, 8])
def test_a_segment_has_the_nodes_and_bits_of_statistics_added_one_by_one(
    first_chunk: int, structure: Structure
) -> None:
    for n_chunks in range(1, 21):
        center, k, d = np.zeros((3, 2)), 3, 2
        sums = ChunkSums.empty(center, structure, n_chunks)
        sums.values[:] = np.random.default_rng(n_chunks).normal(size=sums.values.shape)
        n_rows = [10] * (n_chunks - 1) + [7]
        expected = Segment.of(
            first_chunk,
            (
                SufficientStatistics(
                    center=center,
                    structure=structure,
                    n_rows=n,
                    **{place.name: row[place.at].reshape(place.shape) for place in places(k, d, structure.shape(k, d))},
                )
                for row, n in zip(sums.values.copy(), n_rows, strict=True)
            ),
        )
        actual = sums.segment(first_chunk, sum(n_rows), 10)
        assert actual.first == first_chunk
        assert [height for height, _ in actual.nodes] == [height for height, _ in expected.nodes]
        for (_, one), (_, other) in zip(actual.nodes, expected.nodes, strict=True):
            for name in (*(sum_.name for sum_ in SUMS), "n_rows"):
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@native
def test_a_second_call_finds_no_chunk_left() -> None:
    rows, potentials = blobs(50, 2, 2)[0], potentials_of(FULL, 2, 2)
    sums = ChunkSums.empty(potentials.center, FULL, 5)
    NativeEngine().statistics_of_chunks(Rows(rows), potentials, Assignment.SOFT, None, 10, sums)
    before = sums.values.copy()
    NativeEngine().statistics_of_chunks(Rows(rows + 1.0), potentials, Assignment.SOFT, None, 10, sums)
    np.testing.assert_array_equal(sums.values, before)


@native
@pytest.mark.parametrize(
    ("n_chunks", "chunk_rows", "message"), [(4, 10, "sums"), (6, 10, "sums"), (5, 0, "chunk_rows")]
)
def test_room_for_another_number_of_chunks_is_refused(n_chunks: int, chunk_rows: int, message: str) -> None:
    rows, potentials = blobs(50, 2, 2)[0], potentials_of(FULL, 2, 2)
    sums = ChunkSums.empty(potentials.center, FULL, n_chunks)
    with pytest.raises(ValueError, match=message):
        NativeEngine().statistics_of_chunks(Rows(rows), potentials, Assignment.SOFT, None, chunk_rows, sums)


def test_rows_joined_are_the_components_of_one_mixture() -> None:
    random = np.random.default_rng(0)
    centers = random.normal(size=(3, 2, 2))
    sums = ChunkSums.empty(centers[0], FULL, 3)
    sums.values[:] = random.uniform(1.0, 2.0, sums.values.shape)
    whole = sums.joined(centers)
    for i in range(3):
        np.testing.assert_array_equal(whole.means[2 * i : 2 * i + 2], sums.of_chunk(i, centers[i], 1).means)
        np.testing.assert_array_equal(whole.scatter[2 * i : 2 * i + 2], sums.of_chunk(i, centers[i], 1).scatter)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_what_an_m_step_takes_of_statistics_are_rows_of_sums_and_comes_back(structure: Structure) -> None:
    sums = ChunkSums.empty(np.zeros((3, 2)), structure, 2)
    sums.values[:] = np.random.default_rng(0).normal(size=sums.values.shape)
    before = [sums.of_chunk(at, sums.center, 9) for at in range(2)]
    for at, one in enumerate(before):
        after = ChunkSums.of(before).of_chunk(at, sums.center, 9)
        for name in ("count", "shift", "scatter"):
            np.testing.assert_array_equal(getattr(after, name), getattr(one, name))
