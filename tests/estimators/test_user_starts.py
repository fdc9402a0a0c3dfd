"""Starts that a caller hands to the estimator: each fault with its message."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES
from mixfold.errors import RoundedWeightsWarning
from tests.examples import blobs

ROWS, LABELS = blobs(60, 2, 2)
EYE = np.eye(2)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"labels_init": np.full(60, 2)}, "`labels_init` must hold whole numbers from 0 to n_components - 1 = 1"),
        ({"labels_init": np.full(60, -1)}, "from 0 to n_components - 1"),
        ({"labels_init": np.full(60, 0.5)}, "whole numbers"),
        ({"labels_init": np.zeros(59)}, r"`labels_init` must have shape \(n_samples,\) = \(60,\), got \(59,\)"),
        ({"labels_init": ["a"] * 60}, "`labels_init` must hold real numbers"),
        ({"labels_init": np.full(60, np.nan)}, "`labels_init` must be finite"),
        ({"responsibilities_init": np.full((60, 2), 0.6)}, "must be at least zero and sum to one"),
        ({"responsibilities_init": np.tile([1.5, -0.5], (60, 1))}, "must be at least zero"),
        ({"responsibilities_init": np.full((2, 60), 0.5)}, "`responsibilities_init` must have shape .* transpose"),
        ({"weights_init": [0.5, 0.6]}, "`weights_init` must be at least zero and sum to one"),
        ({"weights_init": [1.0]}, r"`weights_init` must have shape \(n_components,\) = \(2,\)"),
        ({"weights_init": [np.nan, 1.0]}, "`weights_init` must be finite"),
        ({"means_init": np.zeros((2, 3))}, r"`means_init` must have shape \(n_components, n_features\) = \(2, 2\)"),
        ({"means_init": [["a", "b"], ["c", "d"]]}, "`means_init` must hold real numbers"),
        ({"means_init": np.zeros((2, 2), dtype=complex)}, "complex"),
        ({"means_init": np.full((2, 2), np.inf)}, "`means_init` must be finite"),
        ({"precisions_init": np.stack([EYE, -EYE])}, "precision must be symmetric and positive definite.* component 1"),
        ({"precisions_init": np.stack([EYE, [[1, 0.5], [0, 1]]])}, "not symmetric"),
        ({"precisions_init": EYE}, "`precisions_init` must have shape that of covariance_type='full'"),
        ({"labels_init": LABELS, "means_init": ROWS[:2]}, "got labels_init and means_init"),
        # What programs written for scikit-learn look for in a message.
        ({"weights_init": [1.0]}, r"The parameter 'weights' should have the shape of \(2,\), but got \(1,\)"),
        (
            {"weights_init": [0.5, 0.6]},
            r"The parameter 'weights' should be normalized, but got sum\(weights\) = 1.10000",
        ),
        ({"weights_init": [1.5, 0.6]}, r"The parameter 'weights' should be in the range \[0, 1\]"),
        ({"means_init": np.zeros((2, 3))}, "The parameter 'means' should have the shape of"),
        ({"precisions_init": EYE}, "The parameter 'full precision' should have the shape of"),
        ({"precisions_init": np.stack([EYE, -EYE])}, "'full precision' should be symmetric, positive-definite"),
        ({"precisions_init": [1.0, -1.0], "covariance_type": "spherical"}, "'spherical precision' should be positive"),
    ],
)
def test_a_start_that_fits_nothing_is_refused_before_any_work(parameters: dict[str, Any], message: str) -> None:
    worked: list[object] = []
    with pytest.raises(ValueError, match=message):
        GaussianMixture(2, callback=worked.append, **parameters).fit(ROWS)
    assert worked == []


@pytest.mark.parametrize("covariance_type", list(FAMILIES))
def test_a_precision_that_is_not_positive_is_refused(covariance_type: str) -> None:
    shape = FAMILIES[covariance_type].shape(2, 2)
    with pytest.raises(ValueError, match="precision must be symmetric and positive definite"):
        GaussianMixture(2, covariance_type=covariance_type, precisions_init=np.zeros(shape)).fit(ROWS)


@pytest.mark.parametrize("name", ["labels_init", "responsibilities_init"])
def test_a_short_start_beside_rows_of_weight_zero_is_refused(name: str) -> None:
    values = {"labels_init": np.zeros(10), "responsibilities_init": np.ones((10, 2)) / 2}
    with pytest.raises(ValueError, match=f"`{name}` must have shape"):
        GaussianMixture(2, **{name: values[name]}).fit(ROWS, sample_weight=np.r_[0.0, np.ones(59)])


def test_labels_of_any_whole_type_are_taken() -> None:
    for labels in (LABELS.tolist(), LABELS.astype(np.int8), LABELS.astype(float), LABELS == 1):
        model = GaussianMixture(2, labels_init=labels, max_iter=0).fit(ROWS)
        np.testing.assert_allclose(model.weights_, np.bincount(LABELS) / 60)


@pytest.mark.filterwarnings("ignore::mixfold.errors.SpuriousComponentWarning")
def test_a_component_without_labels_is_found_a_place() -> None:
    model = GaussianMixture(3, labels_init=LABELS).fit(ROWS)
    assert np.all(np.isfinite(model.means_))
    assert np.isfinite(model.lower_bound_)


def test_weights_that_somebody_rounded_are_divided_by_their_sum() -> None:
    with pytest.warns(RoundedWeightsWarning, match="`weights_init` should sum to one, but sum to 0.9998"):
        model = GaussianMixture(2, weights_init=[0.3333, 0.6665], labels_init=LABELS, max_iter=0).fit(ROWS)
    assert model.weights_.sum() == pytest.approx(1.0, abs=1e-15)
