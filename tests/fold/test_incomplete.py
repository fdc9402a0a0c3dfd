"""Rows of which values are missing, against the formulas row by row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import digamma
from scipy.stats import multivariate_t

from mixfold.engines import ArrayEngine, Assignment, Engine, NativeEngine
from mixfold.engines.kernels import available_instruction_sets, instruction_set, select_instruction_set
from mixfold.errors import InputError
from mixfold.fold.incomplete import output_of_incomplete, patterns, statistics_of_incomplete, without_empty
from mixfold.observations import Components
from mixfold.potentials import Potentials
from mixfold.rows import Marks, Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import DIAGONAL, FULL, POOLED, SPHERICAL, Factors, Structure
from mixfold.typing import FloatArray
from tests.examples import potentials_of

ENGINES = [ArrayEngine(), NativeEngine()]
STRUCTURES = [FULL, POOLED, DIAGONAL, SPHERICAL, Factors(2)]


def rows_of(potentials: Potentials, n_rows: int = 60, share: float = 0.3, dtype: Any = np.float64) -> Rows:
    """Give weighted rows near the centers that lack values, some rows of one pattern one after the other."""
    random = np.random.default_rng(0)
    k, d = potentials.center.shape
    values = potentials.center[random.integers(k, size=n_rows)] + random.normal(size=(n_rows, d))
    lacks = random.random((n_rows, d)) < share
    lacks[n_rows // 2 : n_rows // 2 + 12] = lacks[0]
    lacks[-2], lacks[-1] = False, True
    values[lacks] = np.nan
    return Rows(values.astype(dtype), Marks(random.uniform(0.5, 2.0, size=n_rows).astype(dtype)))


def by_formula(
    rows: Rows, potentials: Potentials, assignment: Assignment = Assignment.SOFT
) -> tuple[SufficientStatistics, FloatArray]:
    """Give full statistics and the scores, one row and one component at a time."""
    components = Components.of(potentials)
    k, d = components.means.shape
    count, shift, scatter, total = np.zeros(k), np.zeros((k, d)), np.zeros((k, d, d)), 0.0
    scores = np.zeros((rows.n, k))
    for n, (row, weight) in enumerate(zip(rows.values.astype(np.float64), rows.weights_or_ones, strict=True)):
        there, lacks = np.flatnonzero(~np.isnan(row)), np.flatnonzero(np.isnan(row))
        steps, residuals = np.zeros((k, d)), np.zeros((k, d, d))
        for one in range(k):
            covariance, away = components.covariances[one], (row - components.means[one])[there]
            seen, across = covariance[np.ix_(there, there)], covariance[np.ix_(lacks, there)]
            log_norm = len(there) * np.log(2.0 * np.pi) + np.linalg.slogdet(seen)[1]
            scores[n, one] = components.log_weights[one] - 0.5 * (log_norm + away @ np.linalg.solve(seen, away))
            steps[one, there], steps[one, lacks] = away, across @ np.linalg.solve(seen, away)
            rest = covariance[np.ix_(lacks, lacks)] - across @ np.linalg.solve(seen, across.T)
            residuals[one][np.ix_(lacks, lacks)] = rest
        density = np.logaddexp.reduce(scores[n])
        shares = np.exp(scores[n] - density)
        if assignment is Assignment.HARD:
            shares, density = np.eye(k)[np.argmax(scores[n])], np.max(scores[n])
        total += float(weight * density)
        count += weight * shares
        shift += (weight * shares)[:, None] * steps
        scatter += (weight * shares)[:, None, None] * (steps[:, :, None] * steps[:, None, :] + residuals)
    weight = float(np.sum(rows.weights_or_ones))
    return SufficientStatistics(potentials.center, count, shift, scatter, FULL, total, rows.n, weight), scores


def assert_equal(found: SufficientStatistics, expected: SufficientStatistics, tolerance: float = 1e-12) -> None:
    """Compare to rounding, on the scale of the largest of each."""
    for name in ("count", "shift", "scatter"):
        here, there = getattr(found, name), getattr(expected, name)
        np.testing.assert_allclose(here, there, rtol=0.0, atol=tolerance * max(1.0, float(np.max(np.abs(there)))))
    assert found.log_likelihood == pytest.approx(expected.log_likelihood, rel=tolerance)
    assert found.weight == pytest.approx(expected.weight, rel=tolerance)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda structure: structure.name)
@pytest.mark.parametrize("asked", [FULL, POOLED, DIAGONAL, SPHERICAL], ids=lambda structure: structure.name)
def test_statistics_are_those_of_the_formulas(engine: Engine, structure: Structure, asked: Structure) -> None:
    potentials = potentials_of(structure, 3, 5, seed=1)
    rows = rows_of(potentials)
    expected = by_formula(rows, potentials)[0].in_structure(asked, None)
    assert_equal(statistics_of_incomplete(engine, rows, potentials, asked), expected)


@pytest.mark.parametrize("n_features", [1, 9, 17, 40, 57])
@pytest.mark.parametrize("share", [0.1, 0.6, 0.95])
def test_any_number_of_missing_values_has_its_kernel(n_features: int, share: float) -> None:
    whitener = np.tril(np.random.default_rng(0).normal(size=(2, n_features, n_features)), -1) / n_features
    whitener += np.eye(n_features)
    center = np.random.default_rng(1).normal(size=(2, n_features))
    potentials = Potentials(np.array([-1.0, -2.0]), center, whitener, FULL)
    rows = rows_of(potentials, 40, share)
    assert_equal(statistics_of_incomplete(NativeEngine(), rows, potentials, FULL), by_formula(rows, potentials)[0])


@pytest.mark.parametrize("name", available_instruction_sets())
def test_every_instruction_set_computes_them(name: str) -> None:
    potentials = potentials_of(FULL, 3, 7, seed=2)
    rows, before = rows_of(potentials), instruction_set()
    assert before is not None
    select_instruction_set(name)
    try:
        found = statistics_of_incomplete(NativeEngine(), rows, potentials, FULL)
    finally:
        select_instruction_set(before)
    assert_equal(found, by_formula(rows, potentials)[0])


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_a_row_can_belong_wholly_to_the_component_of_the_highest_score(engine: Engine) -> None:
    potentials = potentials_of(FULL, 3, 4, seed=3)
    rows = rows_of(potentials)
    expected = by_formula(rows, potentials, Assignment.HARD)[0]
    assert_equal(statistics_of_incomplete(engine, rows, potentials, FULL, Assignment.HARD), expected)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda structure: structure.name)
def test_rows_are_scored_by_what_they_have(engine: Engine, structure: Structure) -> None:
    potentials = potentials_of(structure, 3, 5, seed=4)
    rows = rows_of(potentials)
    scores = by_formula(rows, potentials)[1]
    density = np.logaddexp.reduce(scores, axis=1)
    said = {
        "scores": scores,
        "log_density": density,
        "responsibilities": np.exp(scores - density[:, None]),
        "labels": np.argmax(scores, axis=1),
    }
    for name, expected in said.items():
        found = output_of_incomplete(engine, name, rows.values, potentials)  # type: ignore[arg-type]  # one of them
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12)


def beside_background(potentials: Potentials, background: float = -4.0) -> Potentials:
    """Give potentials with a background whose sides are of various lengths."""
    sides = np.linspace(0.5, 2.0, potentials.n_features)
    return replace(potentials, background=background, log_sides=sides)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("structure", [FULL, DIAGONAL, Factors(2)], ids=lambda structure: structure.name)
def test_a_background_has_the_density_of_the_sides_whose_values_there_are(engine: Engine, structure: Structure) -> None:
    plain = potentials_of(structure, 3, 5, seed=7)
    potentials, rows = beside_background(plain), rows_of(plain)
    scores = by_formula(rows, plain)[1]
    assert potentials.log_sides is not None
    background = -4.0 + np.isnan(rows.values) @ potentials.log_sides
    density = np.logaddexp(np.logaddexp.reduce(scores, axis=1), background)
    shares = np.exp(scores - density[:, None])
    labels = np.where(np.max(scores, axis=1) < background, -1, np.argmax(scores, axis=1))
    assert structure != FULL or -1 in labels
    said = {"scores": scores, "log_density": density, "responsibilities": shares, "labels": labels}
    for name, expected in said.items():
        found = output_of_incomplete(engine, name, rows.values, potentials)  # type: ignore[arg-type]  # one of them
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12)
    sums = statistics_of_incomplete(engine, rows, potentials, FULL)
    np.testing.assert_allclose(sums.count, rows.weights_or_ones @ shares, rtol=1e-12)
    assert sums.log_likelihood == pytest.approx(rows.weights_or_ones @ density, rel=1e-12)
    hard = statistics_of_incomplete(engine, rows, potentials, FULL, Assignment.HARD)
    np.testing.assert_allclose(hard.count, rows.weights_or_ones @ (labels[:, None] == np.arange(3)), rtol=1e-12)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_single_precision_is_as_exact_as_it_is_for_complete_rows(engine: Engine) -> None:
    potentials = potentials_of(FULL, 3, 6, seed=5)
    rows = rows_of(potentials, dtype=np.float32)
    assert_equal(statistics_of_incomplete(engine, rows, potentials, FULL), by_formula(rows, potentials)[0], 3e-5)


def test_tensors_may_lack_values(library: Any) -> None:
    potentials = potentials_of(FULL, 2, 3, seed=6)
    rows = rows_of(potentials)
    there = Rows(library(rows.values), Marks(library(rows.weights)))
    assert_equal(statistics_of_incomplete(ArrayEngine(), there, potentials, FULL), by_formula(rows, potentials)[0])


def test_more_covariances_than_are_kept_are_computed_again() -> None:
    d = 60
    potentials = Potentials(np.zeros(8), np.zeros((8, d)), np.tile(np.eye(d) + 0.1 * np.tri(d, d, -1), (8, 1, 1)), FULL)
    rows = rows_of(potentials, 34, 0.8)
    assert_equal(statistics_of_incomplete(NativeEngine(), rows, potentials, FULL), by_formula(rows, potentials)[0])


def test_features_that_nearly_follow_from_others_are_expected_from_them() -> None:
    covariance = np.array([[1.0, 1.0, 0.0], [1.0, 1.0 + 1e-12, 0.0], [0.0, 0.0, 1.0]])
    whitener = np.linalg.inv(np.linalg.cholesky(covariance))[None]
    potentials = Potentials(np.zeros(1), np.zeros((1, 3)), whitener, FULL)
    for lacks in ([0], [1], [0, 1]):
        values = np.array([[2.0, 2.0, 0.5]])
        values[0, lacks] = np.nan
        found = statistics_of_incomplete(NativeEngine(), Rows(values), potentials, FULL)
        expected = [2.0, 2.0, 0.5] if len(lacks) == 1 else [0.0, 0.0, 0.5]
        np.testing.assert_allclose(found.means[0], expected, atol=1e-5)
        assert np.all(np.isfinite(found.scatter))


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_heavy_tails_have_the_sums_of_part_of_a_row(engine: Engine) -> None:
    degrees = np.array([1.5, 4.0, 30.0])
    potentials = replace(potentials_of(FULL, 3, 4), degrees=degrees)
    components, rows = Components.of(potentials), rows_of(potentials)
    count, mass, log_tau, total = np.zeros(3), np.zeros(3), np.zeros(3), 0.0
    shift, scatter = np.zeros((3, 4)), np.zeros((3, 4, 4))
    for row, weight in zip(rows.values[:-1], np.asarray(rows.weights), strict=False):
        seen = ~np.isnan(row)
        p, scores = int(np.sum(seen)), components.log_weights.copy()
        for k, (mean, scale) in enumerate(zip(components.means, components.covariances, strict=True)):
            scores[k] += multivariate_t(mean[seen], scale[np.ix_(seen, seen)], degrees[k]).logpdf(row[seen])
        total += weight * np.logaddexp.reduce(scores)
        shares = weight * np.exp(scores - np.logaddexp.reduce(scores))
        for k, (mean, scale) in enumerate(zip(components.means, components.covariances, strict=True)):
            gain = scale[:, seen] @ np.linalg.inv(scale[np.ix_(seen, seen)])
            away = row[seen] - mean[seen]
            step, rest = gain @ away, scale - gain @ scale[seen]
            after = 0.5 * (degrees[k] + away @ np.linalg.solve(scale[np.ix_(seen, seen)], away))  # of a Gamma density
            tau = 0.5 * (degrees[k] + p) / after
            count[k] += shares[k]
            mass[k] += shares[k] * tau
            log_tau[k] += shares[k] * (digamma(0.5 * (degrees[k] + p)) - np.log(after))
            shift[k] += shares[k] * tau * step
            scatter[k] += shares[k] * (tau * np.outer(step, step) + rest)
    found = statistics_of_incomplete(engine, Rows(rows.values[:-1], rows.marks.take(np.arange(59))), potentials, FULL)
    half = 0.5 * (degrees + 4)
    np.testing.assert_allclose(found.log_mass + count * (digamma(half) - np.log(half)), log_tau, atol=1e-11)
    for actual, expected in zip((found.count, found.mass, found.shift), (count, mass, shift), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(found.scatter, scatter, rtol=1e-11, atol=1e-11)
    assert found.log_likelihood == pytest.approx(total, rel=1e-12)


def test_a_background_of_unknown_sides_is_refused() -> None:
    beside = Potentials(np.zeros(1), np.zeros((1, 2)), np.ones(1), SPHERICAL, background=-3.0)
    with pytest.raises(InputError, match="whose sides are known"):
        output_of_incomplete(ArrayEngine(), "labels", np.array([[np.nan, 1.0]]), beside)
    behind = Potentials(np.zeros(1), np.zeros((1, 2)), np.ones(1), SPHERICAL, background=-5.0)
    with pytest.raises(InputError, match="a background"):
        output_of_incomplete(NativeEngine(), "labels", np.array([[np.nan, 1.0]]), behind)


def test_rows_of_a_pattern_are_found_in_their_order() -> None:
    values = np.array([[np.nan, 1.0], [1.0, 2.0], [np.nan, 3.0], [np.nan, np.nan]])
    found = [(rows.tolist(), features.tolist()) for rows, features in patterns(values)]
    assert found == [([1], [0, 1]), ([0, 2], [1]), ([3], [])]


def test_a_row_without_values_has_no_weight() -> None:
    rows = Rows(np.array([[np.nan, np.nan], [np.nan, 1.0], [2.0, np.nan]]), Marks(np.array([3.0, 4.0, 5.0])), start=7)
    assert (without_empty(rows).weights.tolist(), without_empty(rows).start) == ([0.0, 4.0, 5.0], 7)
    assert without_empty(rows.cut(slice(1, 3))).weights.tolist() == [4.0, 5.0]
    assert without_empty(Rows(np.zeros((2, 1), dtype=np.float32))).weights is None
