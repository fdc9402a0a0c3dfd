"""The estimator and its rows: files, and what is refused."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES
from mixfold.errors import InputError
from mixfold.rows import CHUNK_ROWS
from mixfold.typing import Array, FloatArray
from tests.examples import blobs

ROWS, LABELS = blobs(240, 3, 2, separation=6.0)
families = pytest.mark.parametrize("covariance_type", list(FAMILIES))


def model_of(**parameters: Any) -> GaussianMixture:
    """Give a mixture of three components with a seed."""
    return GaussianMixture(3, **{"init_params": "kmeans", "random_state": 0, **parameters})


# Files


@families
def test_a_file_gives_the_fit_of_its_array(covariance_type: str, tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    for path in (tmp_path / "rows.npy", str(tmp_path / "rows.npy")):
        model = model_of(covariance_type=covariance_type).fit(path)
        expected = model_of(covariance_type=covariance_type).fit(ROWS)
        assert model.mixture_ == expected.mixture_
        np.testing.assert_array_equal(model.predict(path), expected.predict(ROWS))
        assert model.score(path) == expected.score(ROWS)


def test_a_file_of_several_chunks_is_predicted_in_order(tmp_path: Path) -> None:
    rows = np.tile(ROWS, (CHUNK_ROWS // 100, 1))
    np.save(tmp_path / "rows.npy", rows)
    model = model_of().fit(ROWS)
    np.testing.assert_array_equal(model.predict(tmp_path / "rows.npy"), model.predict(rows))


def test_a_file_takes_weights(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    weights = np.random.default_rng(0).uniform(size=240)
    ours = model_of().fit(tmp_path / "rows.npy", sample_weight=weights)
    np.testing.assert_allclose(ours.means_, model_of().fit(ROWS, sample_weight=weights).means_)


def test_a_file_of_float32_gives_float32(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS.astype(np.float32))
    assert model_of().fit(tmp_path / "rows.npy").means_.dtype == np.float32


def test_fitting_a_file_forgets_the_names_of_a_frame(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    model = model_of().fit(pd.DataFrame(ROWS, columns=["a", "b"])).fit(tmp_path / "rows.npy")
    assert not hasattr(model, "feature_names_in_")
    assert model.predict(ROWS).shape == (240,)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_the_row_of_a_file_that_is_not_finite_is_named(bad: float, tmp_path: Path) -> None:
    rows = ROWS.copy()
    rows[17, 1] = bad
    np.save(tmp_path / "rows.npy", rows)
    with pytest.raises(InputError, match="feature 1 is missing, NaN or infinite in row 17 of .*rows.npy"):
        model_of(missing="raise").fit(tmp_path / "rows.npy")


@pytest.mark.parametrize("n", [0, 1])
def test_a_file_of_too_few_rows_is_refused(n: int, tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS[:n])
    with pytest.raises(ValueError, match="at least 2 row|must hold rows"):
        GaussianMixture().fit(tmp_path / "rows.npy")


def test_a_file_of_other_features_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.ones((5, 7)))
    with pytest.raises(ValueError, match=r"X must have 2 features, the number of the mixture, got 7"):
        model_of().fit(ROWS).predict(tmp_path / "rows.npy")


def test_a_file_with_too_few_rows_of_positive_weight_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    with pytest.raises(InputError, match="n_components = 3, n_samples = 2"):
        model_of().fit(tmp_path / "rows.npy", sample_weight=np.r_[1.0, 1.0, np.zeros(238)])


def test_a_missing_file_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no \.npy file nowhere\.npy"):
        model_of().fit("nowhere.npy")


# Bad input


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_rows_that_are_not_finite_are_refused(bad: float, library: Callable[[FloatArray], Array]) -> None:
    rows = ROWS.copy()
    rows[3, 0] = bad
    with pytest.raises(ValueError, match="NaN|infinity"):
        model_of(missing="raise").fit(library(rows))
    with pytest.raises(ValueError, match="NaN|infinity"):
        model_of(missing="raise").fit(ROWS).predict(rows)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([["a", "b"], ["c", "d"]], "could not convert string"),
        (np.ones((5, 2), dtype=complex), "Complex data not supported"),
        (np.empty((0, 2)), "0 sample"),
        (np.empty((5, 0)), r"0 feature"),
        (np.ones((1, 2)), "minimum of 2"),
        (np.ones((2, 2)), "n_samples >= n_components but got n_components = 3, n_samples = 2"),
        (np.ones(5), "Reshape your data"),
        (np.array([[np.inf, 1.0], [2.0, 3.0]], dtype=object), "infinity"),
    ],
    ids=["strings", "complex", "no rows", "no features", "one row", "few rows", "one dimension", "objects"],
)
def test_rows_that_cannot_be_fitted_are_refused(rows: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model_of().fit(rows)


@pytest.mark.parametrize("k", [2, 4])
def test_rows_that_are_there_often_may_be_in_fewer_places_than_there_are_features(k: int) -> None:
    places = np.random.default_rng(0).normal(size=(6, 9))
    rows = np.repeat(places * np.geomspace(0.01, 100.0, 9), 4, axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of components of too few rows
        model = GaussianMixture(k, random_state=0).fit(rows)
    assert np.all(np.bincount(model.predict(rows), minlength=k) % 4 == 0)


def test_another_number_of_features_is_refused() -> None:
    model = model_of().fit(ROWS)
    for rows in (ROWS[:, :1], np.ones((5, 3))):
        with pytest.raises(ValueError, match="features"):
            model.predict(rows)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (-np.ones(240), "negative|Negative"),
        (np.zeros(240), "every weight is zero|at least one non-zero"),
        (np.full(240, np.nan), "NaN"),
        (np.ones(7), "shape"),
        (np.r_[np.ones(2), np.zeros(238)], "n_samples = 2 \\(rows of positive weight\\)"),
    ],
)
def test_useless_weights_are_refused(weights: FloatArray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model_of().fit(ROWS, sample_weight=weights)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_components": 0}, "n_components"),
        ({"covariance_type": "round"}, "covariance_type"),
        ({"tol": -1.0}, "tol"),
        ({"reg_covar": -1.0}, "reg_covar"),
        ({"reg_covar": "lots"}, "reg_covar"),
        ({"max_iter": -1}, "max_iter"),
        ({"n_init": 0}, "n_init"),
        ({"init_params": "luck"}, "init_params"),
        ({"engine": "steam"}, "engine"),
        ({"callback": 7}, "callback"),
        ({"verbose_interval": 0}, "verbose_interval"),
        ({"random_state": "seed"}, "random_state"),
        ({"n_jobs": 1.5}, "n_jobs"),
    ],
)
def test_a_parameter_out_of_range_is_named(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"The '{message}' parameter"):
        GaussianMixture(**parameters).fit(ROWS)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "score_samples", "score", "bic", "aic", "transform"])
def test_an_estimator_that_was_not_fitted_says_so(method: str) -> None:
    with pytest.raises(NotFittedError, match="not fitted"):
        getattr(GaussianMixture(), method)(ROWS)


def test_a_sample_without_a_fit_is_refused() -> None:
    with pytest.raises(NotFittedError):
        GaussianMixture().sample()
    with pytest.raises(AttributeError, match="not fitted yet.*Call `fit` first"):
        GaussianMixture().mixture_  # noqa: B018
