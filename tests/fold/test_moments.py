"""Statistics under responsibilities that are given."""

from __future__ import annotations

import numpy as np

from mixfold.fold import Fold
from mixfold.rows import CHUNK_ROWS
from mixfold.structures import FULL
from tests.examples import blobs

N = 2 * CHUNK_ROWS + 5


def test_centered_moments_are_around_the_means_they_have() -> None:
    rows, _ = blobs(N, 3, 2)
    shares = np.random.default_rng(0).dirichlet(np.ones(3), size=N)
    statistics = Fold.of_rows(rows).centered_moments(lambda chunk: shares[chunk.span], 3, FULL)
    means = (shares.T @ rows) / np.sum(shares, axis=0)[:, None]
    np.testing.assert_allclose(statistics.center, means, rtol=1e-10)
    np.testing.assert_allclose(statistics.shift, 0.0, atol=1e-8)
