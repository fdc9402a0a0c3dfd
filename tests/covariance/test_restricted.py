"""A family inside another adds an M step, and everything else follows."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from mixfold import AutoGaussianMixture, GaussianMixture, Mixture
from mixfold.covariance import Equivariance, Full, Restricted, family_for
from mixfold.models import Penalized
from mixfold.typing import FloatArray
from tests.examples import NO_PRIOR, blobs, full_statistics_of, parameters_of

ROWS, _ = blobs(240, 3, 3, separation=6.0)


class CompoundSymmetry(Restricted):
    """One variance for all features, and one correlation for each two: two numbers a component."""

    name = "compound-symmetry"
    like = Full()
    structure = like.structure
    equivariance = Equivariance.UNIT

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """Two each."""
        del n_features
        return 2 * n_components

    def step(self, scatter: FloatArray, counts: FloatArray, before: FloatArray | None) -> FloatArray:
        """Give the mean squares along and across the diagonal of space."""
        del before
        d = scatter.shape[1]
        along = scatter.sum(axis=(1, 2)) / d
        across = (np.trace(scatter, axis1=1, axis2=2) - along) / (d - 1)
        mean = np.full((d, d), 1.0 / d)
        one, other = np.multiply.outer(along / counts, mean), np.multiply.outer(across / counts, np.eye(d) - mean)
        return np.asarray(one + other)


def test_a_class_without_a_step_makes_no_family() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Restricted()  # type: ignore[abstract]


def test_the_step_is_given_the_scatter_and_the_counts() -> None:
    statistics = full_statistics_of(Full(), 3, 3)
    covariances = Penalized(CompoundSymmetry(), NO_PRIOR).maximize(statistics, None).covariances
    along = statistics.scatter_about_means.sum(axis=(1, 2)) / statistics.count / 3
    np.testing.assert_allclose(covariances.sum(axis=(1, 2)) / 3, along)


@pytest.mark.parametrize("init_params", ["auto", "kmeans"])
def test_a_family_of_the_callers_own_is_fitted_and_compared(init_params: str) -> None:
    model = GaussianMixture(3, covariance_type=CompoundSymmetry(), init_params=init_params, random_state=0).fit(ROWS)
    for covariance in model.covariances_:
        np.testing.assert_allclose(np.diag(covariance), covariance[0, 0])
        np.testing.assert_allclose(covariance[np.triu_indices(3, 1)], covariance[0, 1])
    objectives = [iteration.objective for iteration in model.history_]
    assert np.all(np.diff(objectives) >= -1e-12)
    full = GaussianMixture(3, init_params=init_params, random_state=0).fit(ROWS)
    assert model.mixture_.n_parameters == 2 + 9 + 6
    assert model.lower_bound_ < full.lower_bound_
    bic = -2.0 * model.score(ROWS) * len(ROWS) + model.mixture_.n_parameters * np.log(len(ROWS))
    assert model.bic(ROWS) == pytest.approx(bic, rel=1e-6)
    assert model.predict(ROWS).shape == (240,)


def test_a_family_of_the_callers_own_learns_from_streams_and_weighted_rows() -> None:
    model = GaussianMixture(3, covariance_type=CompoundSymmetry(), random_state=0)
    for batch in np.array_split(ROWS, 4):
        model.partial_fit(batch, sample_weight=np.full(len(batch), 2.0))
    covariance = model.covariances_[0]
    np.testing.assert_allclose(np.diag(covariance), covariance[0, 0])


def test_it_is_pickled_with_the_model() -> None:
    model = GaussianMixture(3, covariance_type=CompoundSymmetry(), random_state=0).fit(ROWS)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(ROWS), model.predict_proba(ROWS))


def test_what_is_left_of_it_without_some_features_is_of_the_containing_family() -> None:
    matrix = np.full((2, 2), 0.5) + 0.5 * np.eye(2)
    mixture = Mixture([1.0], [[0.0, 0.0]], [matrix], CompoundSymmetry())
    assert mixture.marginal([1]).covariance_type == "full"


def test_units_of_all_features_together_change_nothing() -> None:
    one, other = (
        GaussianMixture(3, covariance_type=CompoundSymmetry(), random_state=0).fit(rows) for rows in (ROWS, 1e3 * ROWS)
    )
    np.testing.assert_allclose(1e3 * one.means_, other.means_, rtol=1e-6)


def test_a_search_over_sizes_takes_a_family_by_its_name_or_refuses_it() -> None:
    with pytest.raises(ValueError, match="covariance_types"):
        AutoGaussianMixture([1, 2], covariance_types=["oblong"]).fit(ROWS)


@pytest.mark.parametrize("name", ["EII", "VEI", "VEE", "VVE", "EEV"])
def test_the_nearest_covariances_are_of_the_family_and_those_of_it_are_themselves(name: str) -> None:
    family = family_for(name)
    start = parameters_of(family.like if isinstance(family, Restricted) else family, seed=1)
    nearest = family.nearest(start.covariances, start.means.shape[1])
    assert family.nearest(nearest, start.means.shape[1]) is nearest
    assert not np.allclose(nearest, start.covariances)


@pytest.mark.parametrize("name", ["VVE", "EVE", "VEE"])
def test_the_objective_does_not_fall_from_a_start_outside_of_the_family(name: str) -> None:
    full = GaussianMixture(3, random_state=0).fit(ROWS)
    given = {"weights_init": full.weights_, "means_init": full.means_, "precisions_init": full.precisions_}
    history = GaussianMixture(3, covariance_type=name, **given).fit(ROWS).history_
    assert np.all(np.diff([iteration.objective for iteration in history]) >= -1e-9)
