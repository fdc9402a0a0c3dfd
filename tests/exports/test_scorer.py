"""`Scorer`: a mixture as plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import logsumexp

from mixfold import GaussianMixture, Mixture, StudentMixture
from mixfold.covariance import FAMILIES
from mixfold.errors import InputError
from mixfold.exports import Scorer
from tests.examples import mixture_of


@pytest.mark.parametrize("covariance_type", [*FAMILIES, "factor:1"])
def test_scores_sum_to_the_density(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type, 3, 2)
    scorer = Scorer.of(mixture)
    rows = mixture.sample(20, random_state=0)[0]
    whitened = np.einsum("kij,nkj->nki", scorer.whiteners, rows[:, None] - scorer.means)
    scores = scorer.offsets - 0.5 * np.sum(whitened**2, axis=2)
    np.testing.assert_allclose(logsumexp(scores, axis=1), mixture.log_density(rows), rtol=1e-10)
    assert scorer.feature_names == ("x0", "x1")


def test_a_component_without_weight_has_a_finite_offset_that_adds_nothing() -> None:
    scorer = Scorer.of(Mixture([1.0, 0.0], [[0.0], [1.0]], [1.0, 1.0], "spherical"))
    assert np.isfinite(np.float32(scorer.offsets[1]))
    assert np.exp(scorer.offsets[1]) == 0.0


def test_what_is_no_gaussian_mixture_is_refused_by_name() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 1))
    others: tuple[Any, ...] = (StudentMixture(1).fit(rows).mixture_, GaussianMixture(2))
    for other in others:
        name = type(other).__name__
        with pytest.raises(
            InputError, match=f"such as `mixture_` of an estimator, got {name}. Models with heavy tails"
        ):
            Scorer.of(other)
