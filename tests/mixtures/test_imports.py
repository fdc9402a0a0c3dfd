"""Mixtures that other programs fitted."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal
from sklearn.datasets import load_iris
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture

from mixfold import Mixture
from mixfold.errors import InputError

ROWS = load_iris().data


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_scikit_learn_s_mixture_scores_as_it_does(covariance_type: str) -> None:
    model = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(
        pd.DataFrame(ROWS, columns=list("abcd"))
    )
    mixture = Mixture.from_scikit_learn(model)
    frame = pd.DataFrame(ROWS, columns=list("abcd"))
    np.testing.assert_allclose(mixture.log_density(ROWS), model.score_samples(frame), rtol=1e-9)
    np.testing.assert_allclose(mixture.responsibilities(ROWS), model.predict_proba(frame), atol=1e-9)
    assert mixture.feature_names == ("a", "b", "c", "d")


def test_scikit_learn_s_posterior_gives_its_expected_parameters() -> None:
    model = BayesianGaussianMixture(n_components=3, random_state=0, max_iter=5000).fit(ROWS)
    mixture = Mixture.from_scikit_learn(model)
    np.testing.assert_array_equal(mixture.means, model.means_)
    np.testing.assert_allclose(mixture.weights, model.weights_ / model.weights_.sum())


def test_tensors_of_a_library_with_the_same_names_are_taken() -> None:
    torch = pytest.importorskip("torch")
    model = SimpleNamespace(
        weights_=torch.tensor([0.5, 0.5]),
        means_=torch.tensor([[0.0], [4.0]], requires_grad=True),
        covariances_=torch.tensor([1.0, 2.0]),
        covariance_type="spherical",
    )
    assert Mixture.from_scikit_learn(model).means.tolist() == [[0.0], [4.0]]


@pytest.mark.parametrize(("model", "said"), [
    (GaussianMixture(2), "no weights_, means_, covariances_"),
    (SimpleNamespace(weights_=1, means_=1, covariances_=1, covariance_type="banded"), "covariance_type 'banded'"),
])  # fmt: skip
def test_what_is_no_fitted_mixture_is_refused(model: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Mixture.from_scikit_learn(model)


def test_mclust_s_parameters_are_its_density() -> None:
    # In the layout of R: features first, components last.
    parameters = {
        "pro": [0.355872, 0.644128],
        "mean": [[2.036388, 4.289662], [54.478517, 79.968115]],
        "variance": {
            "sigma": np.moveaxis(
                [[[0.0691689, 0.4351655], [0.4351655, 33.6972821]], [[0.1699640, 0.9406093], [0.9406093, 36.0462113]]],
                0,
                2,
            )
        },
    }
    mixture = Mixture.from_mclust(parameters, ["eruptions", "waiting"])
    row = np.array([[3.0, 70.0]])
    sigma = parameters["variance"]["sigma"]  # type: ignore[index]
    expected = sum(
        p * multivariate_normal(np.array(parameters["mean"])[:, k], sigma[..., k]).pdf(row[0])
        for k, p in enumerate(parameters["pro"])  # type: ignore[arg-type]
    )
    assert mixture.log_density(row)[0] == pytest.approx(np.log(expected), rel=1e-5)
    assert mixture.feature_names == ("eruptions", "waiting")


def test_one_feature_of_mclust_has_squares() -> None:
    equal = Mixture.from_mclust({"pro": [0.5, 0.5], "mean": [0.0, 3.0], "variance": {"sigmasq": 2.0}})
    assert equal.covariances.tolist() == [2.0, 2.0]
    one = Mixture.from_mclust({"mean": [7.0], "variance": {"sigmasq": [4.0]}})
    assert one.weights.tolist() == [1.0]


@pytest.mark.parametrize(("parameters", "said"), [
    ({"pro": [1.0]}, "must have `mean` and `variance`"),
    ({"mean": [[0.0], [1.0]], "variance": {"sigma": [[1.0, 0.0], [0.0, 1.0]]}}, r"= \(2, 2, 1\), got \(2, 2\)"),
])  # fmt: skip
def test_parameters_that_are_not_mclust_s_are_refused(parameters: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Mixture.from_mclust(parameters)


def tgmm_saved(covariance_type: str, covariances: object) -> dict[str, object]:
    """Give what a model of tgmm saves of two components in two features."""
    return {
        "weights_": np.array([0.5, 0.25]),
        "means_": np.array([[0.0, 0.0], [4.0, 1.0]]),
        "covariances_": np.array(covariances),
        "covariance_type": covariance_type,
    }


@pytest.mark.parametrize(("covariance_type", "covariances", "dense"), [
    ("full", [[[2.0, 0.5], [0.5, 1.0]], [[1.0, 0.0], [0.0, 3.0]]], [[[2.0, 0.5], [0.5, 1.0]], [[1.0, 0.0], [0.0, 3.0]]]),
    ("VVE", [[[2.0, 0.5], [0.5, 1.0]], [[1.0, 0.0], [0.0, 3.0]]], [[[2.0, 0.5], [0.5, 1.0]], [[1.0, 0.0], [0.0, 3.0]]]),
    ("diag", [[2.0, 1.0], [1.0, 3.0]], [[[2.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 3.0]]]),
    ("spherical", [2.0, 3.0], [[[2.0, 0.0], [0.0, 2.0]], [[3.0, 0.0], [0.0, 3.0]]]),
    ("tied_full", [[2.0, 0.5], [0.5, 1.0]], [[[2.0, 0.5], [0.5, 1.0]]] * 2),
    ("tied_diag", [2.0, 1.0], [[[2.0, 0.0], [0.0, 1.0]]] * 2),
    ("tied_spherical", 2.0, [[[2.0, 0.0], [0.0, 2.0]]] * 2),
])  # fmt: skip
def test_parameters_of_tgmm_are_taken_in_its_shapes(covariance_type: str, covariances: object, dense: object) -> None:
    saved = tgmm_saved(covariance_type, covariances)
    mixture = Mixture.from_tgmm(saved, ["a", "b"])
    np.testing.assert_array_equal(mixture.component_covariances, dense)
    # A noise component has the rest of the weight, and is no Gaussian.
    np.testing.assert_allclose(mixture.weights, [2 / 3, 1 / 3])
    assert mixture.feature_names == ("a", "b")
    assert Mixture.from_tgmm(SimpleNamespace(**saved), ["a", "b"]) == mixture


def test_what_is_no_model_of_tgmm_is_refused() -> None:
    with pytest.raises(InputError, match="got no covariances_"):
        Mixture.from_tgmm(tgmm_saved("full", 1.0) | {"covariances_": None})
    with pytest.raises(InputError, match="got 'banded'"):
        Mixture.from_tgmm(tgmm_saved("banded", 1.0))


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical", "tied_full", "tied_diag", "EII", "VEV"])
def test_a_model_that_tgmm_fitted_scores_as_it_does(covariance_type: str) -> None:
    torch, tgmm = pytest.importorskip("torch"), pytest.importorskip("tgmm")
    rows = torch.tensor(ROWS)
    model = tgmm.GaussianMixture(2, covariance_type=covariance_type, random_state=0, device="cpu").fit(rows)
    for given in (model, model.save_state_dict()):
        np.testing.assert_allclose(Mixture.from_tgmm(given).log_density(ROWS), model.score_samples(rows), rtol=1e-9)
