from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.covariance import family_for
from mixfold.errors import CollapseError, InputError, ShapeError
from mixfold.estimators.fixed import Fixed
from mixfold.fold import Fold
from mixfold.models import Penalized
from mixfold.parameters import Parameters
from mixfold.prior import Prior
from tests.examples import blobs

NAN = np.nan
FULL = family_for("full")
MODEL = Penalized(FULL, Prior.from_rows(0.1, np.eye(2)))


@pytest.mark.parametrize(
    ("fixed", "error", "says"),
    [
        ({"mean": [[0.0, 0.0]]}, InputError, "may name weights, means"),
        ({"means": [[0.0], [1.0]]}, ShapeError, r"have shape \(2, 2\)"),
        ({"weights": [np.inf, 0.5]}, ShapeError, "must be finite"),
        ({"min_weight": 0.6}, InputError, "from 0 to 1 / n_components"),
        ({"covariances": [[[1.0, NAN], [NAN, 1.0]], np.eye(2)]}, InputError, "whole covariances"),
        ({"mean_differences": [[0.0, NAN], [1.0, 1.0]]}, InputError, "must hold whole rows"),
        ({"mean_differences": np.eye(2), "means": np.eye(2)}, InputError, "without `fixed"),
        ({"covariances": [-np.eye(2), np.full((2, 2), NAN)]}, CollapseError, "must be positive definite"),
        ({"means": "origin"}, ShapeError, "must be numbers"),
        ({"min_weight": "some"}, InputError, "must be a number"),
        ({"means": np.ones((3, 2), dtype=bool)}, ShapeError, r"got shape \(3, 2\)"),
        ({"means": np.ones((2, 2), dtype=bool)}, InputError, "`means_init` is None. Pass it"),
        ({"mean_differences": np.ones((2, 2), dtype=bool)}, InputError, "Pass the numbers themselves"),
    ],
)
def test_what_cannot_be_known_is_refused(fixed: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        Fixed.of(fixed, FULL, 2, 2)


def test_nothing_but_nan_is_nothing() -> None:
    assert Fixed.of({"means": np.full((2, 2), NAN), "weights": None}, FULL, 2, 2) == Fixed()


def test_truth_values_say_what_of_the_start_stays() -> None:
    known = Fixed.of(
        {"means": [[True, False], [False, True]]}, FULL, 2, 2, {"means": np.array([[1.0, 2.0], [3.0, 4.0]])}
    )
    np.testing.assert_array_equal(known.means, [[1.0, NAN], [NAN, 4.0]])
    rows = blobs(60, 2, 2, seed=0)[0]
    model = GaussianMixture(2, fixed={"means": [[True, True], [False, False]]}, means_init=[[7.0, 7.0], [0.0, 0.0]])
    np.testing.assert_array_equal(model.fit(rows).means_[0], [7.0, 7.0])
    model.set_params(warm_start=True, fixed={"means": [[False, False], [True, True]]})
    second = model.means_[1]
    np.testing.assert_array_equal(model.fit(rows[:40]).means_[1], second)


def test_components_are_ordered_as_they_are_known() -> None:
    found = Parameters(np.array([0.6, 0.4]), np.array([[0.0, 0.0], [9.0, 9.0]]), np.stack([np.eye(2), 4.0 * np.eye(2)]))
    by_mean = Fixed(means=np.array([[8.0, NAN], [NAN, NAN]])).matched(found, MODEL)
    np.testing.assert_array_equal(by_mean.means, [[8.0, 9.0], [0.0, 0.0]])
    by_covariance = Fixed(covariances=np.stack([5.0 * np.eye(2), np.full((2, 2), NAN)])).matched(found, MODEL)
    np.testing.assert_array_equal(by_covariance.means, [[9.0, 9.0], [0.0, 0.0]])
    by_weight = Fixed(weights=np.array([0.45, NAN])).matched(found, MODEL)
    np.testing.assert_allclose(by_weight.weights, [0.45, 0.55])
    np.testing.assert_array_equal(by_weight.means, [[9.0, 9.0], [0.0, 0.0]])


def test_components_known_up_to_a_shift_are_ordered_by_what_lies_between_them() -> None:
    found = Parameters(np.full(3, 1 / 3), np.array([[40.0, 1.0], [10.0, 0.0], [20.0, 0.0]]), np.stack([np.eye(2)] * 3))
    known = Fixed(differences=np.array([[0.0, 0.0], [10.5, 0.0], [30.0, 0.5]]))
    matched = known.matched(found, MODEL)
    shift = np.array([9.833333, 0.166667])
    np.testing.assert_allclose(matched.means, known.differences + shift, atol=1e-5)


def test_where_a_mean_is_free_the_shift_that_suits_the_others_orders_components() -> None:
    means, weights = np.array([[50.0, 0.0], [0.0, 0.0], [10.0, 0.0]]), np.array([0.2, 0.3, 0.5])
    found = Parameters(weights, means, np.stack([np.eye(2)] * 3))
    matched = Fixed(differences=np.array([[0.0, 0.0], [10.0, 0.0], [NAN, NAN]])).matched(found, MODEL)
    np.testing.assert_allclose(matched.means[:, 0], [0.0, 10.0, 50.0], atol=1e-12)
    np.testing.assert_array_equal(matched.weights, [0.3, 0.5, 0.2])


def test_means_known_up_to_a_shift_are_found_where_clusters_overlap() -> None:
    random = np.random.default_rng(0)
    lines = np.array([[0.0], [1.5], [5.0]])  # of a spectrum whose zero is not known
    rows = np.concatenate([random.normal(lines[k] + 7.3, 0.5, size=(150, 1)) for k in range(3)])
    model = GaussianMixture(3, fixed={"mean_differences": lines}, random_state=0).fit(rows)
    np.testing.assert_allclose(model.means_ - model.means_[0], lines, atol=1e-12)
    assert abs(model.means_[0, 0] - 7.3) < 0.08
    free = GaussianMixture(3, random_state=0).fit(rows)
    assert model.bic(rows) < free.bic(rows)


def test_seeded_starts_keep_what_is_known() -> None:
    rows, _ = blobs(300, 3, 2, seed=1)
    known = Fixed(means=np.array([[NAN, NAN], rows[0], [NAN, NAN]]))
    [(name, start)] = known.seeded(Fold.of_rows(rows), MODEL, 3, np.random.RandomState(0))
    assert name == "seeded"
    np.testing.assert_array_equal(start.means[1], rows[0])
    assert Fixed().seeded(Fold.of_rows(rows), MODEL, 3, np.random.RandomState(0)) == []
