"""Labels and responsibilities beside the rows that they belong to."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from mixfold.cli.assignments import with_assignments, with_columns

SHARES = np.array([[0.9, 0.1], [0.2, 0.8]])


def test_labels_are_of_the_largest_responsibility() -> None:
    table = with_assignments(pa.table({"size": [1.0, 2.0]}), SHARES)
    assert table.column_names == ["size", "label", "responsibility_0", "responsibility_1"]
    assert table["label"].to_pylist() == [0, 1]
    np.testing.assert_array_equal(table["responsibility_1"].to_numpy(), SHARES[:, 1])


def test_columns_of_the_data_keep_their_names() -> None:
    table = with_assignments(pa.table({"label": ["a", "b"], "responsibility_0": [1, 2]}), SHARES)
    assert table["label"].to_pylist() == ["a", "b"]
    assert table["label_"].to_pylist() == [0, 1]
    assert table["responsibility_0"].to_pylist() == [1, 2]
    assert "responsibility_0_" in table.column_names


def test_a_name_that_is_there_twice_gets_one_underscore_more() -> None:
    table = with_columns(pa.table({"x": [1], "x_": [2]}), {"x": np.array([3])})
    assert table.to_pylist() == [{"x": 1, "x_": 2, "x__": 3}]
