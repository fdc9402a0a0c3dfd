"""A larger mixture of Gaussians is chosen where the rows of its components pay for them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from mixfold import AutoGaussianMixture
from mixfold.fitting import Outcome
from mixfold.fold import Fold
from mixfold.parameters import Parameters
from mixfold.search.criteria import Evidence
from mixfold.search.grid_model import GridModel
from mixfold.search.own_rows import gain_of, is_gaussian, larger_than, own_rows_value
from mixfold.typing import FloatArray

N, APART = 400.0, 3.4


def cell(k: int, log_likelihood: float, name: str = "full", share: float = 0.0) -> GridModel:
    parameters = Parameters(np.full(k, 1.0 / k), np.arange(2.0 * k).reshape(k, 2), np.tile(np.eye(2), (k, 1, 1)))
    evidence = Evidence(log_likelihood, 6 * k - 1, N, share)
    return GridModel(k, name, Outcome.CONVERGED, "", parameters, evidence, reach=log_likelihood)


def groups(k: int, n: int, seed: int) -> FloatArray:
    """Give turned Gaussian clusters of n rows each at the corners of a lattice."""
    random = np.random.default_rng(seed)
    roots = random.standard_normal((k, 3, 5)) / np.sqrt(5.0)
    centers = APART * np.array(list(np.ndindex(2, 2, 2)))[:k]
    return np.concatenate(
        [center + random.standard_normal((n, 5)) @ root.T for center, root in zip(centers, roots, strict=True)]
    )


def test_parameters_of_one_component_cost_what_bic_takes() -> None:
    assert own_rows_value(cell(1, -7.0)) == pytest.approx(cell(1, -7.0).value("bic"))


def test_own_parameters_cost_the_logarithm_of_own_rows_and_those_in_common_that_of_all() -> None:
    full = own_rows_value(cell(8, -7.0, share=-3.0))
    assert full == pytest.approx(14.0 + 6.0 + 7 * math.log(N) + 8 * 5 * math.log(N / 8))
    assert own_rows_value(cell(8, -7.0, share=-3.0), are_many=True) == pytest.approx(full - 6.0)
    tied = own_rows_value(cell(8, -7.0, "EEE"))
    assert tied == pytest.approx(14.0 + (7 + 3) * math.log(N) + 8 * 2 * math.log(N / 8))


def test_fewer_than_two_rows_for_each_own_parameter_are_charged_as_two() -> None:
    assert own_rows_value(cell(80, 0.0)) == pytest.approx(79 * math.log(N) + 80 * 5 * math.log(10.0))


def test_only_larger_cells_of_the_family_or_full_are_compared_and_none_with_a_single_component() -> None:
    best, more, other = cell(2, -100.0, "VVI"), cell(3, 0.0), cell(3, 0.0, "EEE")
    same, worse, unsound = cell(4, -50.0, "VVI"), cell(3, -99.9), replace(more, outcome=Outcome.FEW_ROWS)
    fewer = cell(1, 0.0)  # of a value that is smaller still
    assert larger_than(best, [best, same, more, other, worse, unsound, fewer]) == [more, same]
    assert larger_than(cell(1, -100.0), [more]) == []


def test_own_rows_that_pay_for_another_family_pay_for_no_more_components() -> None:
    best, of_full, more = cell(4, -100.0, "VVI"), cell(4, -50.0), cell(5, -45.0)
    assert larger_than(best, [best, more]) == [more]
    assert larger_than(best, [best, of_full, more]) == []


@pytest.mark.parametrize("k", [7, 8])
def test_rows_that_are_shared_do_not_count_where_components_are_many(k: int) -> None:
    best, more = cell(k, -400.0), cell(k + 1, -350.0, share=-50.0)
    assert larger_than(best, [more]) == ([more] if k == 8 else [])
    assert (gain_of(best, more) > 0.0) == (k == 8)


def test_what_em_may_still_gain_counts() -> None:
    best, hopeful = cell(2, -100.0), replace(cell(3, -99.9), reach=0.0)
    assert larger_than(best, [hopeful]) == [hopeful]


@pytest.mark.parametrize("draw", ["standard_normal", "standard_exponential"])
def test_components_of_another_shape_are_refuted(draw: str) -> None:
    rows = getattr(np.random.default_rng(4), draw)((300, 2)) + np.repeat([[0.0], [9.0]], 150, axis=0)
    parameters = Parameters(np.full(2, 0.5), np.array([[0.0, 0.0], [9.0, 9.0]]), np.tile(np.eye(2), (2, 1, 1)))
    of_rows = replace(cell(2, 0.0), parameters=parameters)
    assert is_gaussian(Fold.of_rows(rows), of_rows, 1000) == (draw == "standard_normal")


def test_small_clusters_that_all_rows_together_do_not_pay_for_are_found() -> None:
    rows = groups(7, 24, 2)
    model = AutoGaussianMixture([6, 7, 8], covariance_types=["full"], random_state=0).fit(rows)
    least = min(model.results_, key=lambda row: row["bic"])
    assert (least["n_components"], model.n_components_) == (6, 7)
    assert "rows of each pay" in model.reason_
    assert (
        AutoGaussianMixture([6, 7], covariance_types=["full"], tie_break=None, random_state=0).fit(rows).n_components_
        == 6
    )


@pytest.mark.parametrize("seed", [74, 79, 111])
def test_own_rows_pay_for_nothing_that_is_less_probable_with_covariances_integrated_out(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = np.concatenate([random.normal(0.0, 1.0, 15), random.normal(8.0, 1.0, 15)])[:, None]
    assert AutoGaussianMixture(random_state=0).fit(rows).n_components_ == 2


def test_weights_count_as_repeated_rows_where_own_rows_pay() -> None:
    random = np.random.default_rng(2)
    rows = np.concatenate([random.normal(0.0, 1.0, 15), random.normal(8.0, 1.0, 15)])[:, None]
    model = AutoGaussianMixture(range(1, 7), covariance_types=["full"], random_state=0)
    n_components = model.fit(np.repeat(rows, 2, axis=0)).n_components_
    assert model.fit(rows, sample_weight=np.full(30, 2.0)).n_components_ == n_components


def test_pieces_of_squares_are_refuted_by_their_tails_together() -> None:
    random = np.random.default_rng(3)
    corners = np.array(list(np.ndindex(4, 3)))
    squares = np.concatenate([random.uniform(size=(30, 2)) + corner for corner in corners])
    parameters = Parameters(np.full(12, 1.0 / 12), corners + 0.5, np.tile(np.eye(2) / 12.0, (12, 1, 1)))
    pieces = replace(cell(12, 0.0), parameters=parameters)
    assert not is_gaussian(Fold.of_rows(squares), pieces, 1000)
    assert is_gaussian(Fold.of_rows(squares), pieces, 1000, together=False)
    normals = np.concatenate([random.standard_normal((30, 2)) + 9.0 * corner for corner in corners])
    parameters = Parameters(np.full(12, 1.0 / 12), 9.0 * corners, np.tile(np.eye(2), (12, 1, 1)))
    assert is_gaussian(Fold.of_rows(normals), replace(pieces, parameters=parameters), 1000)
