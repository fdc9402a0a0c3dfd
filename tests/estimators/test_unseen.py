"""How much wider than a mixture says values lie that it has not seen."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, t

from mixfold import GaussianMixture
from mixfold.estimators.unseen import spread_of_unseen
from tests.examples import blobs


def test_a_true_mixture_of_many_rows_says_how_wide_values_lie() -> None:
    rows = blobs(3000, 3, 3, seed=4)[0]
    mixture = GaussianMixture(3, random_state=0, init_params="kmeans").fit(rows).mixture_
    assert spread_of_unseen(rows, mixture, np.random.RandomState(0)) == pytest.approx(1.0, abs=0.06)


def test_values_of_few_rows_lie_wider_than_a_mixture_of_these_says() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(60, 3)) @ random.normal(size=(3, 12)) + random.normal(size=(60, 12))
    few = GaussianMixture(1, reg_covar=1e-6).fit(rows).mixture_
    # A regression on 11 features and a constant, of nine tenths of the rows: 12 coefficients are guessed, and a variance.
    left, degrees = 54.0, 42.0
    expected = np.sqrt(left / degrees * (1.0 + 12.0 / degrees)) * t(degrees).ppf(0.95) / norm.ppf(0.95)  # 1.31
    assert spread_of_unseen(rows, few, np.random.RandomState(0)) == pytest.approx(expected, abs=0.06)


def test_what_is_said_is_never_made_narrower() -> None:
    one = np.random.default_rng(0).normal(size=(200, 1))
    rows = np.concatenate([one, 2.0 * one], axis=1)
    mixture = GaussianMixture(1).fit(rows).mixture_
    assert spread_of_unseen(rows, mixture, np.random.RandomState(0)) == 1.0  # the features determine each other
