"""Scikit-learn's private names answer as scikit-learn's do, and a class that overrides them is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture as ScikitLearnMixture
from sklearn.mixture._base import BaseMixture

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES
from mixfold.engines import to_numpy
from mixfold.errors import MixfoldError
from mixfold.estimators.scikit_learn_names import INSTEAD
from mixfold.typing import Array, FloatArray
from tests.examples import blobs

ROWS, _ = blobs(200, 3, 2, separation=3.0)
TYPES = pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
PARAMETERS = ["weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"]


def both(covariance_type: str) -> tuple[GaussianMixture, ScikitLearnMixture]:
    """Give scikit-learn's fit, and the same parameters in this library's class."""
    settings: dict[str, Any] = {"covariance_type": covariance_type, "reg_covar": 1e-6}
    theirs = ScikitLearnMixture(3, random_state=0, **settings).fit(ROWS)
    ours = GaussianMixture(3, **settings)
    ours._set_parameters(theirs._get_parameters())
    return ours, theirs


@TYPES
def test_parameters_that_are_set_are_the_parameters(covariance_type: str) -> None:
    ours, theirs = both(covariance_type)
    for name in PARAMETERS:
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-8, atol=1e-12)
    for mine, other in zip(ours._get_parameters(), theirs._get_parameters(), strict=True):
        np.testing.assert_array_equal(mine, other)
    assert ours._n_parameters() == theirs._n_parameters()


@TYPES
def test_densities_are_scikit_learns(covariance_type: str, library: Callable[[FloatArray], Array]) -> None:
    ours, theirs = both(covariance_type)
    rows = library(ROWS)
    for name in ("_estimate_log_prob", "_estimate_weighted_log_prob"):
        np.testing.assert_allclose(to_numpy(getattr(ours, name)(rows)), getattr(theirs, name)(ROWS), rtol=1e-8)
    for name in ("_estimate_log_prob_resp", "_e_step"):
        for mine, other in zip(getattr(ours, name)(rows), getattr(theirs, name)(ROWS), strict=True):
            np.testing.assert_allclose(to_numpy(mine), other, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(ours._estimate_log_weights(), theirs._estimate_log_weights(), rtol=1e-12)


def test_the_density_of_a_row_far_away_does_not_underflow() -> None:
    ours, theirs = both("full")
    far = np.full((1, 2), 1e4)
    np.testing.assert_allclose(ours._e_step(far)[1], theirs._e_step(far)[1], rtol=1e-6)
    assert np.all(np.isfinite(ours._e_step(far)[1]))


@TYPES
def test_a_step_of_em_by_hand_is_scikit_learns(covariance_type: str) -> None:
    ours, theirs = both(covariance_type)
    for model in (ours, theirs):
        log_density, log_shares = model._e_step(ROWS + 0.5)
        assert model._compute_lower_bound(log_shares, log_density) == log_density
        model._m_step(ROWS + 0.5, log_shares)
    for name in ("weights_", "means_", "covariances_", "precisions_cholesky_"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(ours.score_samples(ROWS), theirs.score_samples(ROWS), rtol=1e-7)


@TYPES
@pytest.mark.parametrize("given", [(), ("means_init",), ("weights_init", "precisions_init")])
def test_responsibilities_begin_what_is_not_given(covariance_type: str, given: tuple[str, ...]) -> None:
    shares = np.random.default_rng(0).dirichlet(np.ones(3), size=200)
    fitted = both(covariance_type)[1]
    start = {name: getattr(fitted, name.replace("init", "")) for name in given}
    settings: dict[str, Any] = {"covariance_type": covariance_type, "reg_covar": 1e-6, **start}
    ours, theirs = GaussianMixture(3, **settings), ScikitLearnMixture(3, **settings)
    for model in (ours, theirs):
        model._initialize(ROWS, shares)
    for name in ("weights_", "means_", "precisions_cholesky_"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-7, atol=1e-9)


def test_all_first_parameters_need_no_responsibilities() -> None:
    fitted = both("diag")[1]
    start = {
        "weights_init": fitted.weights_,
        "means_init": fitted.means_,
        "precisions_init": fitted.precisions_,
    }
    model = GaussianMixture(3, covariance_type="diag", **start)
    model._initialize(ROWS, None)
    np.testing.assert_allclose(model.covariances_, fitted.covariances_, rtol=1e-12)


def test_first_parameters_that_do_not_fit_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="means_init"):
        GaussianMixture(3, means_init=np.zeros((2, 2)))._check_parameters(ROWS)
    GaussianMixture(3, means_init=np.zeros((3, 2)))._check_parameters(ROWS)


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
@pytest.mark.parametrize("covariance_type", [*FAMILIES, "factor:1"])
def test_the_names_answer_for_every_family(covariance_type: str) -> None:
    settings: dict[str, Any] = {"covariance_type": covariance_type, "init_params": "kmeans", "random_state": 0}
    model = GaussianMixture(3, **settings).fit(ROWS)
    np.testing.assert_allclose(np.exp(model._e_step(ROWS)[1]), model.predict_proba(ROWS), atol=1e-9)
    assert model._e_step(ROWS)[0] == pytest.approx(model.score(ROWS))
    assert model._n_parameters() == model.mixture_.n_parameters


@pytest.mark.parametrize("name", list(INSTEAD))
def test_a_class_whose_method_would_never_be_called_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match=f"must not override `{name}`.* but Mine does: ") as caught:
        type("Mine", (GaussianMixture,), {name: lambda _: None})
    assert isinstance(caught.value, MixfoldError)


def test_a_method_that_comes_from_another_base_is_refused_too() -> None:
    class Counting:
        def _m_step(self) -> None:
            raise AssertionError

    with pytest.raises(TypeError, match="`_m_step`, which `fit` never calls, but Mine does"):
        type("Mine", (Counting, GaussianMixture), {})


def test_a_class_that_overrides_what_is_called_is_taken() -> None:
    class Tripled(GaussianMixture):
        def score(self, X: Any, y: None = None, sample_weight: Any = None) -> float:
            return 3.0 * super().score(X, y, sample_weight)

    model = Tripled(2, init_params="kmeans", random_state=0).fit(ROWS)
    assert model.score(ROWS) == pytest.approx(3.0 * GaussianMixture.score(model, ROWS))


def test_a_model_is_an_instance_of_scikit_learns_base() -> None:
    assert isinstance(GaussianMixture(), BaseMixture)


class LookAlike:
    """What other packages pass for `self`: the attributes of a mixture, and nothing else."""

    def __init__(self, covariance_type: str) -> None:
        self.n_components, self.covariance_type, self.reg_covar = 3, covariance_type, 1e-6
        self.weights_init = self.means_init = self.precisions_init = None


@TYPES
def test_an_object_that_looks_like_a_mixture_is_answered_as_scikit_learn_answers_it(covariance_type: str) -> None:
    rows, labels = blobs(120, 3, 2)
    ours, theirs = LookAlike(covariance_type), LookAlike(covariance_type)
    GaussianMixture._initialize(ours, rows, np.eye(3)[labels])
    ScikitLearnMixture._initialize(theirs, rows, np.eye(3)[labels])
    for name in ("weights_", "means_", "precisions_cholesky_"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-6, err_msg=name)
    given = (None, theirs.means_, theirs.covariances_, theirs.precisions_cholesky_)
    GaussianMixture._set_parameters(ours, given)
    expected = ScikitLearnMixture._estimate_log_prob(theirs, rows)
    np.testing.assert_allclose(GaussianMixture._estimate_log_prob(ours, rows), expected, rtol=1e-6)
    assert GaussianMixture._n_parameters(ours) == ScikitLearnMixture._n_parameters(theirs)
