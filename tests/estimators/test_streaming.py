"""Streams and merged models go on from what a fit has seen, and not from what somebody else wrote over it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from mixfold import GaussianMixture

ROWS = np.random.default_rng(0).normal(size=(80, 2))


def edited() -> GaussianMixture:
    """Give a fit whose means were moved by hand."""
    model = GaussianMixture(1, random_state=0).fit(ROWS)
    model.means_ = model.means_ + 100.0
    return model


def built() -> GaussianMixture:
    """Give a model that was never fitted."""
    model = GaussianMixture(1, random_state=0)
    model.weights_, model.means_, model.covariances_ = np.ones(1), np.zeros((1, 2)), np.eye(2)[None]
    return model


@pytest.mark.parametrize("make", [edited, built])
def test_parameters_set_by_hand_are_not_forgotten_by_a_stream(make: type) -> None:
    model = make()
    means = np.array(model.means_)
    with pytest.raises(ValueError, match="`partial_fit` needs the sums of the rows.* `weights_init`"):
        model.partial_fit(ROWS[:20])
    np.testing.assert_array_equal(model.means_, means)


@pytest.mark.parametrize("make", [edited, built])
def test_parameters_set_by_hand_are_not_forgotten_by_a_merge(make: type) -> None:
    fitted = GaussianMixture(1, random_state=0).fit(ROWS)
    for one, other in ((make(), fitted), (fitted, make())):
        with pytest.raises(ValueError, match="`merge` needs the sums of the rows"):
            one.merge(other)


def test_a_stream_goes_on_after_it_was_looked_at_and_pickled() -> None:
    model, other = (GaussianMixture(1, random_state=0).fit(ROWS) for _ in range(2))
    _ = other.mixture_
    other = pickle.loads(pickle.dumps(other))
    assert model.partial_fit(ROWS[:20]).mixture_ == other.partial_fit(ROWS[:20]).mixture_


def test_a_stream_begins_anew_after_a_fit() -> None:
    model = edited().fit(ROWS)
    assert (
        model.partial_fit(ROWS[:20]).mixture_
        == GaussianMixture(1, random_state=0).fit(ROWS).partial_fit(ROWS[:20]).mixture_
    )


def test_rows_in_order_have_their_weights_where_steps_count_all_the_same() -> None:
    rows = np.random.default_rng(0).normal(size=(1800, 2)) + 8.0 * np.repeat([[0, 0], [1, 0], [0, 1]], 600, axis=0)
    model = GaussianMixture(3, step_exponent=1.0, random_state=0)
    for batch in np.split(rows, 12):
        model.partial_fit(batch)
    np.testing.assert_allclose(model.weights_, 1 / 3, atol=0.03)
