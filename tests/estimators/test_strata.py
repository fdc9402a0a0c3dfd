"""The strata that missing values, noise and labels make together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mixfold.errors import InputError, ShapeError
from mixfold.estimators.strata import Facts, in_strata
from mixfold.fold import Fold, has_gaps
from mixfold.observations import Components, Incomplete, Linear, n_named
from mixfold.rows import Marks
from mixfold.sources import ArraySource, BlocksSource
from mixfold.structures import FULL
from tests.examples import blobs, potentials_of
from tests.observations.oracle import Oracle

N, D, K = 40, 3, 3


def facts_and_rows() -> tuple[ArraySource, Facts]:
    """Give rows that lack values, have one of three noises, and sometimes a label."""
    random = np.random.default_rng(0)
    rows = blobs(N, K, D, seed=0)[0]
    rows[random.random(rows.shape) < 0.2] = np.nan
    rows[0] = [0.0, 1.0, 2.0]
    noise = random.choice([0.0, 0.3, 1.0], size=(N, 1)) * np.array([1.0, 2.0, 0.5])
    labels = random.integers(-1, K, size=N)
    source = ArraySource(rows, Marks(random.uniform(0.5, 2.0, size=N)))
    return source, Facts.of(source, noise, labels, K)


def test_the_sums_of_missing_noise_and_labels_together_are_those_of_the_rows_one_by_one() -> None:
    source, facts = facts_and_rows()
    marked, observations = in_strata(source, facts)
    assert observations[0] == Incomplete()
    potentials = potentials_of(FULL, K, D)
    fold = Fold.of_rows(marked.values, marked.marks)
    fold = Fold(marked, fold.engine, fold.executor, observations)
    actual = fold.statistics(potentials, FULL)
    assert facts.noise is not None
    assert facts.allowed is not None
    linear = [
        Linear.of_features(~np.isnan(row), noise if np.any(noise) else None, allowed)
        for row, noise, allowed in zip(source.values, facts.noise, facts.allowed, strict=True)
    ]
    oracle = Oracle(Components.of(potentials), linear, source.values, np.arange(N), source.weights)
    np.testing.assert_allclose(actual.count, oracle.count, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(actual.scatter, oracle.scatter, rtol=1e-11, atol=1e-11)
    assert actual.log_likelihood == pytest.approx(oracle.log_likelihood, rel=1e-12)


def test_rows_of_equal_noise_and_labels_are_one_stratum_whatever_they_lack() -> None:
    rows = np.array([[1.0, np.nan], [2.0, 3.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
    source = ArraySource(rows)
    noise = np.array([[1.0, 5.0], [1.0, 5.0], [0.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
    marked, observations = in_strata(source, Facts.of(source, noise, [-1, -1, -1, 0, 1], 2))
    assert marked.marks.strata.tolist() == [3, 3, 0, 1, 2]
    assert len(observations) == 4
    assert all(one.may_lack for one in observations)


def test_rows_of_which_nothing_is_known_come_back_as_they_are() -> None:
    source = ArraySource(np.zeros((3, 2)))
    facts = Facts.of(source, 0.0, [-1, -1, -1], 2)
    assert facts.are_none
    assert in_strata(source, facts) == (source, ())


def test_files_are_read_where_something_is_known_of_their_rows() -> None:
    source = BlocksSource([np.zeros((3, 2)), np.ones((5, 2))])
    assert in_strata(source)[0] is source
    marked, observations = in_strata(source, Facts.of(source, 0.5))
    assert isinstance(marked, ArraySource)
    assert marked.n_rows == 8
    assert len(observations) == 2


def test_a_covariance_of_all_rows_is_one_stratum() -> None:
    source = ArraySource(np.zeros((3, 2)))
    marked, observations = in_strata(source, Facts.of(source, np.eye(2)[None]))
    assert marked.marks.strata.tolist() == [1, 1, 1]
    np.testing.assert_array_equal(observations[1].noise, np.eye(2))


def test_a_label_that_is_missing_is_unknown() -> None:
    source = ArraySource(np.zeros((3, 2)))
    facts = Facts.of(source, labels=pd.Series([1, None, 0], dtype="Int64"), n_components=2)
    np.testing.assert_array_equal(facts.allowed, [[False, True], [True, True], [True, False]])


def test_noise_of_a_value_that_is_missing_may_be_missing() -> None:
    rows = np.array([[1.0, np.nan], [2.0, 3.0]])
    noise = np.array([[0.5, np.nan], [0.5, 0.5]])
    np.testing.assert_array_equal(Facts.of(ArraySource(rows), noise).noise, [[0.25, 0.0], [0.25, 0.25]])
    covariances = np.stack([np.diag(one**2) for one in noise])
    covariances[0, 0, 1] = covariances[0, 1, 0] = np.nan
    np.testing.assert_array_equal(Facts.of(ArraySource(rows), covariances).noise[0], [[0.25, 0.0], [0.0, 0.0]])
    with pytest.raises(InputError, match="got nan of feature 1 in row 0"):
        Facts.of(ArraySource(np.zeros((2, 2))), noise)


def test_noise_and_labels_may_be_collections_of_dask() -> None:
    dask = pytest.importorskip("dask.array")
    noise, labels = np.full((3, 2), 0.5), np.array([1, -1, 0])
    source = ArraySource(np.zeros((3, 2)))
    lazy = Facts.of(source, dask.from_array(noise, chunks=1), dask.from_array(labels, chunks=2), 2)
    np.testing.assert_array_equal(lazy.noise, noise**2)
    np.testing.assert_array_equal(lazy.allowed, Facts.of(source, labels=labels, n_components=2).allowed)


def test_sets_of_components_are_labels_too() -> None:
    source = ArraySource(np.zeros((2, 2)))
    _, observations = in_strata(
        source, Facts.of(source, labels=np.array([[True, True], [False, True]]), n_components=2)
    )
    assert observations[1].allowed.tolist() == [False, True]


@pytest.mark.parametrize(
    ("noise", "error", "says"),
    [
        (np.ones(4), ShapeError, "must be standard deviations"),
        (np.ones((2, 3)), ShapeError, "got shape"),
        (np.full((5, 3), np.nan), InputError, "must be finite"),
        (-1.0, InputError, "at least 0, got -1. Pass"),
        ([0.1, -0.2, 0.1], InputError, "got -0.2 of feature 1. Pass"),
        (np.where(np.arange(15).reshape(5, 3) == 10, -0.5, 1.0), InputError, "got -0.5 of feature 1 in row 3"),
        (np.where(np.arange(15).reshape(5, 3) == 11, np.inf, 1.0), InputError, "got inf of feature 2 in row 3"),
        (np.ma.masked_equal(np.eye(5, 3), 0.0), InputError, "got nan of feature 1 in row 0"),
        (["a", "b", "c"], ShapeError, "must be real numbers"),
        ([[1.0], [1.0, 2.0]], ShapeError, "must be real numbers"),
        (np.diag([1.0, 1.0, -1.0])[None], InputError, "without negative eigenvalues"),
        (np.triu(np.ones((3, 3)))[None] + 2.0 * np.eye(3), InputError, "symmetric"),
    ],
)
def test_noise_that_is_none_is_refused(noise: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        Facts.of(ArraySource(np.zeros((5, 3))), noise)


@pytest.mark.parametrize(
    ("labels", "error", "says"),
    [
        ([0, 1, 2], InputError, "n_components - 1 = 1"),
        ([0, -2, 1], InputError, "got -2 in row 1"),
        ([0.5, 0, 1], InputError, "got 0.5 in row 0"),
        ([0, 1, np.inf], InputError, "got inf in row 2"),
        ([0, 1], ShapeError, "one for each row"),
        (["a", "b", "c"], ShapeError, "Number your classes"),
        (np.array([[True, True], [False, False], [True, True]]), InputError, "row 1 allows none"),
    ],
)
def test_labels_that_name_no_component_are_refused(labels: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        Facts.of(ArraySource(np.zeros((3, 2))), labels=labels, n_components=2)


def test_values_whose_sum_overflows_are_not_missing() -> None:
    assert not has_gaps(np.array([[1e308, -1e308], [1e308, -1e308]]))
    assert has_gaps(np.array([[1e308, np.nan]]))


def test_components_may_be_found_beside_those_that_labels_name() -> None:
    source = ArraySource(np.arange(4.0)[:, None])
    facts = Facts.of(source, labels=[-1, 0, 0, -1], n_components=5).beside_others
    assert facts.named == 1
    marked, observations = in_strata(source, facts)
    assert [one.allowed for one in observations] == [None, np.array([True])]
    assert marked.marks.strata is not None
    assert (n_named(observations), n_named(())) == (1, 0)
    with pytest.raises(ShapeError, match="must be whole numbers .* where components are searched for"):
        _ = Facts.of(source, labels=np.arange(12).reshape(4, 3) % 5 < 3, n_components=3).beside_others
