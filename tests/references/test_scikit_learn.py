"""From the same start, after the same number of iterations, all parameters are scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture as ScikitLearnMixture
from sklearn.preprocessing import StandardScaler

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES
from mixfold.engines import to_numpy
from mixfold.typing import Array, FloatArray

SCIKIT_LEARNS = ["full", "tied", "diag", "spherical"]
N_COMPONENTS = {"iris": 3, "wine": 3, "digits": 10}
ATTRIBUTES = ["weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"]

pytestmark = [
    pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::mixfold.errors.SpuriousComponentWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]
families = pytest.mark.parametrize("covariance_type", SCIKIT_LEARNS)
tables = pytest.mark.parametrize("table", list(N_COMPONENTS))


def rows_of(table: str) -> FloatArray:
    """Give iris, standardized wine, or the 8 leading principal components of digits."""
    if table == "iris":
        return np.asarray(load_iris().data)
    if table == "wine":
        return np.asarray(StandardScaler().fit_transform(load_wine().data))
    return np.asarray(PCA(8, svd_solver="full").fit_transform(load_digits().data))


def start_of(rows: FloatArray, covariance_type: str, n_components: int) -> dict[str, FloatArray]:
    """Give one start for both: rows far apart as means, the covariance of everything."""
    means = rows[np.linspace(0, len(rows) - 1, n_components).astype(int)]
    precision = np.linalg.inv(np.cov(rows.T))
    variances = np.var(rows, axis=0)
    precisions = {
        "full": np.repeat(precision[None], n_components, axis=0),
        "tied": precision,
        "diag": np.repeat(1.0 / variances[None], n_components, axis=0),
        "spherical": np.full(n_components, 1.0 / np.mean(variances)),
    }[covariance_type]
    weights = np.full(n_components, 1.0 / n_components)
    return {"weights_init": weights, "means_init": means, "precisions_init": precisions}


def both(
    table: str, covariance_type: str, n_iterations: int, make: Callable[[FloatArray], Array] = np.array
) -> tuple[GaussianMixture, ScikitLearnMixture, FloatArray]:
    """Run plain EM from the same start in both libraries."""
    rows, k = rows_of(table), N_COMPONENTS[table]
    settings = {"covariance_type": covariance_type, "tol": 0.0, "reg_covar": 1e-6, "max_iter": n_iterations}
    settings |= start_of(rows, covariance_type, k)
    return GaussianMixture(k, **settings).fit(make(rows)), ScikitLearnMixture(k, **settings).fit(rows), rows


@tables
@families
@pytest.mark.parametrize("n_iterations", [1, 15])
def test_every_parameter_equals_scikit_learns(
    table: str, covariance_type: str, n_iterations: int, library: Callable[[FloatArray], Array]
) -> None:
    ours, theirs, _ = both(table, covariance_type, n_iterations, library)
    assert ours.n_iter_ == theirs.n_iter_ == n_iterations
    for name in ATTRIBUTES:
        expected = getattr(theirs, name)
        scale = float(np.max(np.abs(expected)))
        np.testing.assert_allclose(
            to_numpy(getattr(ours, name)) / scale, expected / scale, atol=1e-8, rtol=1e-8, err_msg=name
        )


@tables
@families
def test_every_answer_equals_scikit_learns(table: str, covariance_type: str) -> None:
    ours, theirs, rows = both(table, covariance_type, 8)
    np.testing.assert_allclose(ours.score_samples(rows), theirs.score_samples(rows), rtol=1e-7)
    np.testing.assert_allclose(ours.predict_proba(rows), theirs.predict_proba(rows), atol=1e-7)
    np.testing.assert_array_equal(ours.predict(rows), theirs.predict(rows))
    for name in ("score", "bic", "aic"):
        assert getattr(ours, name)(rows) == pytest.approx(getattr(theirs, name)(rows), rel=1e-9)


@families
def test_lower_bounds_are_scikit_learns_one_iteration_later(covariance_type: str) -> None:
    # scikit-learn records the bound before each M step, this library the value of the parameters after it.
    ours, theirs, _ = both("iris", covariance_type, 6)
    np.testing.assert_allclose(ours.lower_bounds_[:-1], theirs.lower_bounds_[1:], rtol=1e-9)


@families
def test_parameters_set_by_hand_answer_like_scikit_learns(covariance_type: str) -> None:
    _, theirs, rows = both("iris", covariance_type, 5)
    by_hand = GaussianMixture(3, covariance_type=covariance_type)
    for name in ("weights_", "means_", "precisions_cholesky_"):
        setattr(by_hand, name, getattr(theirs, name))
    np.testing.assert_allclose(by_hand.score_samples(rows), theirs.score_samples(rows), rtol=1e-8)
    np.testing.assert_array_equal(by_hand.predict(rows), theirs.predict(rows))


@families
def test_attributes_have_scikit_learns_types(covariance_type: str) -> None:
    ours, theirs, _ = both("iris", covariance_type, 3)
    for name in [*ATTRIBUTES, "converged_", "n_iter_", "lower_bound_", "lower_bounds_"]:
        mine, other = getattr(ours, name), getattr(theirs, name)
        if isinstance(other, np.ndarray):
            assert (type(mine), mine.shape, mine.dtype) == (np.ndarray, other.shape, other.dtype)
        else:
            assert isinstance(mine, list if isinstance(other, list) else (type(other), bool, int, float))


def test_scikit_learns_parameters_are_all_taken() -> None:
    assert ScikitLearnMixture().get_params().keys() <= GaussianMixture().get_params().keys()


def test_scikit_learns_methods_all_exist() -> None:
    public = {name for name in dir(ScikitLearnMixture) if not name.startswith("_")}
    assert public <= set(dir(GaussianMixture))


def test_all_of_scikit_learns_families_exist() -> None:
    assert set(SCIKIT_LEARNS) <= FAMILIES.keys()


@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "random", "random_from_data"])
def test_all_of_scikit_learns_starts_are_taken(init_params: str) -> None:
    rows = rows_of("iris")
    ours = GaussianMixture(3, init_params=init_params, random_state=0, n_init=3, max_iter=300).fit(rows)
    assert ours.lower_bound_ > -1.7


@families
def test_a_converged_fit_is_as_good_as_scikit_learns(covariance_type: str) -> None:
    rows = rows_of("iris")
    settings = {
        "covariance_type": covariance_type,
        "init_params": "kmeans",
        "reg_covar": 1e-6,
        "n_init": 10,
        "random_state": 0,
        "max_iter": 500,
    }
    ours, theirs = (cls(3, **settings).fit(rows) for cls in (GaussianMixture, ScikitLearnMixture))
    assert ours.score(rows) >= theirs.score(rows) - 0.01
