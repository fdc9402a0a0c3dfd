"""Groups of rows that are known to be of one component: as if they were one row of all of their values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mixfold.engines import Assignment, NativeEngine
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.fold.linked import parted
from mixfold.observations import Components, Incomplete, Linear, Observation, OwnNoise
from mixfold.potentials import Potentials
from mixfold.rows import Marks, Rows
from mixfold.sources import ArraySource
from mixfold.structures import FULL, SPHERICAL
from mixfold.typing import FloatArray
from tests.examples import blobs, potentials_of

N, D, K = 30, 3, 3
LINKS = np.where(np.arange(N) % 3 == 0, -1, np.arange(N) // 6)


def scores_of(components: Components, row: FloatArray, seen: Linear) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give the scores of a row, what is expected of it under each component, and its covariance, by the textbook."""
    matrix = np.eye(D) if seen.matrix is None else seen.matrix
    noise = np.zeros((len(matrix), len(matrix))) if seen.noise is None else seen.noise
    y = row if seen.columns is None else row[seen.columns]
    scores, means, rest = [], [], []
    for log_weight, mean, covariance in zip(
        components.log_weights, components.means, components.covariances, strict=True
    ):
        total = matrix @ covariance @ matrix.T + noise
        gain = covariance @ matrix.T @ np.linalg.inv(total)
        scores.append(log_weight + multivariate_normal(matrix @ mean, total).logpdf(y))
        means.append(gain @ (y - matrix @ mean))
        rest.append(covariance - gain @ matrix @ covariance)
    allowed = np.ones(K, dtype=bool) if seen.allowed is None else seen.allowed
    return np.where(allowed, scores, -np.inf), np.array(means), np.array(rest)


def kinds() -> dict[str, tuple[FloatArray, Marks, tuple[Observation, ...], list[Linear]]]:
    """Give rows seen in each way: values, marks, observations, and the observation of each row."""
    random = np.random.default_rng(0)
    values, weights = blobs(N, K, D, seed=0)[0], random.uniform(0.2, 2.0, size=N)
    lacking = np.where(random.random(values.shape) < 0.3, np.nan, values)
    lacking[:, 0] = values[:, 0]
    labels, strata = np.array([True, True, False]), (np.arange(N) % 6 == 1).astype(np.int64)
    two = (Linear(noise=0.4 * np.eye(D)), Linear(noise=0.4 * np.eye(D), allowed=labels))
    own = random.uniform(0.1, 0.9, size=(N, D))
    whole = [Linear(noise=np.diag(one)) for one in own]
    parts = [Linear.of_features(~np.isnan(row)) for row in lacking]
    return {
        "complete": (values, Marks(weights, links=LINKS), (), [Linear()] * N),
        "missing": (lacking, Marks(weights, links=LINKS), (Incomplete(),), parts),
        "noise and labels": (values, Marks(weights, strata, links=LINKS), two, [two[one] for one in strata]),
        "own noise": (values, Marks(weights, None, own, LINKS), (OwnNoise(),), whole),
    }


@pytest.mark.parametrize("kind", kinds())
@pytest.mark.parametrize("assignment", list(Assignment))
def test_the_sums_of_linked_rows_are_those_of_their_groups(kind: str, assignment: Assignment) -> None:
    values, marks, observations, seen = kinds()[kind]
    log_weights = np.log([0.5, 0.3, 0.2])
    potentials = replace(potentials_of(FULL, K, D), log_weights=log_weights)
    components, weights, labels = Components.of(potentials), np.asarray(marks.weights), np.zeros(K)
    said = [scores_of(components, row, one) for row, one in zip(values, seen, strict=True)]
    count, shift, scatter, total = np.zeros(K), np.zeros((K, D)), np.zeros((K, D, D)), 0.0
    n_labels = 0.0
    for group in [np.flatnonzero(one == LINKS) for one in range(5)] + [[one] for one in np.flatnonzero(LINKS < 0)]:
        copies = np.sum(weights[group] ** 2) / np.sum(weights[group])
        power = weights[group] / copies
        scores = sum(one * (said[row][0] - log_weights) for one, row in zip(power, group, strict=True)) + log_weights
        log_density = np.logaddexp.reduce(scores)
        shares = np.exp(scores - log_density)
        if assignment is Assignment.HARD:
            log_density, shares = np.max(scores), np.eye(K)[np.argmax(scores)]
        total += log_density * copies
        labels += shares * copies
        n_labels += copies
        for row in group:
            held = weights[row] * shares
            count += held
            shift += held[:, None] * said[row][1]
            step = said[row][1]
            scatter += held[:, None, None] * (step[:, :, None] * step[:, None, :] + said[row][2])
    fold = Fold(ArraySource(values, marks, chunk_rows=7), NativeEngine(), LocalExecutor(), observations)
    actual = fold.statistics(potentials, FULL, assignment)
    np.testing.assert_allclose(actual.count, count, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(actual.labels, labels, rtol=1e-12, atol=1e-12)
    assert np.sum(actual.label_count) == pytest.approx(n_labels, rel=1e-12)
    np.testing.assert_allclose(actual.shift, shift, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(actual.scatter, scatter, rtol=1e-10, atol=1e-10)
    assert actual.log_likelihood == pytest.approx(total, rel=1e-12)
    if assignment is Assignment.SOFT:
        assert fold.log_likelihood(potentials) == pytest.approx((total, np.sum(weights)), rel=1e-12)


def test_a_group_of_weight_two_is_two_groups() -> None:
    rows, links = np.array([[1.0], [6.0], [4.0]]), np.array([0, 0, -1])
    potentials = potentials_of(FULL, K, 1)
    once = Fold.of_rows(rows, Marks(np.array([2.0, 2.0, 1.0]), links=links)).statistics(potentials, FULL)
    at = [0, 1, 0, 1, 2]
    twice = Fold.of_rows(rows[at], Marks(links=np.array([0, 0, 1, 1, -1]))).statistics(potentials, FULL)
    np.testing.assert_allclose(once.labels, twice.labels, rtol=1e-14)
    np.testing.assert_allclose(once.scatter, twice.scatter, rtol=1e-14)
    assert once.log_likelihood == pytest.approx(twice.log_likelihood, rel=1e-14)


@pytest.mark.parametrize("unit", [0.01, 1e-300, 1e200])
def test_the_unit_of_weights_changes_no_share_of_a_group(unit: float) -> None:
    rows, weights = blobs(N, K, D, seed=0)[0], np.random.default_rng(3).uniform(0.2, 2.0, size=N)
    potentials = potentials_of(FULL, K, D)
    folds = [Fold.of_rows(rows, Marks(each, links=LINKS)) for each in (weights, unit * weights)]
    one, other = (fold.statistics(potentials, FULL) for fold in folds)
    np.testing.assert_allclose(other.labels, unit * one.labels, rtol=1e-12)
    assert other.log_likelihood == pytest.approx(unit * one.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(folds[1].responsibilities(potentials), folds[0].responsibilities(potentials), rtol=1e-9)


def test_a_row_of_no_weight_is_not_in_its_group() -> None:
    rows, links = np.array([[1.0], [6.0], [4.0]]), np.array([0, 0, 0])
    potentials = potentials_of(FULL, K, 1)
    light = Fold.of_rows(rows, Marks(np.array([0.5, 0.0, 2.0]), links=links)).statistics(potentials, FULL)
    absent = Fold.of_rows(rows[[0, 2]], Marks(np.array([0.5, 2.0]), links=links[:2])).statistics(potentials, FULL)
    np.testing.assert_allclose(light.labels, absent.labels, rtol=1e-14)
    assert light.log_likelihood == pytest.approx(absent.log_likelihood, rel=1e-14)


def test_a_group_is_the_background_s_whole_or_not_at_all() -> None:
    rows, links = np.array([[0.0], [9.0], [9.0]]), np.array([0, 0, -1])
    potentials = Potentials(np.array([0.0]), np.zeros((1, 1)), np.ones((1, 1, 1)), FULL, background=-30.0)
    assert Fold.of_rows(rows, Marks(links=links)).labels(potentials).tolist() == [0, 0, -1]
    likely = Potentials(np.array([0.0]), np.zeros((1, 1)), np.ones((1, 1, 1)), FULL, background=-1.0)
    assert Fold.of_rows(rows, Marks(links=links)).labels(likely).tolist() == [-1, -1, -1]


def test_the_background_s_share_is_said_once_of_a_group() -> None:
    rows, links = np.array([[0.0], [2.0], [1.0]]), np.array([0, 0, -1])
    alone = Potentials(np.zeros(1), np.zeros((1, 1)), np.ones((1, 1, 1)), FULL, log_weights=np.zeros(1))
    sums = Fold.of_rows(rows, Marks(links=links)).statistics(alone.beside(0.25, 1.0, None), FULL)
    group = 0.75 * np.exp(-2.0) / (0.75 * np.exp(-2.0) + 0.25 * np.exp(-2.0))
    single = 0.75 * np.exp(-0.5) / (0.75 * np.exp(-0.5) + 0.25 * np.exp(-1.0))
    np.testing.assert_allclose(sums.label_count, [group + single, 2.0 - group - single], rtol=1e-12)
    assert sums.background_share == pytest.approx(1.0 - (group + single) / 2.0, rel=1e-12)
    assert sums.count == pytest.approx([2.0 * group + single], rel=1e-12)


def test_a_component_of_no_weight_has_no_group() -> None:
    rows, links = np.array([[0.0], [0.1], [9.0]]), np.array([0, 0, -1])
    with np.errstate(divide="ignore"):
        log_weights = np.log([1.0, 0.0])
    potentials = Potentials(log_weights, np.array([[9.0], [0.0]]), np.ones(2), SPHERICAL, log_weights=log_weights)
    sums = Fold.of_rows(rows, Marks(links=links)).statistics(potentials, SPHERICAL)
    np.testing.assert_array_equal(sums.labels, [2.0, 0.0])


def test_a_group_lacks_values_beside_a_background() -> None:
    rows, links = np.array([[0.0, np.nan], [0.0, 5.0]]), np.array([0, 0])
    offset, sides = np.full(1, -np.log(2.0 * np.pi)), np.array([1.0, 3.0])
    potentials = Potentials(offset, np.zeros((1, 2)), np.eye(2)[None], FULL, -4.0, log_sides=sides)
    fold = Fold(ArraySource(rows, Marks(links=links)), NativeEngine(), LocalExecutor(), (Incomplete(),))
    component = -1.5 * np.log(2.0 * np.pi) - 12.5
    assert fold.log_likelihood(potentials)[0] == pytest.approx(np.logaddexp(component, -4.0 + (-4.0 + 3.0)), rel=1e-12)


def test_responsibilities_of_a_group_are_those_of_each_of_its_rows() -> None:
    rows, links = blobs(N, K, D, seed=0)[0].astype(np.float32), LINKS
    shares = Fold.of_rows(rows, Marks(links=links)).responsibilities(potentials_of(FULL, K, D))
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-6)
    assert all(np.ptp(shares[links == one], axis=0).max() == 0.0 for one in range(5))


def test_the_same_bits_come_from_any_number_of_threads() -> None:
    values, marks, observations, _ = kinds()["missing"]
    source, potentials = ArraySource(values, marks, chunk_rows=7), potentials_of(FULL, K, D)
    found = []
    for n_threads in (1, 3):
        with LocalExecutor(n_threads) as executor:
            found.append(Fold(source, NativeEngine(), executor, observations).statistics(potentials, FULL))
    assert found[0].scatter.tobytes() == found[1].scatter.tobytes()


@pytest.mark.parametrize(("links", "sizes"), [(None, (2, None)), ([-1, -1], (2, None)), ([0, 0], (None, 2))])
def test_parts_without_rows_are_none(links: list[int] | None, sizes: tuple[int | None, int | None]) -> None:
    marks = Marks(links=None if links is None else np.array(links))
    assert tuple(None if part is None else part.n for part in parted(Rows(np.zeros((2, 1)), marks))) == sizes
