"""Rows of which values are missing, on top of any other observation."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.engines import NativeEngine
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.observations import Complete, Incomplete, Linear, Observation, OwnNoise
from mixfold.rows import Marks
from mixfold.sources import ArraySource
from mixfold.structures import FULL, POOLED
from mixfold.typing import FloatArray, IntArray
from tests.examples import blobs, potentials_of

ROWS = np.where(np.random.default_rng(0).random((200, 3)) < 0.3, np.nan, blobs(200, 3, 3, seed=1)[0])


def by_stratum(of: Linear) -> tuple[IntArray, list[Observation]]:
    """Give the strata and the observations that say of each pattern what `Incomplete` says of all."""
    lacks = np.isnan(ROWS)
    patterns, strata = np.unique(lacks, axis=0, return_inverse=True)
    return np.ravel(strata), [Linear.of_features(~one, of.noise, of.allowed) for one in patterns]


@pytest.mark.parametrize("noise", [np.array(0.5), np.diag([0.1, 0.2, 0.3]) + 0.05])
def test_noise_labels_and_missing_values_compose(noise: FloatArray) -> None:
    of = Linear(noise=noise, allowed=np.array([True, True, False]))
    strata, observations = by_stratum(of)
    potentials = potentials_of(FULL, 3, 3)
    some = ~np.all(np.isnan(ROWS), axis=1)  # a row without any value counts for nothing, which a stratum does not know
    rows, strata = ROWS[some], strata[some]
    asked = Fold(ArraySource(rows), NativeEngine(), LocalExecutor(), (Incomplete(of),))
    given = Fold(ArraySource(rows, Marks(strata=strata)), NativeEngine(), LocalExecutor(), tuple(observations))
    ours, theirs = (fold.statistics(potentials, FULL) for fold in (asked, given))
    np.testing.assert_allclose(ours.scatter, theirs.scatter, rtol=1e-11, atol=1e-10)
    np.testing.assert_allclose(ours.shift, theirs.shift, rtol=1e-11, atol=1e-10)
    assert ours.log_likelihood == pytest.approx(theirs.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(asked.log_density(potentials), given.log_density(potentials), rtol=1e-12)


def test_complete_rows_of_which_values_may_be_missing_are_seen_by_the_potentials_of_the_mixture() -> None:
    incomplete = Incomplete()
    assert incomplete.of == Complete()
    assert incomplete.is_identity
    assert not incomplete.is_complete
    assert not Incomplete(Linear(noise=np.array(1.0))).is_identity


def test_rows_without_gaps_have_the_statistics_of_complete_rows() -> None:
    rows, potentials = blobs(500, 3, 3, seed=2)[0], potentials_of(POOLED, 3, 3)
    incomplete = Fold(ArraySource(rows), NativeEngine(), LocalExecutor(), (Incomplete(),)).statistics(
        potentials, POOLED
    )
    complete = Fold.of_rows(rows).statistics(potentials, POOLED)
    np.testing.assert_allclose(incomplete.scatter, complete.scatter, rtol=1e-12)
    assert incomplete.log_likelihood == pytest.approx(complete.log_likelihood, rel=1e-14)


def test_rows_may_be_of_the_components_that_the_other_allows() -> None:
    one = np.array([True, False])
    assert Complete().allowed is None
    assert Incomplete(Complete()).allowed is None
    for of in (Linear(allowed=one), OwnNoise(one)):
        assert Incomplete(of).allowed is of.allowed is one
