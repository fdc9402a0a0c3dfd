"""Rows with noise of their own, each as the observation of its own would have it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold.engines import Assignment
from mixfold.errors import CollapseError, InputError
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.observations import Components, Linear, OwnNoise
from mixfold.observations.own_noise import Block, output_of_noisy, statistics_of_noisy
from mixfold.potentials import Potentials
from mixfold.rows import Marks
from mixfold.sources import ArraySource
from mixfold.structures import FULL, STRUCTURES, Factors, Structure
from mixfold.typing import FloatArray
from tests.examples import blobs, potentials_of
from tests.observations.oracle import Oracle

N, K, D = 80, 3, 3
RANDOM = np.random.default_rng(0)
FACTORS = RANDOM.normal(size=(N, D, D))
NOISES = {
    "deviations": RANDOM.uniform(0.0, 2.0, size=(N, D)),
    "covariances": 0.3 * FACTORS @ np.swapaxes(FACTORS, 1, 2),
}
WEIGHTS = RANDOM.uniform(0.5, 2.0, size=N)
LABELS = RANDOM.integers(2, size=N)
ALLOWED = [None, np.array([True, False, True])]


def rows_of(lacks: bool) -> FloatArray:
    """Give rows, some of which lack values, and one has none."""
    rows = blobs(N, K, D, seed=0)[0]
    if lacks:
        rows[np.random.default_rng(1).random(rows.shape) < 0.25] = np.nan
        rows[5] = np.nan
    return rows


def fold_and_oracle(
    noise: FloatArray, lacks: bool, structure: Structure, assignment: Assignment = Assignment.SOFT
) -> tuple[Fold, Potentials, Oracle]:
    """Give the fold over the rows, and what it must say by formulas."""
    rows, potentials = rows_of(lacks), potentials_of(structure, K, D)
    one_by_one = [Linear.of_features(~np.isnan(row), noise[at], ALLOWED[LABELS[at]]) for at, row in enumerate(rows)]
    oracle = Oracle(Components.of(potentials), one_by_one, rows, np.arange(N), WEIGHTS, assignment)
    source = ArraySource(rows, Marks(WEIGHTS, LABELS, noise))
    fold = Fold(source, Fold.of_rows(rows).engine, LocalExecutor(), tuple(OwnNoise(one) for one in ALLOWED))
    return fold, potentials, oracle


@pytest.mark.parametrize(("lacks", "assignment"), [(False, Assignment.HARD), (True, Assignment.SOFT)])
@pytest.mark.parametrize("structure", [*STRUCTURES, Factors(2)], ids=lambda structure: structure.name)
@pytest.mark.parametrize("noise", NOISES)
def test_sums_are_those_of_the_rows_one_by_one(
    noise: str, lacks: bool, structure: Structure, assignment: Assignment
) -> None:
    fold, potentials, oracle = fold_and_oracle(NOISES[noise], lacks, structure, assignment)
    actual = fold.statistics(potentials, structure, assignment)
    scatter = structure.of_scatter(oracle.scatter, potentials.basis(structure))
    np.testing.assert_allclose(actual.count, oracle.count, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(actual.shift, oracle.shift, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(actual.scatter, scatter, rtol=1e-11, atol=1e-11 * np.max(np.abs(scatter)))
    assert actual.log_likelihood == pytest.approx(oracle.log_likelihood, rel=1e-12)
    assert (actual.n_rows, actual.weight) == (N, pytest.approx(np.sum(WEIGHTS)))


@pytest.mark.parametrize("lacks", [False, True])
@pytest.mark.parametrize("noise", NOISES)
def test_what_is_said_of_rows_is_said_of_what_was_measured(noise: str, lacks: bool) -> None:
    fold, potentials, oracle = fold_and_oracle(NOISES[noise], lacks, FULL)
    np.testing.assert_allclose(fold.log_density(potentials), oracle.log_density, rtol=1e-11)
    np.testing.assert_allclose(fold.responsibilities(potentials), oracle.responsibilities, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(fold.labels(potentials), np.argmax(oracle.responsibilities, axis=1))


def test_a_background_takes_its_share_but_not_of_labelled_rows() -> None:
    rows, noise = rows_of(lacks=False), NOISES["deviations"]
    potentials = potentials_of(FULL, K, D)
    components = Components.of(Potentials(potentials.offset, potentials.center, potentials.whitener, FULL, -4.0))
    density = output_of_noisy("log_density", rows, noise, components, OwnNoise())
    plain = output_of_noisy("log_density", rows, noise, Components.of(potentials), OwnNoise())
    np.testing.assert_allclose(density, np.logaddexp(plain, -4.0), rtol=1e-12)
    statistics = statistics_of_noisy(rows, noise, np.ones(N), components, OwnNoise())
    assert statistics.background_weight == pytest.approx(np.sum(np.exp(-4.0 - density)), rel=1e-12)
    assert -1 in output_of_noisy("labels", rows + 50.0, noise, components, OwnNoise())
    labelled = OwnNoise(np.array([True, True, False]))
    assert -1 not in output_of_noisy("labels", rows + 50.0, noise, components, labelled)
    with pytest.raises(InputError, match="whose sides are known"):
        output_of_noisy("labels", rows_of(lacks=True), noise, components, OwnNoise())
    potentials = replace(components.potentials, log_sides=np.arange(1.0, D + 1.0))
    lacking, sided = rows_of(lacks=True), Components.of(potentials)
    plain = output_of_noisy("log_density", lacking, noise, Components.of(potentials_of(FULL, K, D)), OwnNoise())
    expected = np.logaddexp(plain, -4.0 + np.isnan(lacking) @ np.arange(1.0, D + 1.0))
    np.testing.assert_allclose(output_of_noisy("log_density", lacking, noise, sided, OwnNoise()), expected, rtol=1e-12)


def test_rows_without_noise_in_their_marks_are_refused() -> None:
    rows = rows_of(lacks=False)
    fold = Fold(ArraySource(rows), Fold.of_rows(rows).engine, LocalExecutor(), (OwnNoise(),))
    with pytest.raises(InputError, match="must have it in their marks"):
        fold.log_density(potentials_of(FULL, K, D))


def test_covariances_that_are_none_are_refused() -> None:
    components = Components.of(potentials_of(FULL, K, D))
    with pytest.raises(CollapseError, match="must be positive definite"):
        Block.of(np.zeros((1, D)), -1e3 * np.eye(D)[None], components)


def test_single_precision_gives_its_own_kind() -> None:
    rows = rows_of(lacks=False).astype(np.float32)
    source = ArraySource(rows, Marks(noise=NOISES["deviations"]))
    fold = Fold(source, Fold.of_rows(rows).engine, LocalExecutor(), (OwnNoise(),))
    assert fold.log_density(potentials_of(FULL, K, D)).dtype == np.float32
    assert fold.labels(potentials_of(FULL, K, D)).dtype == np.int64
