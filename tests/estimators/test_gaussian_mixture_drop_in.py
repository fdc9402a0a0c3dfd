"""The estimator in place of scikit-learn's: frames, tensors, pipelines, attributes that are set by hand."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mixfold import GaussianMixture, Mixture
from mixfold.covariance import FAMILIES
from mixfold.engines import to_numpy
from mixfold.typing import Array, FloatArray
from tests.examples import blobs

ROWS, LABELS = blobs(240, 3, 2, separation=6.0)
families = pytest.mark.parametrize("covariance_type", list(FAMILIES))


def model_of(**parameters: Any) -> GaussianMixture:
    """Give a mixture of three components with a seed."""
    return GaussianMixture(3, **{"init_params": "kmeans", "random_state": 0, **parameters})


@pytest.fixture
def by_hand() -> GaussianMixture:
    model = GaussianMixture(2)
    model.weights_ = np.array([0.25, 0.75])
    model.means_ = np.array([[0.0, 0.0], [4.0, 4.0]])
    model.precisions_cholesky_ = np.stack([np.eye(2), 2.0 * np.eye(2)])
    return model


# Drop-in


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_frames_give_the_fit_of_their_numbers_and_their_names(frame: Callable[..., Any]) -> None:
    table = frame({"height": ROWS[:, 0], "width": ROWS[:, 1]})
    model = model_of().fit(table)
    assert model.feature_names_in_.tolist() == ["height", "width"]
    assert model.mixture_.feature_names == ("height", "width")
    plain = model_of().fit(ROWS)
    np.testing.assert_array_equal(model.means_, plain.means_)
    np.testing.assert_array_equal(model.predict(table), plain.predict(ROWS))


def test_columns_in_another_order_are_refused() -> None:
    table = pd.DataFrame(ROWS, columns=["a", "b"])
    model = model_of().fit(table)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(table[["b", "a"]])


@pytest.mark.parametrize(("container", "kind"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame)])
def test_set_output_gives_frames(container: Any, kind: type) -> None:
    shares = model_of().set_output(transform=container).fit(ROWS).transform(ROWS)
    assert isinstance(shares, kind)
    assert list(shares.columns) == ["gaussianmixture0", "gaussianmixture1", "gaussianmixture2"]


def test_a_clone_has_the_parameters_and_no_fit() -> None:
    model = model_of(covariance_type="diag", means_init=ROWS[:3]).fit(ROWS)
    copied = clone(model)
    assert copied.get_params()["covariance_type"] == "diag"
    assert not hasattr(copied, "weights_")
    assert copied.fit(ROWS).mixture_ == model.mixture_


@families
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("how", ["pickle", "joblib"])
def test_a_pickled_estimator_answers_the_same(covariance_type: str, dtype: type, how: str, tmp_path: Path) -> None:
    rows = ROWS.astype(dtype)
    model = model_of(covariance_type=covariance_type).fit(rows)
    if how == "pickle":
        other = pickle.loads(pickle.dumps(model))
    else:
        joblib.dump(model, tmp_path / "model.joblib")
        other = joblib.load(tmp_path / "model.joblib")
    assert other.mixture_ == model.mixture_
    np.testing.assert_array_equal(other.predict_proba(rows), model.predict_proba(rows))
    np.testing.assert_array_equal(other.score_samples(rows), model.score_samples(rows))


def test_a_pipeline_and_a_grid_search_take_it() -> None:
    pipeline = make_pipeline(StandardScaler(), GaussianMixture(init_params="kmeans", random_state=0))
    search = GridSearchCV(pipeline, {"gaussianmixture__n_components": [1, 3]}, cv=3).fit(ROWS)
    assert search.best_params_ == {"gaussianmixture__n_components": 3}


@families
def test_float32_in_gives_float32_out(covariance_type: str, library: Callable[[FloatArray], Array]) -> None:
    rows = library(ROWS.astype(np.float32))
    model = model_of(covariance_type=covariance_type).fit(rows)
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        assert getattr(model, name).dtype == rows.dtype
    assert model.score_samples(rows).dtype == rows.dtype
    assert model.predict_proba(rows).dtype == rows.dtype
    double = model_of(covariance_type=covariance_type).fit(ROWS)
    np.testing.assert_allclose(to_numpy(model.means_), double.means_, atol=0.02)


@families
def test_a_tensor_gives_the_fit_of_the_array(covariance_type: str) -> None:
    torch = pytest.importorskip("torch")
    rows = torch.tensor(ROWS)
    model, expected = (model_of(covariance_type=covariance_type).fit(data) for data in (rows, ROWS))
    for name in ("weights_", "means_", "covariances_", "precisions_cholesky_"):
        assert isinstance(getattr(model, name), torch.Tensor)
        np.testing.assert_allclose(getattr(model, name).numpy(), getattr(expected, name), rtol=1e-8, atol=1e-9)
    assert isinstance(model.predict(rows), torch.Tensor)
    np.testing.assert_array_equal(model.predict(rows).numpy(), expected.predict(ROWS))
    assert model.score(rows) == pytest.approx(expected.score(ROWS))


def test_a_tensor_that_records_gradients_is_fitted() -> None:
    torch = pytest.importorskip("torch")
    model = model_of().fit(torch.tensor(ROWS, requires_grad=True))
    np.testing.assert_allclose(model.means_.numpy(), model_of().fit(ROWS).means_)


def test_attributes_are_copies_that_may_be_written() -> None:
    model = model_of().fit(ROWS)
    model.means_[0] = 0.0
    assert model.means_[0].tolist() == [0.0, 0.0]


# Parameters set by hand


def test_parameters_set_by_hand_answer(by_hand: GaussianMixture) -> None:
    expected = Mixture([0.25, 0.75], by_hand.means_, [np.eye(2), np.eye(2) / 4.0])
    np.testing.assert_allclose(by_hand.score_samples(ROWS), expected.log_density(ROWS), rtol=1e-12)
    np.testing.assert_array_equal(by_hand.predict(ROWS), expected.labels(ROWS))
    np.testing.assert_allclose(by_hand.predict_proba(ROWS), expected.responsibilities(ROWS), atol=1e-12)
    assert by_hand.score(ROWS) == pytest.approx(float(np.mean(expected.log_density(ROWS))))
    assert np.isfinite(by_hand.bic(ROWS))
    assert by_hand.sample(5)[0].shape == (5, 2)


def test_parameters_set_by_hand_refuse_other_features(
    by_hand: GaussianMixture, library: Callable[[FloatArray], Array]
) -> None:
    with pytest.raises(ValueError, match="X must have 2 features"):
        by_hand.predict(library(np.zeros((4, 3))))


def test_parameters_set_by_hand_answer_a_file(by_hand: GaussianMixture, tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    np.testing.assert_array_equal(by_hand.predict(tmp_path / "rows.npy"), by_hand.predict(ROWS))


def test_covariances_set_by_hand_are_enough_to_sample() -> None:
    model = GaussianMixture(1, random_state=0)
    model.weights_, model.means_, model.covariances_ = np.ones(1), np.zeros((1, 2)), np.eye(2)[None] * 4.0
    assert np.std(model.sample(2000)[0]) == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("name", ["means_", "weights_", "precisions_cholesky_", "covariances_"])
def test_a_changed_attribute_is_followed(name: str, in_place: bool) -> None:
    model = model_of().fit(ROWS)
    values = {"weights_": np.array([0.2, 0.3, 0.5]), "means_": model.means_ + 1.0}
    new = values.get(name, getattr(model, name) * 1.5)
    expected = {
        "weights": model.weights_.copy(),
        "means": model.means_.copy(),
        "covariances": model.covariances_.copy(),
    }
    if in_place:
        getattr(model, name)[...] = new
    else:
        setattr(model, name, new)
    if name == "precisions_cholesky_":
        expected["covariances"] = expected["covariances"] / 1.5**2
    else:
        expected[name[:-1]] = new
    np.testing.assert_allclose(model.score_samples(ROWS), Mixture(**expected).log_density(ROWS), rtol=1e-9)


def test_fitting_forgets_what_was_set_by_hand() -> None:
    model = model_of().fit(ROWS)
    model.means_ = model.means_ + 100.0
    assert model.fit(ROWS).mixture_ == model_of().fit(ROWS).mixture_
