"""Rows that cannot be used are refused by name; a fingerprint tells rows and marks apart."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.errors import InputError
from mixfold.fold import Fold
from mixfold.rows import CHUNK_ROWS, Marks


def test_the_first_row_that_is_not_finite_is_named() -> None:
    rows = np.zeros((CHUNK_ROWS + 10, 3))
    rows[CHUNK_ROWS + 4, 1] = np.nan
    with pytest.raises(InputError, match=f"feature 1 .* in row {CHUNK_ROWS + 4}"):
        Fold.of_rows(rows).refuse_bad_rows()


def test_a_digest_depends_on_rows_their_order_their_weights_and_their_strata() -> None:
    rows, weights = np.arange(10.0)[:, None], np.arange(10.0)
    digests = [
        Fold.of_rows(rows).digest(),
        Fold.of_rows(rows[::-1]).digest(),
        Fold.of_rows(rows, Marks(weights)).digest(),
        Fold.of_rows(rows, Marks(weights, np.zeros(10, int))).digest(),
    ]
    assert len(set(digests)) == 4
    assert Fold.of_rows(rows.copy()).digest() == digests[0]
