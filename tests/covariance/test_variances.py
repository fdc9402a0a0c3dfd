"""Volumes and shapes along known axes."""

from __future__ import annotations

import numpy as np

from mixfold.covariance.variances import equal, equal_shape, equal_volume, own, volumes_of
from mixfold.typing import FloatArray

SCATTER = np.random.default_rng(0).exponential(size=(4, 3)) + 0.01
COUNTS = np.array([3.0, 10.0, 25.0, 7.0])


def height(variances: FloatArray) -> float:
    """Give the objective, which the M step minimizes."""
    return float(np.sum(COUNTS[:, None] * np.log(variances) + SCATTER / variances))


def test_fewer_restrictions_are_lower() -> None:
    heights = [height(step(SCATTER, COUNTS)) for step in (equal, equal_volume, own)]
    assert heights[0] > heights[1] > heights[2]
    assert height(equal(SCATTER, COUNTS)) > height(equal_shape(SCATTER, COUNTS, None)) > height(own(SCATTER, COUNTS))


def test_equal_shapes_do_not_depend_on_where_the_iteration_began() -> None:
    expected = equal_shape(SCATTER, COUNTS, None)
    far = expected
    for _ in range(60):
        far = equal_shape(SCATTER, COUNTS, np.array([1e3, 1e-3, 5.0, 1.0]) if far is expected else volumes_of(far))
    np.testing.assert_allclose(far, expected, rtol=1e-10)


def test_the_iteration_for_equal_shapes_never_goes_up() -> None:
    volumes, last = np.array([1e3, 1e-3, 5.0, 1.0]), np.inf
    for _ in range(20):
        variances = volumes[:, None] * np.sum(SCATTER / volumes[:, None], axis=0) / np.sum(COUNTS)
        assert height(variances) <= last + (0.0 if np.isinf(last) else 1e-12 * abs(last))
        last = height(variances)
        after = equal_shape(SCATTER, COUNTS, volumes)
        assert height(after) <= last + 1e-12 * abs(last)
        volumes = np.mean(SCATTER / (variances / volumes[:, None]), axis=1) / COUNTS


def test_volumes_are_geometric_means() -> None:
    np.testing.assert_allclose(volumes_of(np.array([[1.0, 4.0], [2.0, 2.0]])), [2.0, 2.0])
