"""What is said of a row is a number, or so many: a label or one in the type of the rows."""

from __future__ import annotations

import dask.array as da
import numpy as np

from mixfold.sources import mapped
from mixfold.sources.answer import Answer


def test_numbers_have_the_type_of_the_rows_and_labels_are_whole() -> None:
    rows = da.from_array(np.arange(6.0, dtype=np.float32).reshape(3, 2), chunks=(2, 2))
    sums = mapped(rows, None, Answer(lambda one: one.sum(axis=1), "sum"), n_features=2)
    signs = mapped(rows, None, Answer(lambda one: (one[:, 0] > 1.0).astype(np.int64), "sign", is_label=True), 2)
    assert (sums.dtype, signs.dtype) == (np.float32, np.int64)
    np.testing.assert_array_equal(sums.compute(), [1.0, 5.0, 9.0])
    np.testing.assert_array_equal(signs.compute(), [0, 1, 1])


def test_so_many_numbers_are_a_list_of_each_row() -> None:
    rows = da.from_array(np.ones((3, 2)), chunks=(2, 2))
    both = mapped(rows, None, Answer(lambda one: np.column_stack([one, one]), "both", width=4), n_features=2)
    assert both.shape == (3, 4)
