"""A mixture of fewer components."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.errors import InputError
from mixfold.mixtures import best_weights, integrated_squared_error, kullback_leibler, merged_moments, reduced
from mixfold.mixtures.reduce import ALL_PAIRS

METHODS = ["runnalls", "salmond", "west"]


def mixture_of(k: int, d: int, seed: int) -> Mixture:
    random = np.random.default_rng(seed)
    roots = random.standard_normal((k, d, d + 3))
    covariances = roots @ np.swapaxes(roots, 1, 2) / (d + 3)
    return Mixture(random.dirichlet(np.ones(k)), 3.0 * random.standard_normal((k, d)), covariances)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_groups_keep_their_weight_mean_and_covariance(method: str, d: int) -> None:
    mixture = mixture_of(12, d, seed=3)
    found = reduced(mixture, 4, method)  # type: ignore[arg-type]
    assert found.mixture.n_components == 4
    assert set(found.groups) == {0, 1, 2, 3}
    for group in range(4):
        members = found.groups == group
        weights = mixture.weights[members]
        means, covariances = merged_moments(
            (weights / weights.sum())[None], mixture.means[members][None], mixture.covariances[members][None]
        )
        assert found.mixture.weights[group] == pytest.approx(weights.sum())
        np.testing.assert_allclose(found.mixture.means[group], means[0], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(found.mixture.covariances[group], covariances[0], rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(found.mixture.mean, mixture.mean)
    np.testing.assert_allclose(found.mixture.covariance, mixture.covariance)


@pytest.mark.parametrize("method", METHODS)
def test_the_bound_holds(method: str) -> None:
    mixture = mixture_of(10, 2, seed=5)
    for n_components in (8, 3, 1):
        found = reduced(mixture, n_components, method)  # type: ignore[arg-type]
        assert kullback_leibler(mixture, found.mixture, 20_000).value <= found.bound + 1e-3


def greedy(mixture: Mixture, n_components: int) -> float:
    """Runnalls' algorithm as it is written: compare all pairs, each time anew."""
    parts = list(zip(mixture.weights, mixture.means, mixture.covariances, strict=True))
    total = 0.0
    while len(parts) > n_components:
        best = None
        for i in range(len(parts)):
            for j in range(i + 1, len(parts)):
                (w, m, s), (v, n, t) = parts[i], parts[j]
                share = np.array([[w, v]]) / (w + v)
                mean, spread = merged_moments(share, np.array([[m, n]]), np.array([[s, t]]))
                cost = 0.5 * ((w + v) * np.linalg.slogdet(spread[0])[1])
                cost -= 0.5 * (w * np.linalg.slogdet(s)[1] + v * np.linalg.slogdet(t)[1])
                if best is None or cost < best[0]:
                    best = (cost, i, j, (w + v, mean[0], spread[0]))
        assert best is not None
        total += best[0]
        parts = [each for at, each in enumerate(parts) if at not in best[1:3]] + [best[3]]
    return total


@pytest.mark.parametrize("d", [2, 4])
def test_merges_are_those_of_the_algorithm_as_it_is_written(d: int) -> None:
    mixture = mixture_of(15, d, seed=7)
    assert reduced(mixture, 5).bound == pytest.approx(greedy(mixture, 5), rel=1e-9)


def test_the_lightest_component_goes_first_by_west() -> None:
    mixture = Mixture([0.5, 0.1, 0.4], [[0.0], [5.0], [5.5]], [1.0, 1.0, 1.0], "spherical")
    assert reduced(mixture, 2, "west").groups.tolist() == [0, 1, 1]
    mixture = Mixture([0.05, 0.45, 0.5], [[0.0], [5.0], [5.1]], [1.0, 1.0, 1.0], "spherical")
    assert reduced(mixture, 2, "west").groups.tolist() == [0, 0, 1]
    assert reduced(mixture, 2, "salmond").groups.tolist() == [0, 1, 1]


def test_cowa_merges_the_component_of_least_weight_for_its_size_and_weighs_anew() -> None:
    mixture = Mixture([0.5, 0.3, 0.2], [[0.0], [3.0], [30.0]], [1.0, 100.0, 1.0], "spherical")
    # West's lightest is the last one; for its size it is the broad one, whose density is nearest to the first.
    assert reduced(mixture, 2, "west").groups.tolist() == [0, 1, 1]
    found = reduced(mixture, 2, "cowa")
    assert found.groups.tolist() == [0, 0, 1]
    np.testing.assert_allclose(found.mixture.weights, best_weights(found.mixture, mixture), atol=1e-12)
    assert found.mixture.weights[0] > 0.81  # the sum is 0.8


@pytest.mark.parametrize("seed", range(4))
def test_the_weights_of_cowa_have_a_smaller_error_than_sums_and_a_bound_that_holds(seed: int) -> None:
    mixture = mixture_of(10, 2, seed=seed)
    found = reduced(mixture, 4, "cowa")
    sums = np.bincount(found.groups, mixture.weights)
    plain = Mixture(sums, found.mixture.means, found.mixture.covariances)
    assert integrated_squared_error(found.mixture, mixture) <= integrated_squared_error(plain, mixture)
    assert kullback_leibler(mixture, found.mixture, 20_000).value <= found.bound + 1e-3
    # The bound of merging, and what the weights differ by.
    sizes, before = (0.5 * np.linalg.slogdet(each.covariances)[1] for each in (found.mixture, mixture))
    expected = sums @ (sizes + np.log(sums / found.mixture.weights)) - mixture.weights @ before
    assert found.bound == pytest.approx(expected, rel=1e-9)


def test_many_components_are_merged_where_they_lie() -> None:
    random = np.random.default_rng(0)
    n = ALL_PAIRS + 500
    mixture = Mixture(
        random.dirichlet(np.ones(n)), random.uniform(0, 100, (n, 2)), random.uniform(0.5, 2.0, (n, 2)), "diag"
    )
    found = reduced(mixture, 300)
    assert found.mixture.n_components == 300
    np.testing.assert_allclose(np.bincount(found.groups, mixture.weights), found.mixture.weights, rtol=1e-12)
    np.testing.assert_allclose(found.mixture.covariance, mixture.covariance, rtol=1e-9)
    rows = mixture.sample(1000, random_state=0)[0]
    assert np.mean(mixture.log_density(rows) - found.mixture.log_density(rows)) < found.bound
    assert reduced(mixture, 1).mixture.means[0] == pytest.approx(mixture.mean)


def test_components_without_weight_are_dropped() -> None:
    mixture = Mixture([0.5, 0.0, 0.5], [[0.0], [1.0], [9.0]], [1.0, 1.0, 1.0], "spherical")
    assert reduced(mixture, 2).groups.tolist() == [0, -1, 1]


def test_what_cannot_be_reduced_is_refused() -> None:
    mixture = mixture_of(3, 2, seed=0)
    with pytest.raises(InputError, match="from 1 to 3"):
        reduced(mixture, 4)
    with pytest.raises(InputError, match="`method` must be one of"):
        reduced(mixture, 2, "guess")  # type: ignore[arg-type]


def test_a_reduction_is_that_of_pyest() -> None:
    pyest = pytest.importorskip("pyest.gm")
    mixture = mixture_of(20, 3, seed=1)
    theirs = pyest.merge_runnalls(pyest.GaussianMixture(mixture.weights, mixture.means, mixture.covariances), 6)
    ours = reduced(mixture, 6).mixture
    order, others = np.argsort(ours.weights), np.argsort(theirs.w)
    np.testing.assert_allclose(ours.weights[order], np.asarray(theirs.w)[others], rtol=1e-9)
    np.testing.assert_allclose(ours.means[order], np.asarray(theirs.m)[others], rtol=1e-9)
    np.testing.assert_allclose(ours.covariances[order], np.asarray(theirs.P)[others], rtol=1e-8, atol=1e-12)
