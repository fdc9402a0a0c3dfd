"""Arrays of any library that keeps to the array API standard are taken, and answers come back in it."""

import numpy as np
import pytest

from mixfold import AutoGaussianMixture, BayesianGaussianMixture, GaussianMixture, StudentMixture
from mixfold.datasets import load_faithful

FAITHFUL = load_faithful().data


@pytest.fixture(params=["array_api_strict", "jax"])
def asarray(request):
    library = pytest.importorskip(request.param, reason="it is not installed")
    if request.param == "jax":
        library.config.update("jax_enable_x64", True)
        return library.numpy.asarray
    return library.asarray


def same(got, expected, like):
    assert type(got) is type(like)
    np.testing.assert_allclose(np.asarray(got), expected, rtol=1e-9)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical", "VVE", "factor:1"])
def test_a_fit_of_an_array_of_another_library_is_that_of_the_same_numbers(asarray, covariance_type):
    rows, model = asarray(FAITHFUL), GaussianMixture(2, covariance_type=covariance_type, random_state=0)
    expected, fitted = GaussianMixture(**model.get_params()).fit(FAITHFUL), model.fit(rows)
    same(fitted.means_, expected.means_, rows)
    for question in ("predict", "predict_proba", "score_samples", "transform", "mahalanobis"):
        same(getattr(fitted, question)(rows), getattr(expected, question)(FAITHFUL), rows)
    assert fitted.bic(rows) == pytest.approx(expected.bic(FAITHFUL), rel=1e-12)


def test_what_is_said_of_rows_may_be_an_array_of_that_library(asarray):
    weights, labels = np.linspace(0.5, 2.0, len(FAITHFUL)), np.where(np.arange(len(FAITHFUL)) < 5, 0, -1)
    for facts in ({"sample_weight": weights}, {"noise": np.full(2, 0.1)}, {"labels": labels}):
        expected = GaussianMixture(2, random_state=0).fit(FAITHFUL, **facts)
        theirs = {name: asarray(fact) for name, fact in facts.items()}
        rows = asarray(FAITHFUL)
        same(GaussianMixture(2, random_state=0).fit(rows, **theirs).means_, expected.means_, rows)


@pytest.mark.parametrize(
    ("estimator", "settings", "n_missing"),
    [(GaussianMixture, {}, 40), (GaussianMixture, {"outliers": 0.05}, 0), (StudentMixture, {}, 0)],
)
def test_gaps_a_background_and_heavy_tails_are_those_of_the_same_numbers(asarray, estimator, settings, n_missing):
    rows = FAITHFUL.copy()
    rows[:n_missing, 1] = np.nan
    here, there = (estimator(2, random_state=0, **settings).fit(X) for X in (rows, asarray(rows)))
    same(there.means_, here.means_, asarray(rows))
    np.testing.assert_allclose(np.asarray(there.predict_proba(asarray(rows))), here.predict_proba(rows), atol=1e-12)


@pytest.mark.parametrize("estimator", [AutoGaussianMixture, BayesianGaussianMixture])
def test_other_estimators_take_them_too(asarray, estimator):
    here, there = (estimator(random_state=0).fit(rows) for rows in (FAITHFUL, asarray(FAITHFUL)))
    np.testing.assert_allclose(np.asarray(there.means_), here.means_)


def test_a_weight_that_is_no_weight_is_refused_in_any_library(asarray):
    for weight in (-1.0, np.nan):
        weights = asarray(np.r_[weight, np.ones(len(FAITHFUL) - 1)])
        with pytest.raises(ValueError, match="must be finite and not negative"):
            GaussianMixture(2).fit(asarray(FAITHFUL), sample_weight=weights)
