"""Some of the features of a mixture."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mixfold import Mixture
from mixfold.covariance import FAMILIES
from tests.examples import mixture_of

families = pytest.mark.parametrize("covariance_type", [*FAMILIES, "factor:1"])


@families
def test_a_marginal_has_scipy_s_density(covariance_type: str) -> None:
    mixture, at = mixture_of(covariance_type, 3, 4), [2, 0]
    rows = np.random.default_rng(0).normal(size=(20, 2))
    expected = sum(
        weight * multivariate_normal(mean[at], covariance[np.ix_(at, at)]).pdf(rows)
        for weight, mean, covariance in zip(mixture.weights, mixture.means, mixture.component_covariances, strict=True)
    )
    np.testing.assert_allclose(mixture.marginal(at).log_density(rows), np.log(expected), rtol=1e-9)


@families
def test_a_marginal_has_the_moments_of_its_features(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type, 3, 4)
    marginal = mixture.marginal([3, 1])
    np.testing.assert_allclose(marginal.mean, mixture.mean[[3, 1]])
    np.testing.assert_allclose(marginal.covariance, mixture.covariance[np.ix_([3, 1], [3, 1])])
    assert marginal.covariance_type == mixture.family.of_marginals.name


def test_a_marginal_takes_and_keeps_names() -> None:
    mixture = Mixture([1.0], [[1.0, 2.0, 3.0]], [1.0], "spherical", ["a", "b", "c"])
    assert mixture.marginal(["c", "a"]).feature_names == ("c", "a")
    assert mixture.marginal(["c", "a"]).means.tolist() == [[3.0, 1.0]]
