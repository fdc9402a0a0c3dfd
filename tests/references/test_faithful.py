"""Old Faithful, the table on which mixtures are taught."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.engines import to_numpy
from mixfold.typing import Array, FloatArray


@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "density_peaks"])
def test_two_full_components_reach_the_known_likelihood(
    faithful: FloatArray, init_params: str, library: Callable[[FloatArray], Array]
) -> None:
    # -1130.264 in all, as R's mclust reports for its model VVV with 2 components.
    model = GaussianMixture(2, init_params=init_params, random_state=0).fit(library(faithful))
    assert model.lower_bound_ == pytest.approx(-4.155, abs=0.005)


def test_the_two_regimes_are_found(faithful: FloatArray) -> None:
    # mclust's VVV,2: weights .356 and .644, means (2.036, 54.479) and (4.290, 79.968).
    model = GaussianMixture(2, random_state=0, reg_covar=0.0, tol=1e-9, max_iter=1000).fit(faithful)
    order = np.argsort(model.means_[:, 0])
    np.testing.assert_allclose(model.weights_[order], [0.356, 0.644], atol=0.002)
    np.testing.assert_allclose(model.means_[order], [[2.036, 54.479], [4.290, 79.968]], rtol=0.002)
    np.testing.assert_allclose(model.covariances_[order[0]], [[0.069, 0.435], [0.435, 33.70]], rtol=0.02)
    np.testing.assert_allclose(model.covariances_[order[1]], [[0.170, 0.941], [0.941, 36.05]], rtol=0.02)


def test_the_converged_likelihood_is_mclusts(faithful: FloatArray) -> None:
    model = GaussianMixture(2, random_state=0, tol=1e-9, max_iter=1000, reg_covar=0.0).fit(faithful)
    assert model.lower_bound_ * 272 == pytest.approx(-1130.264, abs=0.01)
    assert model.bic(faithful) == pytest.approx(2322.19, abs=0.05)


def test_one_component_is_the_sample_mean_and_covariance(
    faithful: FloatArray, library: Callable[[FloatArray], Array]
) -> None:
    model = GaussianMixture(1, reg_covar=0.0).fit(library(faithful))
    np.testing.assert_allclose(to_numpy(model.means_)[0], np.mean(faithful, axis=0), rtol=1e-12)
    np.testing.assert_allclose(to_numpy(model.covariances_)[0], np.cov(faithful.T, bias=True), rtol=1e-10)


def test_the_default_prior_makes_components_of_a_hundred_rows_a_little_more_alike(faithful: FloatArray) -> None:
    auto, none = (
        GaussianMixture(2, reg_covar=value, random_state=0, tol=1e-9, max_iter=1000).fit(faithful)
        for value in ("auto", 0.0)
    )
    np.testing.assert_allclose(auto.covariances_, none.covariances_, rtol=0.12)
    assert auto.score(faithful) == pytest.approx(none.score(faithful), abs=1e-3)
