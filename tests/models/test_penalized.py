"""The maximum of a likelihood times a prior."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import FAMILIES, Prior
from mixfold.engines import ArrayEngine
from mixfold.models import Penalized
from mixfold.parameters import Parameters
from mixfold.rows import Rows
from mixfold.typing import FloatArray
from tests.examples import NO_PRIOR, blobs, parameters_of, statistics_of


@pytest.mark.parametrize("covariance_type", list(FAMILIES))
def test_maximize_gives_shares_and_means_of_the_rows(covariance_type: str) -> None:
    rows, labels = blobs(240, 3, 2)
    parameters = Penalized(FAMILIES[covariance_type], NO_PRIOR).maximize(statistics_of(FAMILIES[covariance_type]))
    np.testing.assert_allclose(parameters.weights, np.bincount(labels) / 240)
    for component in range(3):
        np.testing.assert_allclose(parameters.means[component], np.mean(rows[labels == component], axis=0), rtol=1e-12)


def test_rows_have_the_priors_jitter_under_its_potentials() -> None:
    family, jitter = FAMILIES["full"], np.diag([0.5, 2.0])
    parameters = parameters_of(family)
    lower = Penalized(family, Prior(np.eye(2), 1.0, jitter)).potentials(parameters)
    bare = parameters.potentials(family)
    loss = 0.5 * np.trace(jitter @ np.linalg.inv(parameters.covariances), axis1=1, axis2=2)
    np.testing.assert_allclose(bare.offset - lower.offset, loss, rtol=1e-12)
    np.testing.assert_array_equal(lower.whitener, bare.whitener)


def test_a_ridge_is_in_no_objective() -> None:
    family = FAMILIES["full"]
    model = Penalized(family, Prior.from_ridge(0.1))
    assert model.log_prior(model.potentials(parameters_of(family))) == 0.0


def test_free_parameters_are_those_of_weights_means_and_covariances() -> None:
    counts = {name: Penalized(family, NO_PRIOR).n_parameters(3, 2) for name, family in FAMILIES.items()}
    assert {name: counts[name] for name in ("full", "tied", "diag", "spherical")} == {
        "full": 2 + 6 + 9,
        "tied": 2 + 6 + 3,
        "diag": 2 + 6 + 6,
        "spherical": 2 + 6 + 3,
    }


@pytest.mark.parametrize("covariance_type", ["full", "tied", "VVE"])
def test_a_mapped_one_learns_from_mapped_rows_what_it_learns_from_rows(covariance_type: str) -> None:
    family, linear = FAMILIES[covariance_type], np.array([[0.0, -2.0], [2.0, 0.0]])
    prior = Prior(0.3 * np.eye(2), 1.0, np.array(0.05), likeness=3.0)
    rows, labels = blobs(240, 3, 2)
    shares = np.eye(3)[labels]

    def learned_from(model: Penalized, rows: FloatArray) -> Parameters:
        return model.maximize(ArrayEngine().moments(Rows(rows), shares, np.zeros((3, 2)), family.structure))

    here = learned_from(Penalized(family, prior), rows)
    there = learned_from(Penalized(family, prior).mapped(linear), rows @ linear.T)
    np.testing.assert_allclose(there.means, here.means @ linear.T, rtol=1e-12)
    np.testing.assert_allclose(there.covariances, family.mapped(here.covariances, linear), rtol=1e-6)


def test_twice_the_pseudo_rows_are_those_of_twice_the_weight_of_each_row() -> None:
    family, prior = FAMILIES["full"], Prior.from_rows(2.0, np.eye(2))
    once = statistics_of(family)
    model = Penalized(family, prior).mapped(np.ones(()), factor=2.0)
    expected = Penalized(family, prior).maximize(once)
    np.testing.assert_allclose(model.maximize(once.scaled(2.0)).covariances, expected.covariances, rtol=1e-12)
