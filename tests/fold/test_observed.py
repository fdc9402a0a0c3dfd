"""Rows that are observations: stratum by stratum, and refused where a stratum has none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixfold.engines import ArrayEngine
from mixfold.errors import InputError
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.observations import Complete, Linear
from mixfold.potentials import Potentials
from mixfold.rows import Marks, Rows
from mixfold.sources import ArraySource
from mixfold.structures import FULL
from mixfold.typing import Array, FloatArray
from tests.examples import blobs, potentials_of

SEEN = (Complete(), Linear.of_features(np.array([True, False])))


def fold_of(values: Array, strata: Any = None) -> Fold:
    """Give the fold over rows seen in two ways."""
    marks = Marks(strata=None if strata is None else np.asarray(strata))
    return Fold(ArraySource(values, marks), ArrayEngine(), LocalExecutor(), SEEN)


@pytest.mark.parametrize(
    ("strata", "message"),
    [(None, "by which of 2 observations"), ([0, 1, 2], "got 0 to 2"), ([-1, 0, 1], "got -1 to 1")],
)
def test_rows_without_an_observation_are_refused_before_any_work(strata: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fold_of(np.zeros((3, 2)), strata)


def test_rows_that_are_not_seen_as_they_are_do_not_enter_the_loops_of_an_engine(
    library: Any,
) -> None:
    values: FloatArray = blobs(20, 3, 2)[0]
    strata = np.arange(20) % 2
    fold = fold_of(library(values), strata)
    assert not fold.has_loops
    potentials = potentials_of(FULL, 3, 2)
    assert fold.statistics(potentials, FULL).count.sum() == pytest.approx(20.0)
    np.testing.assert_allclose(
        np.asarray(fold.log_density(potentials)), np.asarray(fold_of(values, strata).log_density(potentials))
    )


def test_batches_keep_how_rows_are_seen() -> None:
    (batch,) = fold_of(np.zeros((3, 2)), [0, 1, 1]).batches(10)
    assert batch.observations == SEEN
    assert batch.source.marks.strata.tolist() == [0, 1, 1]


PARTS = np.array([[1.0, np.nan], [3.0, np.nan], [5.0, np.nan]])


def in_parts() -> Fold:
    return Fold(ArraySource(PARTS), ArrayEngine(), LocalExecutor(), SEEN[1:])


@pytest.mark.parametrize("asked", ["moments", "centered_moments", "recentered"])
def test_moments_under_given_responsibilities_are_refused_of_rows_that_are_seen_in_part(asked: str) -> None:
    potentials = Potentials.nearest(np.zeros((1, 2)))
    ones = lambda chunk: np.ones((len(chunk.values), 1))  # noqa: E731
    questions = {
        "moments": lambda fold: fold.moments(ones, np.zeros((1, 2)), FULL),
        "centered_moments": lambda fold: fold.centered_moments(ones, 1, FULL),
        "recentered": lambda fold: fold.recentered(fold.statistics(potentials, FULL), potentials),
    }
    with pytest.raises(InputError, match="need complete rows"):
        questions[asked](in_parts())


def test_a_sample_of_rows_that_are_all_seen_alike_is_seen_as_they_are() -> None:
    potentials = Potentials.nearest(np.zeros((1, 2)))
    again = in_parts().on_rows(Rows(PARTS[:2]))
    np.testing.assert_array_equal(again.statistics(potentials, FULL).means, [[2.0, 0.0]])
