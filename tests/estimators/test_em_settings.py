"""The parameters that a fit depends on."""

from __future__ import annotations

import inspect
from dataclasses import fields

import numpy as np

from mixfold import GaussianMixture
from mixfold.estimators.em_settings import WITHOUT_EFFECT, EMSettings
from mixfold.fitting import Stopping
from mixfold.parameters import Parameters


def test_every_parameter_of_the_estimator_is_a_setting_but_those_of_its_history_and_of_other_models() -> None:
    parameters = set(inspect.signature(GaussianMixture).parameters)
    assert parameters - {each.name for each in fields(EMSettings)} == {"fixed", "outliers", "warm_start"}


def test_equal_settings_are_described_alike_and_others_are_not() -> None:
    one = EMSettings.of(GaussianMixture(2, means_init=[[0.0], [1.0]])).described()
    assert one == EMSettings.of(GaussianMixture(2, means_init=[[0.0], [1.0]], n_jobs=3, verbose=1)).described()
    assert one != EMSettings.of(GaussianMixture(2, means_init=[[0.0], [1.5]])).described()
    assert WITHOUT_EFFECT.isdisjoint(one)


def test_limits_of_a_run_are_by_default_those_of_a_fit() -> None:
    settings, stopping = EMSettings.of(GaussianMixture()), Stopping()
    assert (settings.tol, settings.max_iter) == (stopping.tol, stopping.max_iter)


def test_a_start_of_some_features_is_that_of_all_without_the_others() -> None:
    free, deviations = np.array([0, 2]), np.array([1.0, 2.0, 4.0])
    covariance = np.diag(deviations**2) + 0.5
    given = GaussianMixture(
        2, means_init=np.arange(6.0).reshape(2, 3), precisions_init=[np.linalg.inv(covariance)] * 2, rounding=deviations
    )
    some = EMSettings.of(given).of_features(free, 3)
    np.testing.assert_array_equal(some.means_init, [[0.0, 2.0], [3.0, 5.0]])
    np.testing.assert_allclose(np.linalg.inv(some.precisions_init[0]), covariance[np.ix_(free, free)])
    np.testing.assert_array_equal(some.rounding, [1.0, 4.0])
    began = Parameters(np.array([0.2, 0.8]), np.ones((2, 3)), np.array([covariance, 3.0 * covariance]))
    again = EMSettings.of(given).of_features(free, 3, began)
    np.testing.assert_array_equal(again.means_init, np.ones((2, 2)))
    np.testing.assert_allclose(np.linalg.inv(again.precisions_init[1]), 3.0 * covariance[np.ix_(free, free)])
    assert EMSettings.of(GaussianMixture()).of_features(free, 3).weights_init is None
