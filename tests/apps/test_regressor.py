"""Targets given features, from one mixture of both."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_normal
from sklearn.linear_model import LinearRegression

from mixfold import MixtureRegressor
from mixfold.covariance import FAMILIES
from mixfold.errors import ShapeError
from tests.examples import blobs

ROWS = blobs(400, 3, 4, seed=3)[0]
X, Y = ROWS[:, :2], ROWS[:, 2:]


@pytest.fixture(scope="module")
def fitted() -> MixtureRegressor:
    return MixtureRegressor(3, random_state=0).fit(X, Y)


@pytest.mark.parametrize("covariance_type", list(FAMILIES))
def test_predictions_are_the_moments_of_the_conditional_mixture(covariance_type: str) -> None:
    regressor = MixtureRegressor(3, covariance_type=covariance_type, random_state=0).fit(X, Y)
    mean, std = regressor.predict(X[:5], return_std=True)
    for row, expected, deviation in zip(X[:5], mean, std, strict=True):
        distribution = regressor.predict_distribution(row)
        np.testing.assert_allclose(expected, distribution.mean, rtol=1e-8)
        np.testing.assert_allclose(deviation, np.sqrt(np.diag(distribution.covariance)), rtol=1e-8)


def test_the_log_predictive_density_is_that_of_the_joint_over_that_of_the_features(fitted: MixtureRegressor) -> None:
    joint, d = fitted.mixture_, 2

    def density(rows: np.ndarray, part: slice) -> np.ndarray:
        covariances = joint.component_covariances[:, part, part]
        components = zip(joint.weights, joint.means[:, part], covariances, strict=True)
        return np.sum([weight * multivariate_normal(m, c).pdf(rows) for weight, m, c in components], axis=0)

    expected = np.log(density(ROWS[:9], slice(None)) / density(X[:9], slice(d)))
    np.testing.assert_allclose(fitted.log_predictive_density(X[:9], Y[:9]), expected, rtol=1e-8)
    np.testing.assert_allclose(fitted.log_score(X[:9], Y[:9]), np.mean(expected), rtol=1e-8)
    np.testing.assert_allclose(fitted.log_score(X[:2], Y[:2], [3.0, 1.0]), expected[:2] @ [0.75, 0.25], rtol=1e-8)


def test_the_predictive_density_integrates_to_one_far_from_the_data_too() -> None:
    regressor = MixtureRegressor(2, random_state=0).fit(X, Y[:, 0])
    for row in (X[:1], X[:1] + 30.0):
        mean, std = regressor.predict(row, return_std=True)

        def density(y: float, row: np.ndarray = row) -> float:
            return float(np.exp(regressor.log_predictive_density(row, [y])[0]))

        total, _ = quad(density, mean[0] - 12 * std[0], mean[0] + 12 * std[0], limit=200)
        assert abs(total - 1.0) < 1e-6


def test_one_component_is_linear_regression() -> None:
    ours = MixtureRegressor(1, reg_covar=0.0).fit(X, Y)
    np.testing.assert_allclose(ours.predict(X), LinearRegression().fit(X, Y).predict(X), rtol=1e-8, atol=1e-10)


def test_a_curve_and_a_spread_that_grows_are_found() -> None:
    random = np.random.default_rng(0)
    x = random.uniform(-3, 3, 1500)
    y = np.sin(x) + 0.05 * (x + 3.5) * random.standard_normal(1500)
    regressor = MixtureRegressor(random_state=0).fit(x[:, None], y)
    mean, std = regressor.predict([[-2.0], [2.0]], return_std=True)
    np.testing.assert_allclose(mean, np.sin([-2.0, 2.0]), atol=0.1)
    np.testing.assert_allclose(std, [0.075, 0.275], rtol=0.35)
    assert regressor.mixture_.n_components > 2


def test_a_flat_target_gives_flat_predictions_and_a_column_does_too() -> None:
    regressor = MixtureRegressor(1).fit(X, Y[:, 0])
    mean, std = regressor.predict(X, return_std=True)
    assert mean.shape == std.shape == (400,)
    assert regressor.n_outputs_ == 1


def test_repeated_features_change_no_prediction() -> None:
    twice = np.hstack([X, X])
    once = MixtureRegressor(2, random_state=0, covariance_type="full").fit(X, Y).predict(X)
    np.testing.assert_allclose(
        MixtureRegressor(1).fit(twice, Y).predict(twice), MixtureRegressor(1).fit(X, Y).predict(X), atol=1e-3
    )
    assert once.shape == Y.shape


def test_the_predictive_distribution_of_repeated_features_is_that_of_predictions() -> None:
    twice = np.hstack([X, X])
    regressor = MixtureRegressor(2, random_state=0).fit(twice, Y)
    mean, std = regressor.predict(twice[:1], return_std=True)
    distribution = regressor.predict_distribution(twice[0])
    np.testing.assert_allclose(distribution.mean, mean[0], rtol=1e-9)
    np.testing.assert_allclose(np.diag(distribution.covariance), std[0] ** 2, rtol=1e-9)


def test_a_row_or_targets_of_another_size_are_refused(fitted: MixtureRegressor) -> None:
    with pytest.raises(ShapeError, match=r"must be one row of shape"):
        fitted.predict_distribution([1.0])
    with pytest.raises(ShapeError, match="n_outputs = 2 columns, got 1"):
        fitted.log_predictive_density(X, Y[:, 0])


def test_targets_may_be_tensors_of_any_device() -> None:
    torch = pytest.importorskip("torch")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    here = torch.tensor(Y, device=device, requires_grad=True)  # NumPy refuses both a GPU and a gradient
    expected = MixtureRegressor(3, random_state=0).fit(X, Y).predict(X[:5])
    np.testing.assert_array_equal(MixtureRegressor(3, random_state=0).fit(X, here).predict(X[:5]), expected)


def test_targets_are_expected_from_the_features_that_a_row_has() -> None:
    rows = X.copy()
    rows[np.random.default_rng(0).random(rows.shape) < 0.2] = np.nan
    regressor = MixtureRegressor(1, random_state=0).fit(rows, Y)
    mean, std = regressor.predict([[0.5, np.nan]], return_std=True)
    mu, covariance = regressor.mixture_.means[0], regressor.mixture_.covariances[0]
    seen, targets = [0], list(range(2, 2 + Y.shape[1]))
    gain = covariance[np.ix_(targets, seen)] / covariance[0, 0]
    np.testing.assert_allclose(mean[0], mu[targets] + gain[:, 0] * (0.5 - mu[0]), rtol=1e-10)
    rest = covariance[np.ix_(targets, targets)] - gain @ covariance[np.ix_(seen, targets)]
    np.testing.assert_allclose(std[0], np.sqrt(np.diagonal(rest)), rtol=1e-10)
    whole, (first, *_) = regressor.predict(X[:3]), regressor.predict(np.vstack([X[:3], [[np.nan, np.nan]]]))
    np.testing.assert_allclose(first, whole[0], rtol=1e-9)
