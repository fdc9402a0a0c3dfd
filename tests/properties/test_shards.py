"""A fold over a thousand shards, as on a cluster: what travels, how deep the tree is, and that no order shows."""

from __future__ import annotations

import math
import pickle

import numpy as np

from mixfold.engines import ArrayEngine
from mixfold.executors.dask import FAN, joined
from mixfold.rows import Rows
from mixfold.segments import Segment, tree_sum
from mixfold.structures import FULL
from tests.examples import potentials_of

N_SHARDS, K, D = 1000, 16, 16


def test_a_thousand_shards_sum_to_the_same_bits_through_a_tree_of_tasks() -> None:
    random = np.random.default_rng(0)
    potentials = potentials_of(FULL, K, D)
    rows = random.normal(size=(N_SHARDS, 20, D))
    chunks = [ArrayEngine().statistics(Rows(shard), potentials, FULL) for shard in rows]
    shards = [Segment.of(number, [chunk]) for number, chunk in enumerate(chunks)]
    numbers = 2 * K * D + K + K * D * D  # centers and shifts, counts, scatters
    assert max(len(pickle.dumps(shard)) for shard in shards) < 8 * numbers + 1000
    assert len(pickle.dumps(potentials)) < 8 * numbers + 1000
    level, depth = shards, 0
    while len(level) > 1:
        groups = [level[at : at + FAN] for at in range(0, len(level), FAN)]
        order = random.permutation(len(groups))  # workers finish when they finish
        done = {int(number): pickle.loads(pickle.dumps(joined(*groups[number]))) for number in order}
        level, depth = [done[number] for number in range(len(groups))], depth + 1
    assert depth == math.ceil(math.log(N_SHARDS, FAN))
    assert len(level[0].nodes) <= 2 * math.log2(N_SHARDS)
    total, expected = level[0].total, tree_sum(chunks)
    for name in ("count", "shift", "scatter"):
        np.testing.assert_array_equal(getattr(total, name), getattr(expected, name))
    assert total.n_rows == N_SHARDS * 20
