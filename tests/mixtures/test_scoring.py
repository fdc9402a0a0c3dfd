"""What a distribution says of rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from mixfold import Mixture
from mixfold.covariance import FAMILIES
from mixfold.engines import to_numpy
from mixfold.errors import ShapeError
from mixfold.mixtures import probability_of_others
from mixfold.typing import Array, FloatArray
from tests.examples import blobs, mixture_of


@pytest.mark.parametrize("covariance_type", list(FAMILIES))
def test_distances_are_scipy_s(covariance_type: str, library: Callable[[FloatArray], Array]) -> None:
    mixture, (rows, _) = mixture_of(covariance_type, 3, 4), blobs(30, 3, 4)
    expected = np.column_stack(
        [
            cdist(rows, mean[None], "mahalanobis", VI=np.linalg.inv(covariance))[:, 0]
            for mean, covariance in zip(mixture.means, mixture.component_covariances, strict=True)
        ]
    )
    np.testing.assert_allclose(to_numpy(mixture.mahalanobis(library(rows))), expected, rtol=1e-9)


def test_factor_analyzers_have_distances_too() -> None:
    loadings = [[[1.0, 0.5], [1.0, 0.5], [2.0, -0.5]]]
    mixture = Mixture([1.0], [[0.0, 0.0, 0.0]], loadings, "factor:1")
    precision = np.linalg.inv(mixture.component_covariances[0])
    row = np.array([1.0, -2.0, 3.0])
    np.testing.assert_allclose(mixture.mahalanobis([row]), [[np.sqrt(row @ precision @ row)]])


def test_a_row_at_a_mean_has_distance_zero_whatever_its_weight_is() -> None:
    mixture = Mixture([0.0, 1.0], [[0.0], [5.0]], [1.0, 1.0], "spherical")
    np.testing.assert_array_equal(mixture.mahalanobis([[0.0], [5.0]]), [[0.0, 5.0], [5.0, 0.0]])


def test_uncertainty_is_what_the_best_component_leaves(library: Callable[[FloatArray], Array]) -> None:
    mixture, (rows, _) = mixture_of("full", 4, 2), blobs(50)
    uncertainty = to_numpy(mixture.uncertainty(library(rows)))
    np.testing.assert_allclose(uncertainty, 1.0 - mixture.responsibilities(rows).max(axis=1), atol=1e-14)


def test_where_components_are_equal_the_uncertainty_is_the_largest() -> None:
    np.testing.assert_allclose(probability_of_others(np.full((1, 4), 0.25)), [0.75])


def test_answers_keep_the_dtype_of_the_rows() -> None:
    mixture, rows = mixture_of("full", 2, 2), blobs(5)[0].astype(np.float32)
    assert mixture.mahalanobis(rows).dtype == mixture.uncertainty(rows).dtype == np.float32


def test_scikit_learn_s_words_give_the_same() -> None:
    mixture, (rows, _) = mixture_of("full", 3, 2), blobs(20)
    np.testing.assert_array_equal(mixture.predict(rows), mixture.labels(rows))
    np.testing.assert_array_equal(mixture.predict_proba(rows), mixture.responsibilities(rows))


@pytest.mark.parametrize("question", ["mahalanobis", "uncertainty", "predict", "predict_proba", "log_density"])
def test_rows_of_other_features_are_refused(question: str) -> None:
    with pytest.raises(ShapeError):
        getattr(mixture_of("full", 2, 2), question)([[1.0, 2.0, 3.0]])


def test_values_may_be_missing_of_what_is_scored() -> None:
    mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [4.0, 1.0]], [np.eye(2), 4.0 * np.eye(2)])
    one = Mixture([0.5, 0.5], [[0.0], [4.0]], [[[1.0]], [[4.0]]])
    rows = np.array([[1.0, np.nan], [5.0, np.nan]])
    np.testing.assert_allclose(mixture.log_density(rows), one.log_density(rows[:, :1]), rtol=1e-12)
    np.testing.assert_array_equal(mixture.labels(rows), [0, 1])
    with pytest.raises(ValueError, match="NaN"):
        mixture.mahalanobis(rows)
