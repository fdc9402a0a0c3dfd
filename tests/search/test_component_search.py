"""The search for the components of a posterior."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_wine

from mixfold.covariance import family_for
from mixfold.fitting import Stopping
from mixfold.fold import Fold
from mixfold.models import GammaBelief, PriorScale, StickPrior
from mixfold.search import component_search
from mixfold.search.component_moves import taught
from mixfold.search.component_search import FIRST, ComponentLimit, search_components
from mixfold.search.found_components import Found
from mixfold.typing import FloatArray

STOPPING = Stopping(1e-6, 1000)


def searched(rows: FloatArray, asked: int | str, *, teaches: bool = False, n_init: int = 1) -> int:
    fold, family = Fold.of_rows(rows), family_for("spherical")
    scale = PriorScale.of(fold, family, StickPrior(GammaBelief()))
    limit = ComponentLimit.of(asked, len(rows))
    found, *_ = search_components(fold, scale, STOPPING, limit, np.random.RandomState(0), n_init, teaches=teaches)
    return len(found.counts)


def clusters(k: int, n: int) -> FloatArray:
    centers = 20.0 * np.column_stack(np.divmod(np.arange(k), 6))
    return np.repeat(centers, n, axis=0) + np.random.default_rng(0).normal(size=(k * n, 2))


@pytest.mark.parametrize("asked", [40, "auto"])
def test_there_are_as_many_as_rows_tell_apart(asked: int | str) -> None:
    assert searched(clusters(36, 12), asked) == 36 > FIRST


@pytest.mark.parametrize("side", [6, 7])
def test_clusters_in_a_lattice_are_found_though_each_component_begins_with_several(side: int) -> None:
    centers = 5.0 * np.column_stack(np.divmod(np.arange(side * side), side))
    rows = np.repeat(centers, 40, axis=0) + np.random.default_rng(9).normal(size=(40 * side * side, 2))
    fold = Fold.of_rows(rows)
    limit = ComponentLimit.of("auto", len(rows))
    scale = PriorScale.of(fold, family_for("full"), StickPrior(GammaBelief()))
    found, *_ = search_components(fold, scale, STOPPING, limit, np.random.RandomState(0), teaches=False)
    assert len(found.counts) == side * side > FIRST


def test_ascents_begin_with_twice_as_many_where_more_than_half_stay_and_there_may_be_more() -> None:
    limit = ComponentLimit(30, 100)
    assert [limit.again(30, stayed) for stayed in (15, 16, 30)] == [None, 60, 60]
    assert [limit.again(first, 100) for first in (60, 100)] == [100, None]


def test_there_are_not_more_than_is_said() -> None:
    assert searched(clusters(8, 12), 5) <= 5


@pytest.mark.parametrize("asked", [2, 6, "auto"])
def test_two_are_found_from_any_number(asked: int | str) -> None:
    assert searched(clusters(2, 20), asked, teaches=True) == 2


def test_every_start_that_ends_elsewhere_is_taught(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Found] = []

    def told(found: Found, scale: PriorScale, stopping: Stopping, most: int, reached: list[Found]) -> Found:
        begun.append(found)
        return taught(found, scale, stopping, most, reached)

    monkeypatch.setattr(component_search, "taught", told)
    rows = np.random.default_rng(0).uniform(size=(150, 2))
    searched(rows, 8, teaches=True, n_init=4)
    assert len({round(found.log_evidence, 3) for found in begun}) == len(begun) > 1


@pytest.mark.parametrize(("n", "d"), [(60, 15), (100, 30)])
def test_noise_in_many_features_is_one_component(n: int, d: int) -> None:
    fold = Fold.of_rows(np.random.default_rng(0).normal(size=(n, d)))
    scale, limit = PriorScale.of(fold, family_for("full"), StickPrior(GammaBelief())), ComponentLimit.of("auto", n)
    found, *_ = search_components(fold, scale, STOPPING, limit, np.random.RandomState(0))
    assert len(found.counts) == 1  # two and five under the shape of all rows


def test_as_many_components_share_the_rows_otherwise_where_that_has_more_evidence() -> None:
    fold = Fold.of_rows(load_wine().data)
    scale, limit = PriorScale.of(fold, family_for("full"), StickPrior(GammaBelief())), ComponentLimit.of("auto", 178)
    ends = (search_components(fold, scale, STOPPING, limit, np.random.RandomState(seed))[0] for seed in range(3))
    assert max(end.log_evidence for end in ends) > -3337.0  # -3337.1 at most by merges and splits


def test_ascents_begin_anew_with_one_component_more() -> None:
    rows = load_breast_cancer().data[:, :10]
    fold = Fold.of_rows(rows)
    scale, limit = PriorScale.of(fold, family_for("full"), StickPrior(GammaBelief())), ComponentLimit.of("auto", 569)
    found, *_ = search_components(fold, scale, Stopping(1e-3, 1000), limit, np.random.RandomState(0))
    assert found.log_evidence > 4470.0  # 4451.3 from every state where they begin anew with as many


def test_more_may_be_found_among_more_rows() -> None:
    limits = [ComponentLimit.of("auto", n_rows) for n_rows in (3, 150, 1000)]
    assert limits == [(FIRST, FIRST), (FIRST, FIRST), (FIRST, 200)]
    assert ComponentLimit.of(7, 1000) == (7, 7)


def test_clusters_that_drown_where_all_directions_are_alike_are_found_in_units_of_the_features() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(3, size=120)
    rows = 3.0 * random.normal(size=(3, 25))[labels] + random.normal(size=(120, 25))
    fold = Fold.of_rows(rows)
    scale, limit = PriorScale.of(fold, family_for("full"), StickPrior(GammaBelief())), ComponentLimit.of("auto", 120)
    found, *_ = search_components(fold, scale, Stopping(1e-3, 1000), limit, np.random.RandomState(0))
    assert len(found.counts) == 3  # one without


def test_few_rows_of_many_features_are_clusters_where_correlations_would_cost_more_than_they_tell() -> None:
    labels, random = np.arange(90) % 3, np.random.default_rng(0)
    rows = 1.5 * random.normal(size=(3, 20))[labels] + random.normal(size=(90, 20))
    fold = Fold.of_rows(rows)
    scale, limit = PriorScale.of(fold, family_for("full"), StickPrior(GammaBelief())), ComponentLimit.of("auto", 90)
    found, *_ = search_components(fold, scale, Stopping(1e-3, 1000), limit, np.random.RandomState(0))
    assert len(found.counts) == 3
    scatter = found.problem.model.covariance_prior
    np.testing.assert_allclose(scatter, np.diag(np.diagonal(scatter)), atol=1e-9)
