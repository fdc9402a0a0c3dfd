"""What potentials say of every row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mixfold.engines import ArrayEngine, NativeEngine, to_numpy
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.fold.scoring import FEWEST_OF_A_CALL, rows_of_a_call
from mixfold.rows import CHUNK_ROWS, Marks
from mixfold.sources import ArraySource
from mixfold.structures import FULL
from mixfold.typing import Array, FloatArray
from tests.examples import blobs, potentials_of

N = 2 * CHUNK_ROWS + 5


@pytest.mark.parametrize("question", ["log_density", "responsibilities", "labels"])
def test_scores_come_in_the_order_of_the_rows(question: str, library: Callable[[FloatArray], Array]) -> None:
    rows, potentials = blobs(N, 3, 2)[0], potentials_of(FULL, 3, 2)
    actual = to_numpy(getattr(Fold(ArraySource(library(rows)), ArrayEngine(), LocalExecutor()), question)(potentials))
    expected = getattr(ArrayEngine(), question)(rows, potentials)
    np.testing.assert_allclose(actual, expected, rtol=1e-10)


@pytest.mark.parametrize("question", ["log_density", "responsibilities", "labels"])
@pytest.mark.parametrize("n_rows", [1, 7, CHUNK_ROWS, CHUNK_ROWS + 1])
def test_few_rows_are_told_what_they_are_told_among_many(question: str, n_rows: int) -> None:
    rows, potentials = blobs(N, 3, 2)[0], potentials_of(FULL, 3, 2)
    few, many = (getattr(Fold.of_rows(part), question)(potentials) for part in (rows[:n_rows], rows))
    np.testing.assert_array_equal(few, many[:n_rows])
    assert few.dtype == many.dtype


def test_the_log_likelihood_weighs_rows() -> None:
    rows, weights = blobs(N, 3, 2)[0], np.random.default_rng(0).uniform(size=N)
    potentials = potentials_of(FULL, 3, 2)
    total, weight = Fold.of_rows(rows, Marks(weights)).log_likelihood(potentials)
    assert total == pytest.approx(weights @ ArrayEngine().log_density(rows, potentials), rel=1e-11)
    assert weight == pytest.approx(np.sum(weights))


def test_a_call_is_short_however_many_components_there_are() -> None:
    few, many = (rows_of_a_call(NativeEngine(), potentials_of(FULL, *sizes)) for sizes in ((2, 3), (40, 30)))
    assert few > many >= FEWEST_OF_A_CALL
