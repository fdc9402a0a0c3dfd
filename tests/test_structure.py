"""The four shapes of second moments."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.structure import Structure
from tests.examples import scatter_by_loops

structures = pytest.mark.parametrize("structure", list(Structure), ids=lambda s: s.value)


@structures
def test_outer_products_are_scatters_of_single_rows(structure: Structure) -> None:
    random = np.random.default_rng(0)
    weights, vectors = random.uniform(size=3), random.normal(size=(3, 4))
    expected = scatter_by_loops(vectors, np.diag(weights), np.zeros((3, 4)), structure)
    actual = structure.outer(weights, vectors)
    assert actual.shape == structure.shape(3, 4)
    np.testing.assert_allclose(actual, expected, rtol=1e-13)


def test_shapes_are_those_of_scikit_learn() -> None:
    assert [structure.shape(3, 4) for structure in Structure] == [(3, 4, 4), (4, 4), (3, 4), (3,)]
