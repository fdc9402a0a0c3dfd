"""The parameters that a fit depends on."""

from __future__ import annotations

import inspect
from dataclasses import fields

from mixfold import GaussianMixture
from mixfold.estimators.em_settings import WITHOUT_EFFECT, EMSettings


def test_every_parameter_of_the_estimator_is_a_setting_but_those_of_its_history_and_of_other_models() -> None:
    parameters = set(inspect.signature(GaussianMixture).parameters)
    assert parameters - {each.name for each in fields(EMSettings)} == {"fixed", "outliers", "warm_start"}


def test_equal_settings_are_described_alike_and_others_are_not() -> None:
    one = EMSettings.of(GaussianMixture(2, means_init=[[0.0], [1.0]])).described()
    assert one == EMSettings.of(GaussianMixture(2, means_init=[[0.0], [1.0]], n_jobs=3, verbose=1)).described()
    assert one != EMSettings.of(GaussianMixture(2, means_init=[[0.0], [1.5]])).described()
    assert WITHOUT_EFFECT.isdisjoint(one)
