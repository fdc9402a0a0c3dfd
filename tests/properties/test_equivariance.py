"""A fit does not depend on the order of rows, the names of components, or the units of the data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_iris, load_wine

from mixfold import GaussianMixture, Mixture
from mixfold.covariance import FAMILIES
from mixfold.initialization import INITIALIZERS
from mixfold.typing import FloatArray
from tests.examples import blobs
from tests.properties.strategies import soft_rows

pytestmark = [
    pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::mixfold.errors.SpuriousComponentWarning"),
]
covariance_types = st.sampled_from(list(FAMILIES))
families = pytest.mark.parametrize("covariance_type", list(FAMILIES))


def fitted(rows: FloatArray, covariance_type: str, **parameters: object) -> Mixture:
    """Fit three components for a fixed number of iterations."""
    settings = {"init_params": "kmeans", "tol": 0.0, "max_iter": 15, "random_state": 0, **parameters}
    return GaussianMixture(3, covariance_type=covariance_type, **settings).fit(rows).mixture_


def assert_close(actual: Mixture, expected: Mixture, tolerance: float) -> None:
    """Compare parameters on the scale of the data."""
    spread = np.sqrt(np.diag(expected.covariance))
    np.testing.assert_allclose(actual.weights, expected.weights, rtol=0.0, atol=tolerance)
    np.testing.assert_allclose(actual.means / spread, expected.means / spread, rtol=0.0, atol=tolerance)
    scale = np.outer(spread, spread)
    ours, theirs = actual.component_covariances / scale, expected.component_covariances / scale
    np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=tolerance)


@given(rows=soft_rows(), covariance_type=covariance_types, seed=st.integers(0, 100))
def test_shuffled_rows_give_the_same_fit(rows: np.ndarray, covariance_type: str, seed: int) -> None:
    shuffled = np.random.default_rng(seed).permutation(rows)
    assert_close(fitted(shuffled, covariance_type), fitted(rows, covariance_type), 1e-6)


@given(rows=soft_rows(), covariance_type=covariance_types, order=st.permutations(range(3)))
def test_permuted_starts_give_permuted_components(rows: np.ndarray, covariance_type: str, order: list[int]) -> None:
    means = rows[[0, len(rows) // 2, -1]]
    shares = np.eye(3)[np.argmin(np.sum((rows[:, None] - means) ** 2, axis=2), axis=1)]
    expected = fitted(rows, covariance_type, responsibilities_init=shares)
    actual = fitted(rows, covariance_type, responsibilities_init=shares[:, order])
    np.testing.assert_allclose(actual.weights, expected.weights[order], atol=1e-7)
    np.testing.assert_allclose(actual.means, expected.means[order], atol=1e-6)
    ours, theirs = actual.component_covariances, expected.component_covariances[order]
    np.testing.assert_allclose(ours, theirs, atol=1e-6 * np.max(theirs))


@pytest.mark.parametrize(
    ("covariance_type", "init_params", "exponent"),
    [
        (family, start, (-20, 20)[(i + j) % 2])
        for i, family in enumerate(FAMILIES)
        for j, start in enumerate(INITIALIZERS)
    ],
)
def test_scaled_data_give_the_scaled_fit_to_the_bit(covariance_type: str, init_params: str, exponent: int) -> None:
    # A power of two is an exact scale: nothing may depend on the units at all.
    rows, scale = blobs(200, 3, 2)[0], 2.0**exponent
    expected = fitted(rows, covariance_type, init_params=init_params)
    actual = fitted(rows * scale, covariance_type, init_params=init_params)
    np.testing.assert_allclose(actual.weights, expected.weights, rtol=1e-12)
    np.testing.assert_allclose(actual.means, expected.means * scale, rtol=1e-12, atol=1e-13 * scale)
    np.testing.assert_allclose(actual.covariances, expected.covariances * scale**2, rtol=1e-12, atol=1e-13 * scale**2)


@families
@pytest.mark.parametrize(
    ("shift", "scale"), [(1e6, 1.0), (0.0, 1e-6), (0.0, 1e6), (1e6, 1e6), (-1e6, 1e6), (1.0, 1e-6)]
)
def test_shifted_and_scaled_data_give_the_shifted_and_scaled_fit(
    covariance_type: str, shift: float, scale: float
) -> None:
    moved = blobs(300, 3, 3)[0] * scale + shift
    rows = (moved - shift) / scale  # what float64 kept of them
    expected, actual = fitted(rows, covariance_type), fitted(moved, covariance_type)
    back = Mixture(actual.weights, (actual.means - shift) / scale, actual.covariances / scale**2, covariance_type)
    assert_close(back, expected, 1e-6)
    np.testing.assert_array_equal(actual.labels(moved), expected.labels(rows))


@families
def test_data_as_tight_as_float64_allows_give_the_shifted_and_scaled_fit(covariance_type: str) -> None:
    # Standard deviations of 1e-6 at 1e6 leave about four digits: float64 numbers there are 1.2e-10 apart.
    shift, scale = 1e6, 1e-6
    moved = blobs(300, 3, 3)[0] * scale + shift
    rows = (moved - shift) / scale
    expected, actual = fitted(rows, covariance_type), fitted(moved, covariance_type)
    back = Mixture(actual.weights, (actual.means - shift) / scale, actual.covariances / scale**2, covariance_type)
    assert_close(back, expected, 2e-3)
    assert np.mean(actual.labels(moved) == expected.labels(rows)) > 0.99


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag"])
def test_features_in_other_units_give_the_same_labels(covariance_type: str) -> None:
    # From the same labels, families that know each feature's variance do not care about each feature's unit.
    rows, labels = blobs(300, 3, 3)
    units = np.array([1e-5, 1.0, 1e5])
    expected = fitted(rows, covariance_type, labels_init=labels)
    actual = fitted(rows * units, covariance_type, labels_init=labels)
    np.testing.assert_allclose(actual.means / units, expected.means, atol=1e-7)
    np.testing.assert_array_equal(actual.labels(rows * units), expected.labels(rows))


@pytest.mark.parametrize("covariance_type", ["full", "tied", "spherical"])
def test_rotated_data_give_the_rotated_fit(covariance_type: str) -> None:
    rows, labels = blobs(300, 3, 3)
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    expected = fitted(rows, covariance_type, labels_init=labels)
    actual = fitted(rows @ rotation, covariance_type, labels_init=labels)
    np.testing.assert_allclose(actual.means, expected.means @ rotation, atol=1e-8)
    np.testing.assert_allclose(actual.log_density(rows @ rotation), expected.log_density(rows), atol=1e-7)


@given(rows=soft_rows(), covariance_type=covariance_types)
def test_moved_rows_have_the_moved_density(rows: np.ndarray, covariance_type: str) -> None:
    mixture = fitted(rows, covariance_type)
    scale, shift, d = 8.0, 1024.0, rows.shape[1]
    moved = Mixture(mixture.weights, mixture.means * scale + shift, mixture.covariances * scale**2, covariance_type)
    expected = mixture.log_density(rows) - d * np.log(scale)
    np.testing.assert_allclose(moved.log_density(rows * scale + shift), expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
@pytest.mark.parametrize("data", ["iris", "wine", "bands"])
def test_a_matrix_applied_to_the_data_is_applied_to_the_default_fit(covariance_type: str, data: str) -> None:
    random = np.random.default_rng(7)
    bands = np.concatenate([random.normal(size=(90, 2)) * [9.0, 0.4] + [0.0, 3.0 * band] for band in range(3)])
    rows = {"iris": load_iris().data, "wine": load_wine().data[:, :6], "bands": bands}[data]
    d = rows.shape[1]
    rows = rows + 1e-3 * np.std(rows, axis=0) * random.normal(size=rows.shape)  # no matrix leaves steps as they are
    matrix, shift = random.normal(size=(d, d)) + 2.0 * np.eye(d), 10.0 * random.normal(size=d)
    settings = {"covariance_type": covariance_type, "random_state": 0}
    expected = GaussianMixture(3, **settings).fit(rows).mixture_
    actual = GaussianMixture(3, **settings).fit(rows @ matrix.T + shift).mixture_
    covariances = matrix @ expected.component_covariances @ matrix.T
    # The same optimum, to what `tol` leaves: rounding may decide after which steps a move of the search ends.
    np.testing.assert_allclose(actual.weights, expected.weights, atol=1e-4)
    means = expected.means @ matrix.T + shift
    np.testing.assert_allclose(actual.means, means, atol=1e-4 * np.max(np.abs(means)))
    np.testing.assert_allclose(actual.component_covariances, covariances, atol=1e-4 * np.max(np.abs(covariances)))
