"""Fits of more than a plain mixture, through the estimator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.errors import InputError
from mixfold.estimators.outliers import log_volume_of
from mixfold.fold import Fold

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


def test_auto_seldom_finds_any_among_normal_rows() -> None:
    found = 0
    for seed in range(8):
        rows = np.random.default_rng(seed).normal(size=(200, 2))
        found += GaussianMixture(1, outliers="auto", random_state=0).fit(rows).outlier_share_ > 0.0
    assert found <= 1  # 7 where the sides of the box are not counted


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


KNOWN = {"means": [[0.0, 0.0], [np.nan, np.nan]], "covariances": [np.eye(2), np.full((2, 2), np.nan)]}


@pytest.mark.parametrize("outliers", [None, "uniform", 0.1])
def test_what_is_known_stays_and_the_rest_is_found(outliers: Any) -> None:
    model = GaussianMixture(2, fixed=KNOWN, outliers=outliers, random_state=0).fit(ROWS if outliers else ROWS[:300])
    np.testing.assert_array_equal(model.means_[0], [0.0, 0.0])
    np.testing.assert_array_equal(model.covariances_[0], np.eye(2))
    np.testing.assert_allclose(model.means_[1], [12.0, 12.0], atol=0.4)
    objectives = [one.objective for one in model.history_]
    assert np.all(np.diff(objectives) >= -1e-12 * np.abs(objectives[-1]))


def test_a_component_that_a_search_would_not_find_is_where_it_is_known() -> None:
    rare = np.concatenate([ROWS[:300], np.random.default_rng(1).normal(size=(6, 2)) * 0.5 + [6.0, -6.0]])
    fixed = {"means": [[6.0, -6.0], [np.nan] * 2, [np.nan] * 2], "weights": [6 / 306, np.nan, np.nan]}
    model = GaussianMixture(3, fixed=fixed, random_state=0).fit(rare)
    assert model.weights_[0] == 6 / 306
    np.testing.assert_allclose(np.sort(model.means_[1:, 0]), [0.0, 12.0], atol=0.5)
    assert np.all(model.predict(rare)[300:] == 0)


def test_parameters_that_are_known_cost_no_bic(tmp_path: Any) -> None:
    rows = ROWS[:300]
    model = GaussianMixture(2, fixed=KNOWN, random_state=0).fit(rows)
    n_free = model.mixture_.n_parameters - 5
    assert model.bic(rows) == pytest.approx(-2.0 * model.score_samples(rows).sum() + n_free * np.log(300))
    model.save(tmp_path / "model.json")
    assert GaussianMixture.load(tmp_path / "model.json").bic(rows) == model.bic(rows)


def test_no_weight_is_below_the_least() -> None:
    rare = np.concatenate([ROWS[:300], np.random.default_rng(1).normal(6.0, 1.0, size=(6, 2))])
    model = GaussianMixture(3, fixed={"min_weight": 0.1}, random_state=0).fit(rare)
    assert np.min(model.weights_) >= 0.1


def test_labels_name_components_beside_a_background() -> None:
    labels = np.full(len(ROWS), -1)
    labels[:5], labels[150:155] = 1, 0
    model = GaussianMixture(2, outliers=0.1, random_state=0).fit(ROWS, labels=labels)
    np.testing.assert_allclose(model.means_, [[12.0, 12.0], [0.0, 0.0]], atol=0.5)
