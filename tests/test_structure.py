"""The shapes of second moments."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from mixfold.errors import InputError
from mixfold.structure import Structure
from tests.examples import scatter_by_loops

structures = pytest.mark.parametrize("structure", [*Structure, Structure.factors(2)], ids=lambda s: s.value)


@structures
def test_outer_products_are_scatters_of_single_rows(structure: Structure) -> None:
    random = np.random.default_rng(0)
    weights, vectors = random.uniform(size=3), random.normal(size=(3, 4))
    basis = random.normal(size=(3, 4, structure.rank)) if structure.rank else None
    expected = scatter_by_loops(vectors, np.diag(weights), np.zeros((3, 4)), structure, basis)
    actual = structure.outer(weights, vectors, basis)
    assert actual.shape == structure.shape(3, 4)
    np.testing.assert_allclose(actual, expected, rtol=1e-13)


def test_shapes_are_those_of_scikit_learn() -> None:
    assert [structure.shape(3, 4) for structure in Structure] == [(3, 4, 4), (4, 4), (3, 4), (3,)]


def test_factors_of_one_rank_are_one_structure_wherever_they_come_from() -> None:
    structure = Structure.factors(3)
    assert structure is Structure.factors(3)
    assert structure is not Structure.factors(2)
    assert pickle.loads(pickle.dumps(structure)) is structure
    assert copy.deepcopy(structure) is structure
    assert (structure.rank, Structure.FULL.rank) == (3, 0)


@pytest.mark.parametrize("value", ["factors:0", "factors:", "factors:-1", "factors:2.5", "round"])
def test_what_names_no_structure_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="is not a valid Structure"):
        Structure(value)


def test_the_projection_is_orthonormal_and_always_the_same() -> None:
    projection = Structure.factors(3).projection(7)
    np.testing.assert_allclose(projection.T @ projection, np.eye(3), atol=1e-14)
    np.testing.assert_array_equal(projection, Structure.factors(3).projection(7))


def test_more_vectors_than_features_are_refused() -> None:
    with pytest.raises(InputError, match="at most n_features = 2, got 3"):
        Structure.factors(3).projection(2)
