"""The parts of an M step on a device: triangles and their inverses."""

from __future__ import annotations

import array_api_compat
import numpy as np
import pytest

from mixfold.engines import to_numpy
from mixfold.engines.device_step import inverse_factors, inverse_of_lower
from tests.engines.libraries import arrays


@pytest.mark.parametrize("d", [1, 2, 3, 7, 16, 40])
def test_triangles_are_inverted_as_by_the_definition(array_library: str, d: int) -> None:
    rng = np.random.default_rng(d)
    factors = np.tril(rng.normal(size=(3, d, d))) + 3.0 * np.eye(d)
    there = arrays(array_library, factors)
    found = to_numpy(inverse_of_lower(there, array_api_compat.array_namespace(there)))
    np.testing.assert_allclose(found @ factors, np.broadcast_to(np.eye(d), (3, d, d)), atol=1e-11)
    assert np.all(found == np.tril(found))


def test_matrices_that_are_not_positive_definite_have_no_factor_and_the_others_have(array_library: str) -> None:
    matrices = arrays(array_library, np.stack([np.eye(2), np.diag([1.0, -1.0]), 4.0 * np.eye(2)]))
    inverses = to_numpy(inverse_factors(matrices, array_api_compat.array_namespace(matrices)))
    np.testing.assert_array_equal(inverses[[0, 2]], [np.eye(2), 0.5 * np.eye(2)])
    assert np.all(np.isnan(inverses[1]))
