"""Draws from a posterior itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from mixfold.covariance import family_for
from mixfold.engines import NativeEngine
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.models import DirichletPrior, StickPrior, Variational, WeightPrior, log_marginal_likelihood
from mixfold.search.found_components import LOG_ODDS
from mixfold.search.gibbs import Gibbs, State, in_structure
from mixfold.sources import ArraySource
from mixfold.structures import FULL, POOLED
from mixfold.typing import FloatArray

FEW = np.array([[0.0, 1.0], [0.6, -0.3], [2.9, 1.2]])


def sampler(rows: FloatArray, covariance_type: str, prior: WeightPrior, most: int = 10, size: float = 0.5) -> Gibbs:
    family, d = family_for(covariance_type), rows.shape[1]
    scatter = family.structure.reduced(size * np.eye(d), d)
    model = Variational(family, prior, np.mean(rows, axis=0), 0.3, scatter, d + 1.0)
    return Gibbs(Fold.of_rows(rows), model, most, np.random.default_rng(0))


def partitions(n: int, labels: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    if len(labels) == n:
        yield labels
        return
    for label in range(max(labels, default=-1) + 2):
        yield from partitions(n, (*labels, label))


def named(labels: FloatArray) -> tuple[int, ...]:
    names: dict[int, int] = {}
    return tuple(names.setdefault(int(label), len(names)) for label in labels)


@pytest.mark.parametrize(
    ("covariance_type", "prior", "jitter"),
    [
        ("full", StickPrior(1.0), 0.0),
        ("full", StickPrior(1.0), 0.5),
        pytest.param("tied", DirichletPrior(0.7), 0.2, marks=pytest.mark.nightly),
        pytest.param("EEI", StickPrior(0.5, 0.3), 0.0, marks=pytest.mark.nightly),
    ],
)
def test_rows_are_divided_as_often_as_each_division_is_probable(
    covariance_type: str, prior: WeightPrior, jitter: float
) -> None:
    gibbs, n = sampler(FEW, covariance_type, prior, most=2), 500
    gibbs = replace(gibbs, model=replace(gibbs.model, jitter=np.array([jitter, 0.5 * jitter])))
    densities = {labels: gibbs.begun(np.array(labels)).log_density for labels in partitions(3)}
    highest = max(densities.values())
    shares = {labels: np.exp(value - highest) for labels, value in densities.items()}
    state, times = gibbs.begun(np.zeros(3, dtype=int)), Counter[tuple[int, ...]]()
    for _ in range(n):
        _, state = gibbs.swept(state)
        times[named(state.labels)] += 1
    total = sum(shares.values())
    assert shares[0, 1, 2] == 0.0  # more than there may be
    assert 0.5 * sum(abs(times[labels] / n - share / total) for labels, share in shares.items()) < 0.12


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical", "EII"])
def test_what_a_state_remembers_is_that_of_its_labels(covariance_type: str) -> None:
    rows = np.random.default_rng(0).normal(size=(60, 2)) + 5.0 * (np.arange(60)[:, None] % 2)
    gibbs = sampler(rows, covariance_type, StickPrior(3.0))
    state = gibbs.begun(np.zeros(60, dtype=int))
    seen = {state.n_groups}
    for _ in range(25):
        _, state = gibbs.swept(state)
        seen.add(state.n_groups)
        anew = gibbs.begun(state.labels)
        np.testing.assert_array_equal(anew.labels, state.labels)
        np.testing.assert_array_equal(anew.groups.count, state.groups.count)
        np.testing.assert_allclose(anew.groups.means, state.groups.means, atol=1e-12)
        np.testing.assert_allclose(anew.groups.scatter_about_means, state.groups.scatter_about_means, atol=1e-10)
        assert state.log_density == pytest.approx(anew.log_density, abs=1e-8)
    assert len(seen) > (covariance_type not in {"tied", "EII"})


def test_the_prior_of_a_shared_covariance_is_that_of_as_many_components_whatever_there_are() -> None:
    gibbs = sampler(FEW, "tied", StickPrior(1.0))
    two = replace(gibbs, sharing=2).begun(np.zeros(3, dtype=int))
    model = replace(
        gibbs.model,
        covariance_prior=2.0 * gibbs.model.covariance_prior,
        degrees_of_freedom_prior=2.0 * gibbs.model.degrees_of_freedom_prior,
    )
    assert two.log_density == pytest.approx(replace(gibbs, model=model).begun(np.zeros(3, dtype=int)).log_density)
    apart, labels = replace(gibbs, sharing=2).begun(np.array([0, 0, 1])), np.array([0, 0, 1])
    log_prior = StickPrior(1.0).log_partition(np.bincount(labels), 10) - 2 * LOG_ODDS
    assert apart.log_density == pytest.approx(log_marginal_likelihood(gibbs.model, apart.groups) + log_prior)


def test_no_number_of_threads_changes_a_draw() -> None:
    rows = np.random.default_rng(0).normal(size=(20_000, 2)) + 5.0 * (np.arange(20_000)[:, None] % 3)
    states: list[State] = []
    for n_threads in (1, 2):
        with LocalExecutor(n_threads) as executor:
            gibbs = sampler(rows, "full", StickPrior(1.0))
            fold = Fold(ArraySource(rows), NativeEngine(), executor)
            gibbs = Gibbs(fold, gibbs.model, 10, np.random.default_rng(0))
            state = gibbs.begun(np.arange(20_000) % 3)
            for _ in range(3):
                _, state = gibbs.swept(state)
            states.append(state)
    np.testing.assert_array_equal(states[0].labels, states[1].labels)
    assert states[0].log_density == states[1].log_density


def test_scatters_of_groups_are_added_where_components_share_one() -> None:
    groups = Fold.of_rows(FEW).centered_moments(lambda chunk: np.eye(2)[[0, 0, 1]][chunk.span], 2, FULL)
    pooled = Fold.of_rows(FEW).centered_moments(lambda chunk: np.eye(2)[[0, 0, 1]][chunk.span], 2, POOLED)
    np.testing.assert_allclose(in_structure(groups, POOLED).scatter, pooled.scatter)
    assert in_structure(groups, FULL) is groups
