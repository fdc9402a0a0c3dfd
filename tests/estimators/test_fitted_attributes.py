"""Fitted attributes may be replaced, and the mixture follows them."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from mixfold import GaussianMixture
from mixfold.estimators.fitted_attributes import WATCHED
from mixfold.estimators.watched import SEEN

ROWS = np.random.default_rng(0).normal(size=(80, 2))


@pytest.fixture(name="model")
def _model() -> GaussianMixture:
    return GaussianMixture(1).fit(ROWS)


def test_before_a_fit_there_is_no_mixture() -> None:
    assert not hasattr(GaussianMixture(1), "mixture_")
    with pytest.raises(AttributeError, match="Call `fit` first"):
        _ = GaussianMixture(1).mixture_


def test_the_mixture_is_made_once(model: GaussianMixture) -> None:
    assert model.mixture_ is model.mixture_


def test_predictions_make_no_copy_of_a_model_that_nobody_looked_at(model: GaussianMixture) -> None:
    model.predict(ROWS)
    model.score_samples(ROWS)
    model.sample()
    assert SEEN not in vars(pickle.loads(pickle.dumps(model)))
    assert not vars(model).get(SEEN)
    _ = model.means_
    assert list(vars(model)[SEEN]) == ["means_"]


@pytest.mark.parametrize("name", sorted(WATCHED))
def test_an_attribute_that_was_written_to_is_noticed(model: GaussianMixture, name: str) -> None:
    before = model.mixture_
    array = getattr(model, name)
    assert model.mixture_ is before
    array *= 1.0 + 1e-12
    after = model.mixture_
    assert after is not before
    assert model.mixture_ is after


def test_an_attribute_that_was_replaced_unseen_is_noticed(model: GaussianMixture) -> None:
    means = np.array(model.mixture_.means) + 1.0
    model.means_ = means
    np.testing.assert_array_equal(model.mixture_.means, means)
    means += 1.0  # in hold of whoever set it
    np.testing.assert_array_equal(model.mixture_.means, means)


def test_a_copy_that_shares_arrays_notices_what_the_other_writes(model: GaussianMixture) -> None:
    copied = copy.copy(model)
    model.means_[...] = 7.0
    np.testing.assert_array_equal(copied.mixture_.means, [[7.0, 7.0]])
    np.testing.assert_array_equal(model.mixture_.means, [[7.0, 7.0]])
    apart = copy.deepcopy(model)
    model.means_[...] = 8.0
    np.testing.assert_array_equal(apart.mixture_.means, [[7.0, 7.0]])


def test_another_fit_forgets_what_was_written() -> None:
    model, fresh = (GaussianMixture(1, random_state=0).fit(ROWS) for _ in range(2))
    model.means_[...] = 7.0
    assert model.fit(ROWS).mixture_ == fresh.mixture_


def test_means_that_were_changed_in_place_are_those_of_the_mixture(model: GaussianMixture) -> None:
    before = model.score_samples(ROWS)
    model.means_ += 5.0
    np.testing.assert_array_equal(model.mixture_.means, model.means_)
    np.testing.assert_allclose(model.score_samples(ROWS + 5.0), before)


def test_precisions_that_were_replaced_count_more_than_covariances(model: GaussianMixture) -> None:
    model.precisions_cholesky_ = 2.0 * model.precisions_cholesky_
    np.testing.assert_allclose(model.mixture_.covariances, model.covariances_ / 4.0)


def test_precisions_that_were_replaced_stay_when_another_attribute_is(model: GaussianMixture) -> None:
    model.precisions_cholesky_ = 2.0 * model.precisions_cholesky_
    expected = model.mixture_.covariances
    model.weights_ = model.weights_ * 1.0
    model.means_ = model.means_ + 1.0
    np.testing.assert_array_equal(model.mixture_.covariances, expected)
    np.testing.assert_array_equal(model.mixture_.means, model.means_)


def test_covariances_that_were_replaced_stay_when_another_attribute_is(model: GaussianMixture) -> None:
    model.covariances_ = 4.0 * model.covariances_
    _ = model.mixture_
    model.means_ = model.means_ + 1.0
    np.testing.assert_array_equal(model.mixture_.covariances, model.covariances_)


def test_a_model_built_by_hand_from_precisions_can_be_changed_further() -> None:
    model = GaussianMixture(1)
    model.weights_, model.means_, model.precisions_cholesky_ = np.ones(1), np.zeros((1, 2)), 2.0 * np.eye(2)[None]
    before = model.score(ROWS)
    model.means_ = model.means_ + 1.0
    assert model.score(ROWS + 1.0) == pytest.approx(before)
    np.testing.assert_array_equal(model.mixture_.covariances, 0.25 * np.eye(2)[None])


def test_a_model_built_by_hand_without_a_covariance_is_not_fitted() -> None:
    model = GaussianMixture(1)
    model.weights_, model.means_ = np.ones(1), np.zeros((1, 2))
    with pytest.raises(NotFittedError):
        model.score(ROWS)


def test_a_changed_model_keeps_the_names_of_its_features() -> None:
    model = GaussianMixture(1).fit(pd.DataFrame(ROWS, columns=["a", "b"]))
    model.means_ = model.means_ + 1.0
    assert model.mixture_.feature_names == ("a", "b")


def test_a_summary_says_how_the_fit_ended_and_what_it_warned_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = GaussianMixture(8, random_state=0, init_params="kmeans", max_iter=1).fit(ROWS)
    lines = model.summary().splitlines()
    ended = lines.index(
        f"GaussianMixture: iteration limit after 1 iteration, log-likelihood {model.lower_bound_:.3f} per row"
    )
    assert lines[ended + 1 :] == list(model.warnings_)
    assert len(model.warnings_) > 0
