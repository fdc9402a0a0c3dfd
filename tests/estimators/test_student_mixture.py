from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mixfold import GaussianMixture, StudentMixture
from mixfold.datasets import load_faithful
from mixfold.errors import ConvergenceWarning, InputError, ModelFileError
from mixfold.typing import FloatArray


@pytest.fixture(scope="module")
def heavy() -> tuple[FloatArray, Any]:
    """Two groups with tails of three degrees of freedom, and the group of each row."""
    random = np.random.RandomState(0)
    groups = [stats.multivariate_t.rvs(np.full(2, m), np.eye(2), 3.0, size=400, random_state=random) for m in (0, 12)]
    return np.concatenate(groups), np.repeat([0, 1], 400)


@pytest.fixture(scope="module")
def model(heavy: tuple[FloatArray, Any]) -> StudentMixture:
    return StudentMixture(2, random_state=0, init_params="kmeans").fit(heavy[0])


def test_groups_of_heavy_tails_are_found(model: StudentMixture, heavy: tuple[FloatArray, Any]) -> None:
    labels, groups = model.predict(heavy[0]), heavy[1]
    assert max(np.mean(labels == groups), np.mean(labels != groups)) > 0.99
    np.testing.assert_allclose(np.sort(model.degrees_), [3.0, 3.0], atol=1.0)


def test_it_is_likelier_than_a_gaussian_mixture_by_bic(model: StudentMixture, heavy: tuple[FloatArray, Any]) -> None:
    assert model.bic(heavy[0]) < GaussianMixture(2, random_state=0, init_params="kmeans").fit(heavy[0]).bic(heavy[0])


def test_score_samples_is_the_density_of_scipy(model: StudentMixture, heavy: tuple[FloatArray, Any]) -> None:
    each = zip(model.weights_, model.means_, model.covariances_, model.degrees_, strict=True)
    density = sum(w * stats.multivariate_t.pdf(heavy[0], m, s, v) for w, m, s, v in each)
    np.testing.assert_allclose(model.score_samples(heavy[0]), np.log(density), rtol=1e-9)
    assert model.score(heavy[0]) == pytest.approx(model.lower_bound_)


def test_shares_sum_to_one(model: StudentMixture, heavy: tuple[FloatArray, Any]) -> None:
    np.testing.assert_allclose(model.predict_proba(heavy[0]).sum(axis=1), 1.0, rtol=1e-12)


def test_rows_far_from_all_are_held_off(heavy: tuple[FloatArray, Any]) -> None:
    rows = np.concatenate([heavy[0], [[500.0, -500.0]]])
    weights = StudentMixture(2, random_state=0, init_params="kmeans", degrees=3.0).fit(heavy[0]).row_weights(rows)
    assert np.argmin(weights) == len(rows) - 1
    assert weights[-1] < 1e-3 < np.median(weights)


def test_the_log_likelihood_of_every_step_is_kept(model: StudentMixture) -> None:
    assert len(model.lower_bounds_) == model.n_iter_ > 0
    assert model.lower_bounds_[-1] == model.lower_bound_


@pytest.mark.parametrize(("degrees", "more"), [("each", 2), ("one", 1), (5.0, 0)])
def test_criteria_count_the_degrees_that_are_learned(degrees: Any, more: int, heavy: tuple[FloatArray, Any]) -> None:
    fitted = StudentMixture(2, degrees=degrees, random_state=0, init_params="kmeans").fit(heavy[0])
    n_parameters = 1 + 4 + 6 + more
    assert fitted.aic(heavy[0]) == pytest.approx(-2.0 * 800 * fitted.score(heavy[0]) + 2.0 * n_parameters)
    assert len(set(fitted.degrees_.tolist())) == (2 if degrees == "each" else 1)


def test_weights_count_as_rows(heavy: tuple[FloatArray, Any]) -> None:
    rows = heavy[0][::4]
    settings = {"n_components": 2, "init_params": "random_from_data", "random_state": 0, "reg_covar": 1e-6, "tol": 1e-9}
    settings |= {"init_params": "kmeans"}
    double = StudentMixture(**settings).fit(np.concatenate([rows, rows]))
    weighted = StudentMixture(**settings).fit(rows, sample_weight=np.full(len(rows), 2.0))
    np.testing.assert_allclose(np.sort(weighted.means_, axis=0), np.sort(double.means_, axis=0), rtol=1e-3, atol=1e-3)


def test_single_precision_is_given_back(heavy: tuple[FloatArray, Any]) -> None:
    rows = heavy[0].astype(np.float32)
    fitted = StudentMixture(2, random_state=0, init_params="kmeans").fit(rows)
    answers = fitted.score_samples(rows), fitted.row_weights(rows), fitted.degrees_
    assert {answer.dtype for answer in answers} == {np.dtype(np.float32)}


def test_samples_come_from_it(model: StudentMixture) -> None:
    rows, labels = model.sample(300)
    assert rows.shape == (300, 2)
    assert np.mean(model.predict(rows) == labels) > 0.97


def test_a_pickled_one_says_the_same(model: StudentMixture, heavy: tuple[FloatArray, Any]) -> None:
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.score_samples(heavy[0]), model.score_samples(heavy[0]))


def test_too_few_iterations_are_warned_of(heavy: tuple[FloatArray, Any]) -> None:
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        StudentMixture(2, random_state=0, max_iter=1).fit(heavy[0])


def test_a_summary_tells_the_degrees(model: StudentMixture) -> None:
    assert "degrees of freedom: " in model.summary()
    assert "StudentMixture: converged after" in model.summary()


def test_what_is_not_fitted_has_no_mixture() -> None:
    with pytest.raises(AttributeError, match="Call `fit` first"):
        _ = StudentMixture().mixture_


@pytest.mark.parametrize("degrees", ["each", "one"])
@pytest.mark.parametrize("n_components", [2, 3])
def test_a_default_fit_converges_where_degrees_creep(degrees: str, n_components: int) -> None:
    fitted = StudentMixture(n_components, degrees=degrees, random_state=0).fit(load_faithful().data)
    objectives = [iteration.objective for iteration in fitted.history_]
    assert fitted.converged_
    assert fitted.n_iter_ < 300
    assert np.all(np.diff(objectives) >= -1e-12 * np.abs(objectives[-1]))


def test_a_saved_one_says_the_same(model: StudentMixture, heavy: tuple[FloatArray, Any], tmp_path: Path) -> None:
    model.save(tmp_path / "model.json")
    again = StudentMixture.load(tmp_path / "model.json")
    np.testing.assert_array_equal(again.score_samples(heavy[0]), model.score_samples(heavy[0]))
    assert again.get_params() == model.get_params()
    assert (again.outcome_, again.n_iter_, again.lower_bound_) == (model.outcome_, model.n_iter_, model.lower_bound_)


def test_files_without_an_estimator_are_refused(model: StudentMixture, tmp_path: Path) -> None:
    model.mixture_.save(tmp_path / "mixture.json")
    with pytest.raises(ModelFileError, match="must describe a fitted StudentMixture"):
        StudentMixture.load(tmp_path / "mixture.json")


def test_scikit_learn_has_nothing_like_it(model: StudentMixture) -> None:
    with pytest.raises(InputError, match="must be Gaussian"):
        model.to_sklearn()


def test_rows_may_lack_values_and_have_labels(heavy: tuple[FloatArray, Any], model: StudentMixture) -> None:
    rows, groups = heavy
    gaps = np.where(np.random.default_rng(0).random(rows.shape) < 0.1, np.nan, rows)
    gaps[3] = np.nan
    labels = np.where(np.arange(800) % 400 < 3, 1 - groups, -1)  # the other way round
    found = StudentMixture(2, random_state=0, init_params="kmeans").fit(gaps, labels=labels)
    assert np.all(np.diff([iteration.objective for iteration in found.history_]) >= -1e-13)
    np.testing.assert_array_equal(found.n_missing_, np.isnan(gaps).sum(axis=0))
    np.testing.assert_allclose(np.sort(found.means_[:, 0]), np.sort(model.means_[:, 0]), atol=0.2)
    assert found.means_[0, 0] > found.means_[1, 0]
    np.testing.assert_allclose(found.degrees_, 3.0, atol=1.5)
    assert np.mean(found.predict(gaps) == 1 - groups) > 0.98
    only = found.row_weights(gaps[:4])
    assert only[3] == 1.0
    whole = ~np.isnan(gaps[:4]).any(axis=1)
    np.testing.assert_allclose(only[whole], found.row_weights(rows[:4][whole]), rtol=1e-12)
    with pytest.raises(ValueError, match="NaN"):
        StudentMixture(2, missing="raise").fit(gaps)
