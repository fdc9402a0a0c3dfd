"""Diagonal covariances: what is theirs alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold.covariance import Diag, Prior
from mixfold.errors import CollapseError
from tests.examples import NO_PRIOR, blobs, learned, scale_of, statistics_of


def test_maximize_gives_the_sample_variances() -> None:
    rows, labels = blobs(240, 3, 2)
    expected = [np.var(rows[labels == component], axis=0) for component in range(3)]
    np.testing.assert_allclose(learned(Diag(), statistics_of(Diag()), NO_PRIOR), expected, rtol=1e-11)


def test_a_prior_has_a_variance_for_each_feature() -> None:
    statistics = statistics_of(Diag())
    none, prior = learned(Diag(), statistics, NO_PRIOR), Prior.from_rows(5.0, np.array([1.0, 9.0]))
    n = statistics.count[:, None]
    expected = (n * none + 5.0 * np.array([1.0, 9.0])) / (n + 5.0)
    np.testing.assert_allclose(learned(Diag(), statistics, prior), expected, rtol=1e-12)


def test_parameters_are_counted() -> None:
    assert Diag().n_parameters(3, 4) == 12


def test_rounding_below_zero_is_no_variance() -> None:
    statistics = statistics_of(Diag())
    below = replace(statistics, shift=np.zeros_like(statistics.shift), scatter=np.full((3, 2), -1e-17))
    assert np.all(learned(Diag(), below, NO_PRIOR) == 0.0)


def test_the_component_that_collapsed_is_named() -> None:
    with pytest.raises(CollapseError, match="variance must be .* component 1 has 0"):
        Diag().whiten(np.array([[1.0, 1.0], [1.0, 0.0]]))


def test_a_constant_feature_gets_the_scale_of_the_others() -> None:
    rows = np.column_stack([np.full(50, 3.0), np.random.default_rng(0).normal(scale=4.0, size=50)])
    statistics = replace(
        statistics_of(Diag(), 1),
        center=np.mean(rows, axis=0)[None],
        count=np.array([50.0]),
        weight=50.0,
        shift=np.zeros((1, 2)),
        scatter=50.0 * np.var(rows, axis=0)[None],
    )
    np.testing.assert_allclose(scale_of(Diag(), statistics), np.repeat(np.var(rows[:, 1]), 2))
