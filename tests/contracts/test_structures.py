"""Every verb of every structure equals what it means for one dense matrix of each component."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from mixfold.structures import DIAGONAL, FULL, POOLED, SPHERICAL, STRUCTURES, Factors, Structure
from mixfold.typing import FloatArray
from tests.examples import dense_whiteners, potentials_of, scatter_by_loops

K, D = 3, 4
RANDOM = np.random.default_rng(0)
WEIGHTS, VECTORS = RANDOM.uniform(size=K), RANDOM.normal(size=(K, D))
MATRIX = np.cov(RANDOM.normal(size=(D, 20)))
structures = pytest.mark.parametrize("structure", [*STRUCTURES, Factors(2)], ids=lambda structure: structure.name)


def whitener_of(structure: Structure) -> tuple[FloatArray, FloatArray]:
    """Give a whitener, and each component's as a matrix."""
    potentials = potentials_of(structure, K, D)
    return potentials.whitener, dense_whiteners(potentials)


def basis_of(structure: Structure) -> FloatArray | None:
    return np.random.default_rng(1).normal(size=(K, D, structure.rank)) if structure.rank else None


def dense_covariances(structure: Structure, reduced: FloatArray) -> FloatArray:
    """Give what `reduced` gives as a matrix."""
    return reduced if reduced.ndim == 2 else np.diag(np.broadcast_to(reduced, (D,)))


@structures
def test_outer_products_are_scatters_of_single_rows(structure: Structure) -> None:
    basis = basis_of(structure)
    expected = scatter_by_loops(VECTORS, np.diag(WEIGHTS), np.zeros((K, D)), structure, basis)
    actual = structure.outer(WEIGHTS, VECTORS, basis)
    assert actual.shape == structure.shape(K, D)
    np.testing.assert_allclose(actual, expected, rtol=1e-13)


@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda structure: structure.name)
def test_sums_over_rows_are_scatters_of_them(structure: Structure) -> None:
    rows, shares = np.random.default_rng(5).normal(size=(7, D)), np.random.default_rng(6).uniform(size=(7, K))
    difference = rows - VECTORS[:, None]
    summed = structure.summed(shares.T[:, :, None] * difference, difference, products, np, np.float64)
    np.testing.assert_allclose(summed, scatter_by_loops(rows, shares, VECTORS, structure), rtol=1e-12)


def products(left: FloatArray, right: FloatArray) -> FloatArray:
    return np.einsum("knp,knq->kpq", left, right)


@structures
def test_the_scatter_of_equal_components_is_that_of_rows_which_have_the_covariance(structure: Structure) -> None:
    basis, covariance = basis_of(structure), structure.reduced(MATRIX, D)
    rows = np.sqrt(D) * np.linalg.cholesky(dense_covariances(structure, covariance)).T
    shares = np.repeat(WEIGHTS[None] / D, D, axis=0)
    expected = scatter_by_loops(rows, shares, np.zeros((K, D)), structure, basis)
    np.testing.assert_allclose(structure.of_equal(WEIGHTS, covariance, D, basis), expected, rtol=1e-12, atol=1e-12)


@structures
@pytest.mark.parametrize("matrix", [MATRIX, np.diag(np.diag(MATRIX))])
def test_mean_squares_are_traces(structure: Structure, matrix: FloatArray) -> None:
    whitener, dense = whitener_of(structure)
    covariance = structure.reduced(matrix, D)
    expected = [np.trace(dense_covariances(structure, covariance) @ one.T @ one) for one in dense]
    actual = np.broadcast_to(structure.mean_squares(whitener, covariance, D), (K,))
    np.testing.assert_allclose(actual, expected, rtol=1e-12)


@structures
def test_mean_squares_are_those_in_other_units(structure: Structure) -> None:
    # The squares of such a whitener are no numbers.
    whitener, _ = whitener_of(structure)
    covariance = structure.reduced(MATRIX, D)
    units = np.array([1e155] + [1.0] * structure.rank) if structure.rank else 1e155
    actual = structure.mean_squares(whitener * units, covariance * 1e-155 * 1e-155, D)
    np.testing.assert_allclose(actual, structure.mean_squares(whitener, covariance, D), rtol=1e-11)


@structures
def test_whitening_applying_and_coloring_are_products_and_solutions(structure: Structure) -> None:
    whitener, dense = whitener_of(structure)
    differences = np.random.default_rng(2).normal(size=(K, 5, D))
    whitened = np.einsum("kij,knj->kni", dense, differences)
    np.testing.assert_allclose(structure.whitened(differences, whitener, np), whitened, rtol=1e-12, atol=1e-13)
    applied = np.einsum("kij,kj->ki", dense, VECTORS)
    np.testing.assert_allclose(structure.apply(whitener, VECTORS), applied, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(structure.solve(whitener, applied), VECTORS, rtol=1e-9, atol=1e-9)
    for component in range(K):
        colored = structure.colored(whitened[component], whitener, component)
        np.testing.assert_allclose(colored, differences[component], rtol=1e-9, atol=1e-9)


@structures
def test_coordinates_lead_there_and_back_and_are_zero_at_the_reference(structure: Structure) -> None:
    reference, _ = whitener_of(structure)
    other = potentials_of(structure, K, D, seed=3).whitener
    coordinates = structure.coordinates(other, reference)
    assert coordinates.ndim == 1
    np.testing.assert_allclose(structure.from_coordinates(coordinates, reference), other, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(structure.coordinates(reference, reference), 0.0, atol=1e-12)


@structures
def test_some_components_are_taken_in_any_order(structure: Structure) -> None:
    whitener, dense = whitener_of(structure)
    order = np.array([2, 0])
    taken = structure.take(whitener, order)
    np.testing.assert_array_equal(structure.apply(taken, VECTORS[:2]).shape, (2, D))
    expected = np.einsum("kij,kj->ki", dense[order], VECTORS[:2])
    np.testing.assert_allclose(structure.apply(taken, VECTORS[:2]), expected, rtol=1e-12, atol=1e-13)


@structures
def test_covariances_are_mapped_as_rows_are(structure: Structure) -> None:
    scale = np.float64(3.0) if structure == SPHERICAL else np.array([1.0, 2.0, 0.5, 3.0])
    if structure.rank:
        covariances = np.abs(potentials_of(structure, K, D).whitener)
        dense = np.stack([np.diag(one[:, 0]) + one[:, 1:] @ one[:, 1:].T for one in covariances])
        mapped = structure.mapped(covariances, scale)
        actual = np.stack([np.diag(one[:, 0]) + one[:, 1:] @ one[:, 1:].T for one in mapped])
        assert structure.smallest_eigenvalue(covariances) <= np.min(np.linalg.eigvalsh(dense)) + 1e-12
    else:
        one = structure.reduced(MATRIX, D)
        covariances = one if structure == POOLED else np.stack([one, 2.0 * one, 3.0 * one])
        dense = np.stack(
            [dense_covariances(structure, each) for each in (covariances[None] if structure == POOLED else covariances)]
        )
        mapped = structure.mapped(covariances, scale)
        actual = np.stack(
            [dense_covariances(structure, each) for each in (mapped[None] if structure == POOLED else mapped)]
        )
        assert structure.smallest_eigenvalue(covariances) == pytest.approx(np.min(np.linalg.eigvalsh(dense)))
    linear = np.diag(np.broadcast_to(scale, (D,)))
    np.testing.assert_allclose(actual, linear @ dense @ linear.T, rtol=1e-12, atol=1e-12)


@structures
def test_features_that_follow_from_others_are_added_where_a_structure_holds_them(structure: Structure) -> None:
    linear, variances = np.array([[1.0, -1.0, 0.5, 0.0]]), np.array([0.1])
    if not structure.can_extend:
        with pytest.raises(NotImplementedError, match=structure.name):
            structure.extended(np.ones(structure.shape(K, D)), linear, variances)
        return
    onto = np.concatenate([np.eye(D), linear])
    if structure.rank:
        given = np.abs(potentials_of(structure, K, D).whitener)
        own, extended = (
            np.stack([np.diag(one[:, 0]) + one[:, 1:] @ one[:, 1:].T for one in some])
            for some in (given, structure.extended(given, linear, variances))
        )
    else:
        one = structure.reduced(MATRIX, D)
        extended = structure.extended(one if structure == POOLED else one[None], linear, variances)
        extended = extended if structure == POOLED else extended[0]
        own = dense_covariances(structure, one)
    expected = onto @ own @ onto.T + np.diag([0.0] * D + [0.1])
    is_whole = structure.is_matrix or structure.rank
    np.testing.assert_allclose(
        extended, expected if is_whole else np.diag(expected), rtol=1e-6 if structure.rank else 1e-12
    )


@structures
def test_structures_are_values(structure: Structure) -> None:
    assert pickle.loads(pickle.dumps(structure)) == structure
    assert hash(copy.deepcopy(structure)) == hash(structure)
    assert [other for other in (*STRUCTURES, Factors(2), Factors(3)) if other == structure] == [structure]


def test_shapes_are_those_of_scikit_learn() -> None:
    shapes = [structure.shape(K, D) for structure in (FULL, POOLED, DIAGONAL, SPHERICAL)]
    assert shapes == [(K, D, D), (D, D), (K, D), (K,)]


@pytest.mark.parametrize("structure", [FULL, POOLED], ids=lambda structure: structure.name)
def test_matrices_are_mapped_by_any_matrix(structure: Structure) -> None:
    linear, covariances = np.random.default_rng(4).normal(size=(D, D)), MATRIX if structure == POOLED else MATRIX[None]
    expected = linear @ MATRIX @ linear.T
    actual = structure.mapped(covariances, linear)
    np.testing.assert_allclose(actual if structure == POOLED else actual[0], expected, rtol=1e-12, atol=1e-12)


@structures
def test_a_structure_is_shared_where_more_components_need_no_more_numbers(structure: Structure) -> None:
    assert structure.is_shared == (structure.shape(2, D) == structure.shape(5, D))
