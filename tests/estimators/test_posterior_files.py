"""Posteriors in model files."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris

from mixfold import BayesianGaussianMixture, GaussianMixture, Mixture
from mixfold.datasets import load_faithful
from mixfold.errors import InputError, ModelFileError
from mixfold.estimators.posterior_files import optima_of, optima_saved

X = load_faithful().data


def fitted(**settings: Any) -> BayesianGaussianMixture:
    return BayesianGaussianMixture(n_components=3, init_params="kmeans", random_state=0, **settings).fit(X)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"covariance_type": "tied", "weight_concentration_prior": 0.3},
        {"covariance_type": "spherical", "weight_concentration_prior_type": "dirichlet_distribution"},
        {"covariance_type": "diag", "weight_concentration_prior_type": "pitman_yor_process"},
        {"posterior": "gibbs", "n_draws": 4},
        {"covariance_type": "tied", "posterior": "gibbs", "n_draws": 4},
    ],
)
@pytest.mark.parametrize("suffix", [".json", ".safetensors"])
def test_what_is_read_again_answers_as_before(settings: dict[str, Any], suffix: str, tmp_path: Path) -> None:
    model, path = fitted(**settings, reg_covar=1e-3), tmp_path / f"model{suffix}"
    model.save(path)
    again = BayesianGaussianMixture.load(path)
    np.testing.assert_array_equal(model.score_samples(X), again.score_samples(X))
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))
    assert model.sample_posterior(3, random_state=1) == again.sample_posterior(3, random_state=1)
    assert again.get_params()["covariance_type"] == model.covariance_type
    for name in ("n_components_", "component_probabilities_", "lower_bound_", "lower_bounds_", "n_iter_", "converged_"):
        assert getattr(again, name) == getattr(model, name)
    for name in ("covariance_prior_", "weight_concentration_prior_", "degrees_of_freedom_", "precisions_cholesky_"):
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name))
    assert again.summary() == model.summary()
    assert again._fit is not None
    assert again._fit[1].ridge == 1e-3


def test_a_file_says_how_values_were_recorded(tmp_path: Path) -> None:
    model = BayesianGaussianMixture(n_components=2, random_state=0).fit(X[:60])
    model.save(tmp_path / "model.json")
    again = BayesianGaussianMixture.load(tmp_path / "model.json")
    assert model._fit is not None
    assert again._fit is not None
    assert np.all(model._fit[1].jitter > 0.0)
    np.testing.assert_array_equal(again._fit[1].jitter, model._fit[1].jitter)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_its_file_is_that_of_the_expected_mixture_too(tmp_path: Path) -> None:
    model = fitted()
    model.save(tmp_path / "model.json")
    assert Mixture.load(tmp_path / "model.json") == model.mixture_
    with pytest.raises(ModelFileError, match="holds a BayesianGaussianMixture"):
        GaussianMixture.load(tmp_path / "model.json")


@pytest.mark.parametrize(
    ("name", "value"),
    [("posterior.taken", -1.0), ("posterior.degrees_of_freedom", 0.0), ("posterior.left", 0.0)],
)
def test_a_file_whose_posterior_is_none_is_refused(name: str, value: float, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    fitted().save(path)
    document = json.loads(path.read_text())
    arrays = document["arrays"]
    assert name in arrays
    arrays[name] = [value] * 3 if not isinstance(arrays[name], dict) else {**arrays[name], "data": [value] * 3}
    path.write_text(json.dumps(document))
    with pytest.raises(ModelFileError):
        BayesianGaussianMixture.load(path)


def test_a_pickle_leaves_out_the_course_of_the_fit() -> None:
    model = fitted()
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))
    assert not hasattr(again, "history_")


@pytest.mark.parametrize("suffix", [".json", ".safetensors"])
def test_optima_are_read_again(suffix: str, tmp_path: Path) -> None:
    rows, path = load_iris().data[:, :2], tmp_path / f"model{suffix}"
    model = BayesianGaussianMixture(n_components=10, random_state=0).fit(rows)
    model.save(path)
    for again in (BayesianGaussianMixture.load(path), pickle.loads(pickle.dumps(model))):
        assert len(again.optima_) > 1
        assert again.optima_ == model.optima_
        np.testing.assert_array_equal(model.score_samples(rows), again.score_samples(rows))


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_shares_of_optima_that_are_none_are_refused(share: float) -> None:
    model = BayesianGaussianMixture(n_components=10, random_state=0).fit(load_iris().data[:, :2])
    (about,), arrays = optima_saved(model._others)
    assert model._fit is not None
    family = model._fit[1].family
    (again,) = optima_of([about], arrays, family, 2)
    assert again.share == about["share"] > 0.0
    with pytest.raises(InputError, match="Shares of optima must be positive and at most one"):
        optima_of([{**about, "share": share}], arrays, family, 2)
