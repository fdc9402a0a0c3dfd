"""Fitted attributes may be replaced, and the mixture follows them."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import GaussianMixture

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


def test_means_that_were_changed_in_place_are_those_of_the_mixture(model: GaussianMixture) -> None:
    before = model.score_samples(ROWS)
    model.means_ += 5.0
    np.testing.assert_array_equal(model.mixture_.means, model.means_)
    np.testing.assert_allclose(model.score_samples(ROWS + 5.0), before)


def test_precisions_that_were_replaced_count_more_than_covariances(model: GaussianMixture) -> None:
    model.precisions_cholesky_ = 2.0 * model.precisions_cholesky_
    np.testing.assert_allclose(model.mixture_.covariances, model.covariances_ / 4.0)
