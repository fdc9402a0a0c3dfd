"""Components together as one Gaussian."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.covariance import FAMILIES
from mixfold.mixtures import merged_moments
from tests.examples import mixture_of

families = pytest.mark.parametrize("covariance_type", [*FAMILIES, "factor:1"])


@families
def test_the_moments_of_a_whole_mixture_are_those_of_its_rows(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type, 3, 3)
    rows = mixture.sample(400_000, random_state=0)[0]
    size = np.sqrt(np.max(np.diag(mixture.covariance)))
    np.testing.assert_allclose(mixture.mean, rows.mean(axis=0), atol=0.01 * size)
    np.testing.assert_allclose(mixture.covariance, np.cov(rows.T), atol=0.02 * size**2)


def test_groups_have_the_moments_of_their_members_and_nobody_else_s() -> None:
    mixture = mixture_of("full", 4, 3)
    groups, shares = np.array([[0, 3], [2, 1]]), np.array([[0.25, 0.75], [0.5, 0.5]])
    means, covariances = merged_moments(shares, mixture.means[groups], mixture.covariances[groups])
    for at, (members, share) in enumerate(zip(groups, shares, strict=True)):
        second = sum(
            s * (mixture.covariances[m] + np.outer(mixture.means[m], mixture.means[m]))
            for s, m in zip(share, members, strict=True)
        )
        np.testing.assert_allclose(means[at], share @ mixture.means[members])
        np.testing.assert_allclose(covariances[at], second - np.outer(means[at], means[at]), atol=1e-12)


def test_diagonals_are_the_diagonals_of_matrices() -> None:
    mixture, shares = mixture_of("diag", 3, 3), np.full((1, 3), 1.0 / 3.0)
    means, variances = merged_moments(shares, mixture.means[None], mixture.covariances[None])
    same, matrices = merged_moments(shares, mixture.means[None], mixture.component_covariances[None])
    np.testing.assert_allclose(means, same)
    np.testing.assert_allclose(variances[0], np.diag(matrices[0]))


def test_far_from_the_origin_no_digit_is_lost() -> None:
    _, covariances = merged_moments(np.array([[0.5, 0.5]]), np.array([[[1e8 - 1], [1e8 + 1]]]), np.ones((1, 2, 1, 1)))
    assert covariances.tolist() == [[[2.0]]]


def test_whole_and_between_covariance_add_up() -> None:
    mixture = Mixture([0.5, 0.5], [[-1.0], [1.0]], [0.25, 0.75], "spherical")
    assert mixture.mean.tolist() == [0.0]
    assert mixture.covariance.tolist() == [[1.5]]
