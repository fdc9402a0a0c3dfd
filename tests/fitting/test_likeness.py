"""How many rows components are worth to each other is what scatters drawn with so many degrees of freedom tell."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gammaln
from scipy.stats import invwishart, wishart

from mixfold.engines import kernels
from mixfold.engines.kernels import DECOMPOSED_FEATURES, NATIVE_AVAILABLE
from mixfold.fitting.likeness import ROWS, Apart, Likeness, _shape_evidence, _size_evidence, evidence
from mixfold.structures import DIAGONAL, FULL, SPHERICAL

COUNTS = np.full(40, 200.0)


def drawn(rows: float, sizes: np.ndarray, seed: int = 0) -> Apart:
    """Draw scatters of components whose shapes are known by so many rows."""
    random = np.random.default_rng(seed)
    degrees, within = rows + 1.0, np.array([[2.0, 0.5], [0.5, 1.0]])
    covariances = [
        size * invwishart.rvs(degrees, rows * within, random_state=random) if rows < 500.0 else size * within
        for size in sizes
    ]
    return Apart(np.stack([wishart.rvs(200, each, random_state=random) for each in covariances]), COUNTS)


@pytest.mark.parametrize("rows", [10.0, 50.0])
def test_as_many_rows_in_shape_are_found_as_shapes_were_drawn_with(rows: float) -> None:
    assert 0.5 * rows < drawn(rows, np.ones(40)).likeness(FULL).in_shape < 2.0 * rows


def test_sizes_do_not_matter_for_shapes() -> None:
    sizes = np.geomspace(0.01, 100.0, 40)
    assert drawn(1000.0, sizes).likeness(FULL).in_shape > 300.0
    assert drawn(1000.0, sizes).likeness(FULL).in_size == 0.0


@pytest.mark.parametrize("structure", [FULL, DIAGONAL, SPHERICAL])
def test_components_that_are_equal_are_found_so(structure: object) -> None:
    assert drawn(1000.0, np.ones(40)).likeness(structure).in_size > 100.0


def test_spheres_have_no_shape() -> None:
    assert drawn(5.0, np.ones(40)).likeness(SPHERICAL).in_shape == 0.0


def test_one_component_or_others_of_too_few_rows_tell_nothing() -> None:
    assert Apart(np.eye(2)[None], np.array([50.0])).likeness(FULL) == Likeness()
    assert Apart(np.stack([50.0 * np.eye(2), np.eye(2)]), np.array([50.0, 1.0])).likeness(FULL) == Likeness()


def test_rows_of_fewer_distinct_places_than_features_tell_nothing() -> None:
    rows = np.repeat(np.random.default_rng(0).normal(size=(6, 9)), 4, axis=0)
    apart = [rows[at : at + 8] - np.mean(rows[at : at + 8], axis=0) for at in (0, 8, 16)]
    scatters = np.stack([each.T @ each for each in apart])
    assert Apart(scatters, np.full(3, 8.0)).likeness(FULL) == Likeness()


def test_a_matrix_changes_nothing() -> None:
    apart, matrix = drawn(10.0, np.ones(40)), np.array([[2.0, 1.0], [-3.0, 0.5]])
    assert Apart(matrix @ apart.scatters @ matrix.T, COUNTS).likeness(FULL) == apart.likeness(FULL)


def test_evidence_in_shape_is_the_integral_over_sizes() -> None:
    ratios, degrees, d = np.array([[300.0, 900.0]]), np.array([400.0]), 2
    prior, log_sizes = ROWS + 1.0, np.linspace(-5.0, 15.0, 40_001)[:, None]
    after = prior + degrees
    each = 0.5 * prior * d * log_sizes - 0.5 * after * sum(np.log(np.exp(log_sizes) + ratio) for ratio in ratios[0])
    top = np.max(each, axis=0)
    integral = top + np.log(np.trapezoid(np.exp(each - top), log_sizes, axis=0) / np.sqrt(2.0 * np.pi))
    gammas = sum(gammaln(0.5 * (after - i)) - gammaln(0.5 * (prior - i)) for i in range(d))
    np.testing.assert_allclose(_shape_evidence(ratios, degrees, True), integral + gammas, atol=0.1)


def test_evidence_in_size_is_that_of_a_variance_under_an_inverse_gamma() -> None:
    ratios, degrees, d = np.array([[30.0, 50.0]]), np.array([39.0]), 2
    variances = np.geomspace(1e-3, 1e3, 100_001)
    values = _size_evidence(ratios, degrees)

    def integral(rows: float) -> float:
        half = 0.5 * rows * d
        log_prior = half * np.log(half) - gammaln(half) - (half + 1.0) * np.log(variances) - half / variances
        log_rows = -0.5 * degrees[0] * d * np.log(variances) - 0.5 * np.sum(ratios) / variances
        top = np.max(log_prior + log_rows)
        return float(top + np.log(np.trapezoid(np.exp(log_prior + log_rows - top), variances)))

    assert values[5] - values[0] == pytest.approx(integral(ROWS[5]) - integral(ROWS[0]), abs=1e-3)


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
@pytest.mark.parametrize("is_matrix", [True, False])
@pytest.mark.parametrize(("n_components", "n_features"), [(2, 1), (3, 2), (12, 9), (3, DECOMPOSED_FEATURES)])
def test_kernels_find_the_evidence_of_arrays(
    n_components: int, n_features: int, is_matrix: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(0)
    for spread in (0.1, 1.0, 2.0):
        counts = random.uniform(n_features + 2.0, 200.0, n_components)
        counts[0] = 1.0 if n_components > 2 else counts[0]  # too few to tell anything
        rows = random.normal(size=(n_components, 300, n_features)) * np.exp(
            spread * random.normal(size=(n_components, 1, n_features))
        )
        rows = rows @ random.normal(size=(n_features, n_features))
        scatters = counts[:, None, None] / 300.0 * np.einsum("kni,knj->kij", rows, rows)
        scatters = scatters if is_matrix else np.einsum("kii->ki", scatters)
        told = evidence(scatters, counts)
        with monkeypatch.context() as without:
            without.setattr(kernels, "NATIVE_AVAILABLE", False)
            expected = evidence(scatters, counts)
        if expected is None:
            assert told is None
            continue
        np.testing.assert_allclose(told[0], expected[0], rtol=1e-6, atol=1e-5)
        np.testing.assert_allclose(told[1], expected[1], rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("is_native", [True, False])
def test_scatters_of_one_component_or_of_copies_tell_nothing(is_native: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "NATIVE_AVAILABLE", is_native and NATIVE_AVAILABLE)
    assert evidence(np.stack([50.0 * np.eye(2), np.eye(2)]), np.array([50.0, 1.0])) is None
    flat = np.stack([np.diag([9.0, 0.0]), np.diag([4.0, 0.0])])
    assert evidence(flat, np.array([50.0, 50.0])) is None
