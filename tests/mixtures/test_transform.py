"""Linear maps of mixtures."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import FAMILIES
from mixfold.errors import CollapseError
from mixfold.mixtures import transformed, transformed_moments
from tests.examples import mixture_of

families = pytest.mark.parametrize("covariance_type", [*FAMILIES, "factor:1"])


@families
def test_an_invertible_map_changes_the_density_by_its_determinant(covariance_type: str) -> None:
    mixture, random = mixture_of(covariance_type, 3, 3), np.random.default_rng(0)
    linear, origin, rows = random.normal(size=(3, 3)), random.normal(size=3), random.normal(size=(20, 3))
    found = transformed(mixture, linear, origin).log_density((rows - origin) @ linear.T)
    np.testing.assert_allclose(found, mixture.log_density(rows) - np.linalg.slogdet(linear)[1], rtol=1e-9, atol=1e-9)


@families
def test_rows_of_the_identity_give_a_marginal(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type, 3, 4)
    mapped, marginal = transformed(mixture, np.eye(4)[[2, 0]], np.zeros(4), ["a", "b"]), mixture.marginal([2, 0])
    np.testing.assert_array_equal(mapped.means, marginal.means)
    np.testing.assert_allclose(mapped.covariances, marginal.component_covariances)
    assert mapped.feature_names == ("a", "b")


def test_a_map_onto_more_axes_than_there_are_features_has_moments_and_no_density() -> None:
    mixture, linear = mixture_of("full", 2, 2), np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    means, covariances = transformed_moments(mixture, linear, np.zeros(2))
    np.testing.assert_allclose(means[:, 2], means[:, 0] + means[:, 1])
    np.testing.assert_allclose(covariances[:, 2, 2], mixture.covariances.sum(axis=(1, 2)))
    np.testing.assert_array_equal(covariances, covariances.transpose(0, 2, 1))
    with pytest.raises(CollapseError):
        transformed(mixture, linear, np.zeros(2))
