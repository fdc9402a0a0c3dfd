"""Features that others determine change no choice."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mixfold import AutoGaussianMixture
from tests.estimators.test_determined import IRIS, MORE, more_of, quietly


@more_of
def test_a_choice_is_that_of_a_grid_without_them(more: str, tmp_path: Path) -> None:
    rows, kinds = np.column_stack([IRIS, MORE[more]]), ["full", "VEV", "EEE"]
    plain, whole = (AutoGaussianMixture([1, 2, 3, 4], covariance_types=kinds, random_state=0) for _ in range(2))
    plain.fit(IRIS)
    whole.fit(rows)
    assert [cell["bic"] for cell in whole.results_] == [cell["bic"] for cell in plain.results_]
    np.testing.assert_array_equal(whole.predict(rows), plain.predict(IRIS))
    np.testing.assert_array_equal(whole.cluster_labels_, plain.cluster_labels_)
    assert {cell.parameters.means.shape[1] for cell in whole.grid_models_ if cell.parameters} == {rows.shape[1]}
    whole.save(tmp_path / "model.npz")
    again = AutoGaussianMixture.load(tmp_path / "model.npz")
    np.testing.assert_array_equal(again.score_samples(rows), whole.score_samples(rows))


@quietly
def test_a_callback_and_a_file_know_them_as_the_fit_does(tmp_path: Path) -> None:
    rows, told = np.column_stack([IRIS[:, :2], IRIS[:, 0]]), []
    model = AutoGaussianMixture(
        [2], covariance_types=["factor:1"], random_state=0, callback=lambda *cells: told.extend(cells)
    ).fit(rows)
    assert {cell.parameters.means.shape[1] for cell in told if cell.parameters} == {rows.shape[1]}
    model.save(tmp_path / "model.npz")
    again = AutoGaussianMixture.load(tmp_path / "model.npz")
    assert again.covariance_type_ == model.covariance_type_ == "factor:1"
    np.testing.assert_array_equal(again.covariances_, model.covariances_)


def test_families_that_cannot_hold_them_are_not_tried_and_it_is_said() -> None:
    kinds = ["full", "diag", "spherical"]
    for more, left_out in (("a sum", "diag, spherical"), ("a constant", "spherical")):
        model = AutoGaussianMixture([2], covariance_types=kinds, random_state=0)
        model.fit(np.column_stack([IRIS, MORE[more]]))
        assert f"Not tried: {left_out}, which cannot hold" in model.reason_
    alone = AutoGaussianMixture([2], covariance_types=["diag"], random_state=0).fit(np.column_stack([IRIS, IRIS]))
    assert alone.covariance_type_ == "diag"


def test_more_factors_than_free_features_are_as_many() -> None:
    rows = np.column_stack([IRIS[:, :2], IRIS[:, :2], IRIS[:, 0] + IRIS[:, 1]])
    model = AutoGaussianMixture([2], covariance_types=["factor:2", "factor:3"], random_state=0).fit(rows)
    assert [cell["covariance_type"] for cell in model.results_] == ["factor:2"]
    plain = AutoGaussianMixture([2], covariance_types=["factor:2"], random_state=0).fit(IRIS[:, :2])
    np.testing.assert_array_equal(model.predict(rows), plain.predict(IRIS[:, :2]))


def test_a_grid_of_rows_that_lack_values_has_all_features() -> None:
    rows = np.column_stack([IRIS, MORE["a constant"]])
    rows[3, 1] = np.nan
    model = AutoGaussianMixture([2], covariance_types=["full"], random_state=0).fit(rows)
    assert model.best_estimator_.covariances_.shape == (2, 5, 5)
