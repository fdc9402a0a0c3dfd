"""A mixture goes through a linear map as its samples do."""

import numpy as np

from mixfold import Mixture
from mixfold.plotting.plane import plane_of


def _mixture():
    random = np.random.default_rng(3)
    factors = random.normal(size=(3, 5, 5))
    covariances = factors @ factors.transpose(0, 2, 1) + np.eye(5)
    return Mixture([0.2, 0.3, 0.5], random.normal(size=(3, 5), scale=4.0), covariances)


def test_the_density_on_the_plane_is_that_of_the_mapped_mixture():
    mixture = _mixture()
    rows, labels = mixture.sample(100_000, random_state=0)
    plane = plane_of(mixture, rows, list("abcde"), None)
    mapped, points = plane.mixture(mixture), plane.rows(rows)
    for component in range(3):
        own = points[labels == component]
        np.testing.assert_allclose(own.mean(axis=0), mapped.means[component], atol=0.02)
        np.testing.assert_allclose(np.cov(own.T), mapped.covariances[component], rtol=0.05, atol=0.02)


def test_the_principal_plane_does_not_depend_on_units():
    mixture = _mixture()
    rows, _ = mixture.sample(200, random_state=0)
    scale = np.array([1e-6, 1.0, 1e6, 3.0, 1e3])
    scaled = Mixture(mixture.weights, mixture.means * scale, mixture.covariances * np.outer(scale, scale))
    points = plane_of(mixture, rows, list("abcde"), None).rows(rows)
    np.testing.assert_allclose(
        plane_of(scaled, rows * scale, list("abcde"), None).rows(rows * scale), points, atol=1e-8
    )


def test_the_points_on_the_principal_plane_are_uncorrelated_and_widest_first():
    mixture = _mixture()
    rows, _ = mixture.sample(500, random_state=0)
    covariance = np.cov(plane_of(mixture, rows, list("abcde"), None).rows(rows).T)
    assert abs(covariance[0, 1]) < 1e-10
    assert covariance[0, 0] > covariance[1, 1]
