"""Axes: own ones, and common ones against the published iteration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mixfold.covariance.orientation import eigh, own_axes, planes, turned, with_common_axes
from mixfold.covariance.variances import equal_volume, own
from mixfold.typing import FloatArray


def scatters(k: int, d: int, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """Give scatter matrices without common axes, and counts."""
    random = np.random.default_rng(seed)
    roots = random.normal(size=(k, d, 2 * d)) * np.geomspace(1.0, 10.0, d)[:, None]
    counts = random.uniform(5.0, 50.0, size=k)
    return counts[:, None, None] * (roots @ np.swapaxes(roots, 1, 2)), counts


def height(scatter: FloatArray, counts: FloatArray, covariances: FloatArray) -> float:
    """Give the objective, which the M step minimizes."""
    return float(counts @ np.linalg.slogdet(covariances)[1] + np.sum(scatter * np.linalg.inv(covariances)))


def majorized(scatter: FloatArray, counts: FloatArray, axes: FloatArray, variances_of, n_steps: int) -> FloatArray:
    """Run the first algorithm of Browne & McNicholas (2014): each step minimizes a linear bound by a singular value decomposition."""
    largest = np.linalg.eigvalsh(scatter)[:, -1]
    for _ in range(n_steps):
        variances = variances_of(np.einsum("ji,kjl,li->ki", axes, scatter, axes), counts)
        linear = np.zeros_like(axes)
        for w, top, v in zip(scatter, largest, variances, strict=True):
            linear += (axes / v).T @ w - top * (axes / v).T
        left, _, right = np.linalg.svd(linear)
        axes = -(left @ right).T
    variances = variances_of(np.einsum("ji,kjl,li->ki", axes, scatter, axes), counts)
    return turned(axes, variances)


@pytest.mark.parametrize("d", [1, 2, 3, 4, 7, 8])
def test_every_pair_of_axes_meets_once_and_rounds_are_disjoint(d: int) -> None:
    met = []
    for first, second in planes(d):
        players = [*first, *second]
        assert len(set(players)) == len(players)
        met += list(zip(first.tolist(), second.tolist(), strict=True))
    assert sorted(met) == list(itertools.combinations(range(d), 2))


@pytest.mark.parametrize("variances_of", [own, equal_volume])
@pytest.mark.parametrize(("k", "d"), [(2, 2), (3, 5), (4, 6)])
def test_common_axes_are_at_least_as_good_as_the_majorization_finds(k: int, d: int, variances_of) -> None:
    for seed in range(2):
        scatter, counts = scatters(k, d, seed)
        ours = height(scatter, counts, with_common_axes(scatter, counts, None, variances_of))
        begin = np.linalg.eigh(np.sum(scatter, axis=0))[1]
        theirs = height(scatter, counts, majorized(scatter, counts, begin, variances_of, 300))
        assert ours <= theirs + 1e-9 * abs(theirs)


@pytest.mark.parametrize("variances_of", [own, equal_volume])
def test_no_step_of_the_majorization_improves_on_common_axes(variances_of) -> None:
    scatter, counts = scatters(3, 4)
    covariances = with_common_axes(scatter, counts, None, variances_of)
    for _ in range(20):
        covariances = with_common_axes(scatter, counts, covariances, variances_of)
    axes = np.linalg.eigh(covariances[0])[1]
    further = majorized(scatter, counts, axes, variances_of, 200)
    np.testing.assert_allclose(further, covariances, rtol=1e-7, atol=1e-9 * np.max(covariances))


@pytest.mark.parametrize("variances_of", [own, equal_volume])
def test_an_iteration_that_goes_on_never_goes_up(variances_of) -> None:
    scatter, counts = scatters(4, 6)
    axes = np.linalg.qr(np.random.default_rng(5).normal(size=(6, 6)))[0]
    covariances = turned(axes, variances_of(np.einsum("ji,kjl,li->ki", axes, scatter, axes), counts))
    last = height(scatter, counts, covariances)
    for _ in range(5):
        covariances = with_common_axes(scatter, counts, covariances, variances_of)
        now = height(scatter, counts, covariances)
        assert now <= last + 1e-13 * abs(last)
        last = now


def test_common_axes_of_scatters_that_have_them_are_found() -> None:
    axes = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 5)))[0]
    variances = np.random.default_rng(1).exponential(size=(3, 5)) + 0.1
    counts = np.array([10.0, 20.0, 30.0])
    covariances = turned(axes, variances)
    found = with_common_axes(counts[:, None, None] * covariances, counts, None, own)
    np.testing.assert_allclose(found, covariances, atol=1e-10)


def test_spheres_have_any_axes() -> None:
    scatter = np.stack([np.eye(3), 4.0 * np.eye(3)])
    found = with_common_axes(scatter, np.ones(2), None, own)
    np.testing.assert_allclose(found, scatter, atol=1e-14)


def test_own_axes_rebuild_the_scatter() -> None:
    scatter, _ = scatters(3, 4)
    values, axes = own_axes(scatter)
    np.testing.assert_allclose(turned(axes, values), scatter, rtol=1e-10)


@pytest.mark.parametrize("d", [2, 3, 6])
def test_eigenvectors_are_exact_to_the_correlations_where_units_are_far_apart(d: int) -> None:
    units = np.random.default_rng(d).permutation(np.geomspace(1.0, 1e12, d))
    graded = scatters(3, d)[0] * units[:, None] * units
    values, axes = eigh(graded)
    assert np.all(np.diff(values, axis=1) >= 0.0)
    deviations = np.sqrt(np.einsum("kii->ki", graded))
    errors = (turned(axes, values) - graded) / deviations[:, :, None] / deviations[:, None, :]
    np.testing.assert_allclose(errors, 0.0, atol=1e-13)
    np.testing.assert_allclose(np.sum(np.log(values), axis=1), np.linalg.slogdet(graded)[1], rtol=1e-13)


def test_features_of_equal_variance_beside_one_of_another_unit_are_turned() -> None:
    values, _ = eigh(np.array([[[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1e12]]]))
    np.testing.assert_allclose(values[0], [0.5, 1.5, 1e12], rtol=1e-14)


@pytest.mark.parametrize(("n_features", "most"), [(8, 285), (60, 4), (240, 3)])
def test_axes_that_begin_nowhere_are_turned_so_often_that_the_work_is_bounded(n_features: int, most: int) -> None:
    random = np.random.default_rng(0)
    roots = random.normal(size=(3, n_features, n_features))
    scatter, counts = 30.0 * roots @ np.swapaxes(roots, 1, 2), np.full(3, 30.0)
    n_asked = 0

    def variances_of(along: FloatArray, counts: FloatArray) -> FloatArray:
        nonlocal n_asked
        n_asked += 1
        return own(along, counts)

    with_common_axes(scatter, counts, None, variances_of)
    n_turns = n_asked - len(scatter) - 2 - 1  # of the guesses, and of the best of them
    assert n_turns <= most
    assert n_turns == most or n_features == 8
