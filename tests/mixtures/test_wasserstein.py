"""Optimal transport between the components of two mixtures."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.linalg import sqrtm

from mixfold import Mixture
from mixfold.errors import InputError
from mixfold.mixtures import barycenter, squared_wasserstein, transport
from tests.examples import mixture_of


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "VEV", "factor:1"])
def test_distances_of_components_are_the_formula_s(covariance_type: str) -> None:
    one, other = mixture_of(covariance_type, 3, 3, seed=1), mixture_of("full", 2, 3, seed=2)
    for k, covariance in enumerate(one.component_covariances):
        for m, spread in enumerate(other.covariances):
            root = np.real(sqrtm(covariance))
            middle = np.real(sqrtm(root @ spread @ root))
            expected = np.sum((one.means[k] - other.means[m]) ** 2) + np.trace(covariance + spread - 2 * middle)
            assert squared_wasserstein(one, other)[k, m] == pytest.approx(expected, rel=1e-9)


def test_equal_weights_are_moved_by_the_best_permutation() -> None:
    weights = np.full(5, 0.2)
    one, other = mixture_of("full", 5, 2, seed=1), mixture_of("full", 5, 2, seed=2)
    one, other = (Mixture(weights, each.means, each.covariances) for each in (one, other))
    costs = squared_wasserstein(one, other)
    best = min(sum(costs[k, m] for k, m in enumerate(order)) / 5 for order in permutations(range(5)))
    assert transport(one, other).distance ** 2 == pytest.approx(best, rel=1e-9)


def test_a_plan_moves_all_weight_and_is_dual_optimal() -> None:
    one, other = mixture_of("full", 12, 3, seed=1), mixture_of("full", 7, 3, seed=2)
    moved = transport(one, other)
    np.testing.assert_allclose(moved.plan.sum(axis=1), one.weights, atol=1e-12)
    np.testing.assert_allclose(moved.plan.sum(axis=0), other.weights, atol=1e-12)
    assert np.sum(moved.plan > 0) <= 12 + 7 - 1
    # No cycle of components would be cheaper: Bellman and Ford find no negative circle in what could be moved back.
    costs, used = squared_wasserstein(one, other), moved.plan > 1e-12
    labels = np.zeros(12)
    for _ in range(40):
        columns = np.min(labels[:, None] + costs, axis=0)
        back = np.where(used, columns - costs, np.inf).min(axis=1)
        labels = np.minimum(labels, back)
    np.testing.assert_allclose(
        np.minimum(labels, np.where(used, np.min(labels[:, None] + costs, axis=0) - costs, np.inf).min(axis=1)),
        labels,
        atol=1e-9,
    )


def test_the_distance_is_a_distance() -> None:
    mixtures = [mixture_of("full", k, 2, seed=k) for k in (2, 3, 4)]
    apart = np.array([[transport(a, b).distance for b in mixtures] for a in mixtures])
    np.testing.assert_allclose(np.diag(apart), 0.0, atol=1e-6)
    np.testing.assert_allclose(apart, apart.T, rtol=1e-9, atol=1e-6)
    assert apart[0, 2] <= apart[0, 1] + apart[1, 2] + 1e-9


def test_the_way_is_a_geodesic() -> None:
    one, other = mixture_of("full", 3, 2, seed=1), mixture_of("tied", 2, 2, seed=2)
    moved = transport(one, other)
    assert transport(moved.between(0.0), one).distance == pytest.approx(0.0, abs=1e-5)
    assert transport(moved.between(1.0), other).distance == pytest.approx(0.0, abs=1e-5)
    first, second = moved.between(0.25), moved.between(0.75)
    assert transport(first, second).distance == pytest.approx(0.5 * moved.distance, rel=1e-6)
    with pytest.raises(InputError, match="from 0, the source, to 1"):
        moved.between(1.5)


def test_the_map_moves_rows_of_one_gaussian_to_the_other() -> None:
    one, other = mixture_of("full", 1, 3, seed=1), mixture_of("full", 1, 3, seed=2)
    rows = one.sample(20_000, random_state=0)[0]
    moved = transport(one, other).map(rows)
    lengths = np.mean(np.sum((moved - rows) ** 2, axis=1))
    assert lengths == pytest.approx(transport(one, other).distance ** 2, rel=0.03)
    # A linear map: what the rows have exactly, their images have exactly.
    np.testing.assert_allclose(other.mahalanobis(moved), one.mahalanobis(rows), rtol=1e-9)


def test_rows_of_far_components_go_where_their_component_goes() -> None:
    one = Mixture([0.5, 0.5], [[0.0], [100.0]], [1.0, 1.0], "spherical")
    other = Mixture([0.5, 0.5], [[110.0], [-5.0]], [4.0, 1.0], "spherical")
    np.testing.assert_allclose(transport(one, other).map([[1.0], [101.0]]), [[-4.0], [112.0]])


def test_the_barycenter_of_gaussians_is_the_fixed_point() -> None:
    parts = [mixture_of("full", 1, 3, seed=seed) for seed in range(3)]
    shares = np.array([0.5, 0.3, 0.2])
    middle = barycenter(parts, shares, max_iter=1000)
    np.testing.assert_allclose(middle.means[0], shares @ [each.means[0] for each in parts], atol=1e-9)
    root = np.real(sqrtm(middle.covariances[0]))
    summed = sum(w * np.real(sqrtm(root @ each.covariances[0] @ root)) for w, each in zip(shares, parts, strict=True))
    np.testing.assert_allclose(summed, middle.covariances[0], rtol=1e-5, atol=1e-6)


def test_a_barycenter_costs_no_more_than_any_of_the_mixtures() -> None:
    parts = [mixture_of("full", 3, 2, seed=seed) for seed in range(4)]

    def cost(middle: Mixture) -> float:
        return float(np.mean([transport(middle, each).distance ** 2 for each in parts]))

    assert cost(barycenter(parts)) < min(cost(each) for each in parts)


def test_the_best_of_the_ends_from_several_starts_is_the_barycenter() -> None:
    parts = [mixture_of("full", k, 2, seed=1 + k) for k in (3, 4, 5)]

    def cost(middle: Mixture) -> float:
        return float(np.mean([transport(middle, each).distance ** 2 for each in parts]))

    ends = [cost(barycenter(parts, n_components=k)) for k in (3, 4, 5)]
    assert cost(barycenter(parts)) == pytest.approx(min(ends), rel=1e-12)
    assert min(parts, key=cost).n_components != 3 + int(np.argmin(ends))


def test_shares_are_a_distribution() -> None:
    parts = [mixture_of("full", 2, 2, seed=seed) for seed in range(2)]
    with pytest.raises(InputError, match="sum to one"):
        barycenter(parts, [0.5, 0.6])
    with pytest.raises(InputError, match="at least one mixture"):
        barycenter([])
    with pytest.raises(InputError, match="of 7 components"):
        barycenter(parts, n_components=7)


def test_the_distance_and_the_plan_are_those_of_pot() -> None:
    gmm = pytest.importorskip("ot.gmm")
    one, other = mixture_of("full", 6, 3, seed=1), mixture_of("full", 4, 3, seed=2)
    arguments = (one.means, other.means, one.covariances, other.covariances, one.weights, other.weights)
    moved = transport(one, other)
    assert moved.distance**2 == pytest.approx(float(gmm.gmm_ot_loss(*arguments)), rel=1e-10)
    np.testing.assert_allclose(moved.plan, gmm.gmm_ot_plan(*arguments), atol=1e-12)
    np.testing.assert_allclose(squared_wasserstein(one, other), gmm.dist_bures_squared(*arguments[:4]), rtol=1e-9)
    rows = one.sample(50, random_state=0)[0]
    np.testing.assert_allclose(moved.map(rows), gmm.gmm_ot_apply_map(rows, *arguments), rtol=1e-8, atol=1e-8)


def test_a_barycenter_costs_as_little_as_that_of_pot() -> None:
    gmm = pytest.importorskip("ot.gmm")
    parts = [mixture_of("full", 3, 2, seed=seed) for seed in range(3)]
    shares = np.full(3, 1 / 3)
    lists = ([each.means for each in parts], [each.covariances for each in parts], [each.weights for each in parts])

    def cost(middle: Mixture) -> float:
        return float(np.mean([transport(middle, each).distance ** 2 for each in parts]))

    theirs = []
    for start in parts:
        means, covariances = gmm.gmm_barycenter_fixed_point(
            *lists,
            start.means.copy(),
            start.covariances.copy(),
            shares,
            start.weights,
            iterations=15,
            barycentric_proj_method="bures",
        )
        theirs.append(cost(Mixture(start.weights, means, (covariances + np.swapaxes(covariances, 1, 2)) / 2.0)))
    assert cost(barycenter(parts)) <= min(theirs) * (1.0 + 1e-6)
