"""The maximum of a likelihood times a prior."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from mixfold.covariance import FAMILIES, Prior, family_for
from mixfold.engines import ArrayEngine
from mixfold.models import Penalized
from mixfold.models.penalized import MOSTLY
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
    parameters = parameters_of(family)
    assert model.log_prior(parameters, model.potentials(parameters)) == 0.0


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


def resting(model: Penalized, covariances: FloatArray, counts: FloatArray) -> npt.NDArray[np.bool_]:
    k = len(counts)
    return model.rests_on_prior(Parameters(np.full(k, 1.0 / k), np.zeros((k, 2)), covariances), counts)


def test_a_component_whose_extent_comes_from_the_prior_is_told_from_others() -> None:
    family, prior = family_for("full"), Prior.from_rows(0.01, np.eye(2))
    covariances = np.stack([np.eye(2), np.diag([1.0, 1e-5])])
    counts = np.full(2, 1000.0)
    assert resting(Penalized(family, prior), covariances, counts).tolist() == [False, True]
    # A direction in which no component has extent is a property of the data.
    assert not np.any(resting(Penalized(family, prior), covariances[1:], counts[1:]))


def test_rows_that_are_alike_count_as_the_priors() -> None:
    # Sigma = (W + scale + 10 s scale) / (14 + 0.1 + 10), of which W has next to nothing in the second direction.
    family, scale, flat = family_for("full"), 2e-6 * np.eye(2), 1e-6
    covariances, counts = np.stack([np.eye(2), np.diag([1.0, flat])]), np.full(2, 14.0)
    for likeness, expected in ((10.0, True), (0.0, False)):
        prior = Prior(scale, 0.1, likeness=likeness)
        assert resting(Penalized(family, prior), covariances, counts).tolist() == [False, expected]


@pytest.mark.parametrize("name", ["full", "diag", "spherical", "tied"])
@pytest.mark.parametrize("likeness", [0.0, 5.0])
def test_components_rest_on_the_prior_by_their_largest_share_however_small_the_sum_of_shares(
    name: str, likeness: float
) -> None:
    family, random, counts = family_for(name), np.random.default_rng(0), np.array([20.0, 30.0, 500.0])
    for size in 10.0 ** np.linspace(-4.0, 2.0, 25):
        factors = random.normal(size=(3, 2, 2)) * [[1.0], [0.1]]
        matrices = factors @ np.swapaxes(factors, 1, 2) + 1e-3 * np.eye(2)
        variances = matrices.diagonal(axis1=1, axis2=2)
        covariances = {"full": matrices, "diag": variances, "spherical": variances[:, 0], "tied": matrices[0]}[name]
        prior = Prior(size * family.structure.reduced(np.ones(2), 2), 0.1, likeness=likeness)
        whitener = family.whiten(covariances)
        rests = family.prior_share(whitener, family.sized(prior, whitener, 2), counts) > MOSTLY
        expected = rests & ~np.all(rests)
        assert resting(Penalized(family, prior), covariances, counts).tolist() == expected.tolist()


def test_nothing_is_decomposed_where_no_component_has_rows_for_a_covariance(monkeypatch: pytest.MonkeyPatch) -> None:
    family, covariances = family_for("full"), np.stack([np.eye(2), np.diag([1.0, 1e-6])])
    model = Penalized(family, Prior(2e-6 * np.eye(2), 0.1, likeness=10.0))
    assert resting(model, covariances, np.full(2, 14.0)).tolist() == [False, True]
    monkeypatch.setattr(type(family), "whiten", lambda *_: pytest.fail("decomposed"))
    assert resting(model, covariances, np.full(2, 13.0)).tolist() == [False, False]  # 3 needed, and 10.1 of the prior
