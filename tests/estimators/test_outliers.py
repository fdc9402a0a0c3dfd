"""Fits of rows some of which belong to no component."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.errors import InputError
from mixfold.estimators.outliers import Box, Outliers, log_volume_of, loneliness
from mixfold.fold import Fold
from mixfold.potentials import Potentials
from mixfold.rows import Rows

RANDOM = np.random.default_rng(0)
ROWS = np.concatenate(
    [
        RANDOM.normal(size=(150, 2)),
        RANDOM.normal(size=(150, 2)) * [2.0, 0.5] + 12.0,
        RANDOM.uniform(-40.0, 50.0, size=(40, 2)),
    ]
)
IS_ODD = np.arange(len(ROWS)) >= 300


def fitted(outliers: Any, **settings: Any) -> GaussianMixture:
    """Give a fit of two components."""
    return GaussianMixture(2, outliers=outliers, random_state=0, **settings).fit(ROWS)


@pytest.mark.parametrize("outliers", ["uniform", "auto", 40 / 340])
def test_rows_that_belong_to_no_component_are_found(outliers: Any) -> None:
    model = fitted(outliers)
    labels = model.predict(ROWS)
    assert np.mean((labels == -1) == IS_ODD) > 0.97
    assert model.outlier_share_ == pytest.approx(40 / 340, abs=0.03)
    order = np.argsort(model.means_[:, 0])
    np.testing.assert_allclose(model.means_[order], [[0.0, 0.0], [12.0, 12.0]], atol=0.4)


@pytest.mark.parametrize("outliers", ["uniform", 0.1])
@pytest.mark.parametrize("family", ["full", "tied", "diag", "spherical", "VEV"])
def test_the_objective_never_falls(outliers: Any, family: str) -> None:
    objectives = [one.objective for one in fitted(outliers, covariance_type=family, tol=1e-9).history_]
    assert np.all(np.diff(objectives) >= -1e-12 * np.abs(objectives[-1]))


def test_the_density_is_that_of_the_components_and_of_the_background() -> None:
    model = fitted("uniform")
    background = model.outlier_share_ / np.exp(log_volume_of(Fold.of_rows(ROWS)))
    components = (1.0 - model.outlier_share_) * np.exp(model.mixture_.log_density(ROWS))
    np.testing.assert_allclose(model.score_samples(ROWS), np.log(components + background), rtol=1e-12)
    shares = model.predict_proba(ROWS)
    assert shares.shape == (len(ROWS), 2)
    np.testing.assert_allclose(1.0 - shares.sum(axis=1), background / (components + background), atol=1e-12)


def test_a_background_costs_one_parameter() -> None:
    model = fitted("uniform")
    n_free = model.mixture_.n_parameters + 1
    total = model.score_samples(ROWS).sum()
    assert model.bic(ROWS) == pytest.approx(-2.0 * total + n_free * np.log(len(ROWS)))
    assert model.aic(ROWS) == pytest.approx(-2.0 * total + 2.0 * n_free)


def test_auto_finds_none_where_all_rows_belong_to_a_component() -> None:
    rows = ROWS[:300]
    model = GaussianMixture(2, outliers="auto", random_state=0).fit(rows)
    assert model.outlier_share_ == 0.0
    assert np.all(model.predict(rows) >= 0)
    plain = GaussianMixture(2, random_state=0).fit(rows)
    np.testing.assert_allclose(model.means_, plain.means_, rtol=1e-3)


def test_a_share_that_is_left_out_is_that_of_lowest_density() -> None:
    model = fitted(0.1)
    labels, density = model.predict(ROWS), model.score_samples(ROWS)
    assert np.sum(labels == -1) == 34
    assert np.max(density[labels == -1]) < np.min(density[labels >= 0])


@pytest.mark.parametrize("outliers", ["uniform", 0.1])
def test_models_with_outliers_are_saved(outliers: Any, tmp_path: Any) -> None:
    model = fitted(outliers)
    model.save(tmp_path / "model.json")
    loaded = GaussianMixture.load(tmp_path / "model.json")
    np.testing.assert_array_equal(loaded.predict(ROWS), model.predict(ROWS))
    assert loaded.outlier_share_ == model.outlier_share_
    assert loaded.bic(ROWS) == model.bic(ROWS)


def test_a_fit_without_outliers_forgets_those_of_the_last() -> None:
    model = fitted("uniform")
    model.set_params(outliers=None).fit(ROWS)
    assert np.all(model.predict(ROWS) >= 0)


def test_weights_and_single_precision_count() -> None:
    weights = np.where(IS_ODD, 2.0, 1.0)
    model = GaussianMixture(2, outliers="uniform", random_state=0).fit(ROWS.astype(np.float32), sample_weight=weights)
    assert model.outlier_share_ == pytest.approx(80 / 380, abs=0.04)
    assert model.means_.dtype == np.float32


def test_known_starts_keep_their_order() -> None:
    model = fitted("uniform", means_init=[[12.0, 12.0], [0.0, 0.0]])
    np.testing.assert_allclose(model.means_, [[12.0, 12.0], [0.0, 0.0]], atol=0.4)


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"minibatch": 100}, "`minibatch` must be None"), ({"checkpoint": "state.npz"}, "`checkpoint` must be None")],
)
def test_what_cannot_be_together_is_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        fitted("uniform", **settings)


def test_rows_in_a_plane_have_no_background() -> None:
    rows = np.column_stack([ROWS, np.ones(len(ROWS))])
    with pytest.raises(InputError, match="must fill a volume"):
        GaussianMixture(2, outliers="uniform", covariance_type="diag").fit(rows)


def test_the_box_lies_along_the_principal_axes() -> None:
    turned = ROWS[:200] @ np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    assert log_volume_of(Fold.of_rows(turned)) == pytest.approx(log_volume_of(Fold.of_rows(ROWS[:200])), rel=1e-9)
    least, most = Box(np.zeros(2), np.eye(2))(Rows(ROWS))
    np.testing.assert_array_equal(most - least, np.ptp(ROWS, axis=0))


def test_loneliness_does_not_depend_on_units() -> None:
    weights = np.ones(len(ROWS))
    np.testing.assert_allclose(loneliness(ROWS, weights), loneliness(ROWS * [10.0, 0.1] + 7.0, weights), rtol=1e-6)


def test_no_share_is_no_background() -> None:
    potentials = Potentials.nearest(np.zeros((1, 1)))
    assert Outliers(0.0).beside(potentials) is potentials
    assert Outliers(0.1, log_threshold=-3.0).beside(potentials) is potentials
