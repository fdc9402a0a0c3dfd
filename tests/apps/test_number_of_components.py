"""The number of components follows its criterion."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.apps.number_of_components import evidence_of, fitted_mixture
from mixfold.errors import CollapseError
from mixfold.search import CRITERIA

SETTINGS = {"random_state": 0}


def test_a_given_number_is_taken() -> None:
    rows = np.random.default_rng(0).normal(size=(100, 2))
    mixture = fitted_mixture(rows, 3, largest=2, feature_names=("u", "v"), **SETTINGS)
    assert mixture.n_components == 3
    assert mixture.feature_names == ("u", "v")


def test_the_bic_describes_a_density_and_the_icl_clusters() -> None:
    random = np.random.default_rng(0)
    narrow_in_wide = np.concatenate([random.normal(size=(400, 1)), random.normal(scale=4.0, size=(400, 1))])
    assert fitted_mixture(narrow_in_wide, None, largest=5, criterion="bic", **SETTINGS).n_components == 2
    assert fitted_mixture(narrow_in_wide, None, largest=5, criterion="icl", **SETTINGS).n_components == 1


def test_evidence_is_that_of_the_estimator_and_weights_are_repeated_rows(faithful) -> None:
    model = GaussianMixture(3, random_state=0).fit(faithful)
    evidence = evidence_of(model, faithful)
    assert CRITERIA["bic"](evidence) == pytest.approx(model.bic(faithful))
    assert evidence.log_best_share == pytest.approx(np.sum(np.log(model.predict_proba(faithful).max(axis=1))))
    twice = evidence_of(model, np.repeat(faithful, 2, axis=0))
    weighted = evidence_of(model, faithful, np.full(len(faithful), 2.0))
    assert astuple(weighted)[:4] == pytest.approx(astuple(twice)[:4])


def test_features_that_follow_from_others_have_no_parameters(faithful) -> None:
    rows = np.column_stack([faithful, faithful[:, 0] + faithful[:, 1]])
    with_sum, without = (evidence_of(GaussianMixture(3, random_state=0).fit(X), X) for X in (rows, faithful))
    assert with_sum.n_parameters == without.n_parameters


def test_the_climb_begins_and_ends_where_it_is_told() -> None:
    rows = np.random.default_rng(0).normal(size=(200, 1))
    assert fitted_mixture(rows, None, smallest=2, largest=4, **SETTINGS).n_components == 2
    apart = rows + 100.0 * np.arange(200)[:, None] // 40
    assert fitted_mixture(apart, None, largest=2, **SETTINGS).n_components == 2


def test_recorded_values_are_no_components() -> None:
    answers = np.random.default_rng(1).integers(1, 6, size=(300, 2)).astype(float)
    assert fitted_mixture(answers, None, largest=8, random_state=0).n_components <= 2  # of points it is 3


def test_the_climb_ends_before_a_component_without_extent() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(40, 2))
    rows[20:] = 100.0 + np.outer(np.arange(20.0), [1.0, 1.0])  # on a line
    assert fitted_mixture(rows, None, largest=4, reg_covar=0.0, random_state=0).n_components == 1
    with pytest.raises(CollapseError):
        fitted_mixture(rows, 2, largest=4, reg_covar=0.0, random_state=0)
