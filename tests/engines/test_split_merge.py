"""What splits gain and merges lose, in kernels and without."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold.engines import kernels, split_merge
from mixfold.engines.split_merge import SplitRules, split_components
from mixfold.parameters import Parameters
from mixfold.prior import Prior
from mixfold.search.split_merge import merge_losses, splits_of
from tests.search.problems import three_blobs, true_components

RULES = SplitRules(negligible=1e-3, least=4.0, between=0.75, n_cuts=3, n_steps=8)
needs_kernels = pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")


def mixture_of(k: int, d: int, *, is_diagonal: bool = False) -> Parameters:
    random = np.random.default_rng((k, d))
    factors = random.standard_normal((k, d, d))
    covariances = factors @ np.swapaxes(factors, 1, 2) + 0.1 * np.eye(d)
    if is_diagonal:
        covariances = np.ascontiguousarray(np.einsum("kii->ki", covariances))
    return Parameters(random.dirichlet(np.ones(k)), random.standard_normal((k, d)), covariances)


@needs_kernels
@pytest.mark.parametrize("is_diagonal", [False, True])
@pytest.mark.parametrize(("k", "d"), [(1, 1), (2, 1), (5, 3), (4, 20)])
def test_merges_lose_what_numpy_says(k: int, d: int, monkeypatch: pytest.MonkeyPatch, *, is_diagonal: bool) -> None:
    mixture = mixture_of(k, d, is_diagonal=is_diagonal)
    found = merge_losses(mixture)
    monkeypatch.setattr(kernels, "NATIVE_AVAILABLE", False)
    np.testing.assert_allclose(found, merge_losses(mixture), rtol=1e-10, atol=1e-12)


def test_components_without_weight_are_merged_in_equal_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    mixture = mixture_of(3, 2)
    mixture = Parameters(np.array([0.0, 0.0, 1.0]), mixture.means, mixture.covariances)
    found = merge_losses(mixture)
    assert found[0, 1] == 0.0
    monkeypatch.setattr(kernels, "NATIVE_AVAILABLE", False)
    np.testing.assert_allclose(found, merge_losses(mixture), rtol=1e-10)


@needs_kernels
@pytest.mark.parametrize("k", [2, 3])
def test_splits_are_those_of_tables_of_rows(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    search = three_blobs()
    whole = true_components(search)
    mixture = Parameters(whole.weights[:k] / np.sum(whole.weights[:k]), whole.means[:k], whole.covariances[:k])
    found = splits_of(search.sample, mixture)
    monkeypatch.setattr(kernels, "NATIVE_AVAILABLE", False)
    expected = splits_of(search.sample, mixture)
    assert [one.component for one in found] == [one.component for one in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.gain == pytest.approx(other.gain, rel=1e-4, abs=1e-3)  # rows are of single precision
        np.testing.assert_allclose(one.parts.means, other.parts.means, atol=1e-3)


@needs_kernels
def test_components_of_too_few_rows_are_not_split() -> None:
    rows = np.array([[0.0], [1.0], [2.0], [3.0], [50.0], [51.0]])
    mixture = np.array([2 / 3, 1 / 3]), np.array([[1.5], [50.5]]), np.ones((2, 1, 1))
    splits = split_components(rows, np.ones(6), mixture, Prior.from_rows(0.1, np.eye(1)), RULES)
    assert splits is not None
    assert np.isnan(splits.gains).tolist() == [False, True]


@needs_kernels
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_two_groups_of_one_component_are_told_apart(dtype: type) -> None:
    rows = np.concatenate([np.linspace(-1.0, 1.0, 20), np.linspace(9.0, 11.0, 20)])[:, None].astype(dtype)
    whole = np.ones(1), np.array([[5.0]]), np.array([[[25.4]]])
    splits = split_components(rows, np.ones(40), whole, Prior.from_rows(0.1, np.eye(1)), RULES)
    assert splits is not None
    assert splits.gains[0] > 20.0
    np.testing.assert_allclose(splits.means[0, :, 0], [0.0, 10.0], atol=0.05)
    np.testing.assert_allclose(splits.weights[0], 0.5, atol=0.01)


@needs_kernels
def test_a_mixture_without_density_has_no_splits() -> None:
    mixture = np.ones(1), np.zeros((1, 2)), np.array([[[1.0, 0.0], [0.0, -1.0]]])
    assert split_components(np.zeros((9, 2)), np.ones(9), mixture, Prior.from_rows(0.1, np.eye(2)), RULES) is None


def test_without_kernels_nothing_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "NATIVE_AVAILABLE", False)
    mixture = mixture_of(2, 2)
    whole = mixture.weights, mixture.means, mixture.covariances
    assert split_merge.merge_losses(*whole) is None
    assert split_components(np.zeros((9, 2)), np.ones(9), whole, Prior.from_ridge(1e-6), RULES) is None


@needs_kernels
def test_arrays_that_do_not_belong_together_are_refused() -> None:
    mixture = mixture_of(2, 2)
    with pytest.raises(ValueError, match="covariances must be"):
        split_merge.merge_losses(mixture.weights, mixture.means, mixture.covariances[:1])
    whole = mixture.weights, mixture.means, mixture.covariances
    with pytest.raises(ValueError, match="weights must be"):
        split_components(np.zeros((9, 2)), np.ones(8), whole, Prior.from_ridge(1e-6), RULES)


@needs_kernels
def test_steps_that_will_not_come_to_what_is_needed_end_early() -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal([[0.0, 0.0]], 1.0, (200, 2)), random.normal([[9.0, 0.0]], 1.0, (200, 2))])
    mixture = np.ones(1), rows.mean(axis=0)[None], np.cov(rows.T)[None]
    prior = Prior.from_rows(0.1, np.eye(2))
    whole = split_components(rows, np.ones(400), mixture, prior, RULES)
    assert whole is not None
    gain = float(whole.gains[0])
    near, far = (split_components(rows, np.ones(400), mixture, prior, RULES, np.array([least])) for least in (0.0, 9e9))
    assert near is not None
    assert near.gains[0] == gain > 0.0
    half = split_components(rows, np.ones(400), mixture, prior, replace(RULES, n_steps=RULES.n_steps // 2))
    assert far is not None
    assert half is not None
    assert far.gains[0] == half.gains[0] < gain
