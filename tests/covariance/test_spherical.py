"""One variance a component: what is theirs alone."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.covariance import Prior, Spherical
from mixfold.engines import ArrayEngine
from mixfold.errors import CollapseError
from mixfold.rows import Rows
from mixfold.structures import SPHERICAL
from tests.examples import NO_PRIOR, blobs, learned, scale_of, statistics_of


def test_maximize_gives_the_mean_of_the_sample_variances() -> None:
    rows, labels = blobs(240, 3, 2)
    expected = [np.mean(np.var(rows[labels == component], axis=0)) for component in range(3)]
    np.testing.assert_allclose(learned(Spherical(), statistics_of(Spherical()), NO_PRIOR), expected, rtol=1e-11)


def test_a_prior_weighs_as_many_rows_in_any_dimension() -> None:
    for d in (1, 5):
        statistics = statistics_of(Spherical(), 3, d)
        none, prior = learned(Spherical(), statistics, NO_PRIOR), Prior.from_rows(5.0, np.array(7.0))
        expected = (statistics.count * none + 35.0) / (statistics.count + 5.0)
        np.testing.assert_allclose(learned(Spherical(), statistics, prior), expected, rtol=1e-12)


def test_a_constant_feature_of_large_values_does_not_hide_what_varies() -> None:
    rows = np.column_stack([np.random.default_rng(0).normal(size=40) * 1e-93, np.full(40, 1e137)])
    model = GaussianMixture(2, covariance_type="spherical", random_state=0).fit(rows)
    assert np.all((model.covariances_ > 1e-190) & (model.covariances_ < 1e-185))


@pytest.mark.parametrize("value", [0.0, 3.0, 1e140])
def test_where_nothing_varies_the_values_are_the_scale(value: float) -> None:
    center = np.array([[value, -value]])
    statistics = ArrayEngine().moments(Rows(np.tile(center, (10, 1))), np.ones((10, 1)), center, SPHERICAL)
    np.testing.assert_allclose(scale_of(Spherical(), statistics), value**2 or 1.0)


def test_parameters_are_counted() -> None:
    assert Spherical().n_parameters(3, 4) == 3


def test_the_component_that_collapsed_is_named() -> None:
    with pytest.raises(CollapseError, match="component 2 has -1"):
        Spherical().whiten(np.array([1.0, 2.0, -1.0]))
