"""Which components go on in another, along a curve or on a surface."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import AutoGaussianMixture
from mixfold.search import CombinedComponents
from mixfold.search.pieces import Pieces, pairs_of
from mixfold.typing import FloatArray


def discs(means: FloatArray, normals: FloatArray) -> Pieces:
    """Give flat pieces of the same size."""
    eye = np.eye(3)
    covariances = np.stack([eye - 0.99 * np.outer(normal, normal) for normal in normals])
    variances, axes = np.linalg.eigh(covariances)
    return Pieces(means, covariances, np.full(len(means), 100.0), variances, axes)


def at(*degrees: float) -> FloatArray:
    """Give points of a circle in the plane of the first and third feature."""
    angles = np.radians(degrees)
    return np.column_stack([np.sin(angles), np.zeros_like(angles), np.cos(angles)])


def test_pieces_of_a_sphere_lie_side_by_side_and_those_of_another_around_it_do_not() -> None:
    normals = at(0.0, 40.0, 80.0)
    two = discs(np.concatenate([5.0 * normals, 10.0 * normals]), np.tile(normals, (2, 1)))
    follow = two.side_by_side()
    assert {(0, 1), (1, 2)} <= set(pairs_of(follow))
    assert not np.any(follow[:3, 3:])


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_it_does_not_matter_to_which_side_a_normal_points(side: float) -> None:
    normals = at(0.0, 40.0)
    assert discs(5.0 * normals, normals * [[1.0], [side]]).side_by_side()[0, 1]


def test_flat_clusters_that_are_twisted_are_no_surface() -> None:
    means, angle = np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0]]), np.radians(30.0)
    twisted = np.array([[0.0, 0.0, 1.0], [0.0, np.sin(angle), np.cos(angle)]])
    assert discs(means, np.tile([0.0, 0.0, 1.0], (2, 1))).side_by_side()[0, 1]
    assert not discs(means, twisted).side_by_side()[0, 1]


def test_pieces_of_one_orientation_are_not_bent() -> None:
    members = np.arange(2)
    assert not discs(at(0.0, 0.0), at(0.0, 30.0)).are_bent(members)
    assert discs(at(0.0, 0.0), at(0.0, 60.0)).are_bent(members)


def test_in_two_or_four_features_there_are_no_surfaces() -> None:
    for d in (2, 4):
        random = np.random.default_rng(0)
        rows, shares = random.normal(size=(60, d)), np.eye(3).repeat(20, axis=0)
        assert not np.any(Pieces.of(rows, shares, shares.T @ rows / 20.0).side_by_side())


def test_one_shell_within_another_is_two_clusters() -> None:
    random = np.random.default_rng(0)
    truth = random.choice(2, 1000, p=[0.2, 0.8])
    rows = random.normal(size=(1000, 3))
    rows *= ((1.0 + truth) * (1.0 + 0.02 * random.normal(size=1000)) / np.linalg.norm(rows, axis=1))[:, None]
    model = AutoGaussianMixture(covariance_types=["EEV"], random_state=0).fit(rows)
    assert model.n_components_ > 8
    assert model.n_clusters_ == 2
    assert np.mean(model.cluster_labels_ == truth) in (0.0, 1.0)


def test_flat_gaussians_in_every_direction_stay_apart() -> None:
    random = np.random.default_rng(3)
    means = 2.5 * random.normal(size=(6, 3))
    turns = [np.linalg.qr(random.normal(size=(3, 3)))[0] for _ in means]
    rows = np.concatenate(
        [mean + random.normal(size=(100, 3)) * [1.0, 1.0, 0.2] @ turn for mean, turn in zip(means, turns, strict=True)]
    )
    model = AutoGaussianMixture([6], covariance_types=["full"], random_state=0).fit(rows)
    assert CombinedComponents.of(model.mixture_, rows).n_clusters == 6
