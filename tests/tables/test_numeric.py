"""What counts as a number, and how a message leads to the rows that are none."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from mixfold.errors import InputError
from mixfold.tables import numeric_columns

TABLE = pa.table(
    {"name": ["u", "v"], "whole": [1, 2], "real": [0.5, 1.5], "truth": [True, False], "money": [Decimal("1.10")] * 2}
)


def test_all_columns_of_numbers_are_taken_by_default_in_their_order():
    rows, names = numeric_columns(TABLE)
    assert names == ("whole", "real", "money")
    np.testing.assert_array_equal(rows, [[1.0, 0.5, 1.1], [2.0, 1.5, 1.1]])
    assert rows.dtype == np.float64


def test_named_columns_come_in_the_order_named():
    assert numeric_columns(TABLE, ["real", "whole"])[0].tolist() == [[0.5, 1.0], [1.5, 2.0]]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["nope"], "There is no column 'nope'; the columns are 'name', 'whole'"),
        (["name"], "'name' must hold numbers, but holds 'u' and others in rows 1, 2"),
        (["truth"], "'truth' must hold numbers, but holds bool"),
        (["real", "real"], "named once each"),
        ([], "At least one column must be named"),
    ],
)
def test_columns_that_cannot_be_used_are_refused(columns, message):
    with pytest.raises(InputError, match=message):
        numeric_columns(TABLE, columns)


@pytest.mark.parametrize(
    ("value", "message"),
    [(None, "1 missing value "), (float("nan"), "1 NaN value "), (float("-inf"), "1 infinite value ")],
)
def test_a_value_that_is_no_finite_number_is_refused_with_its_row(value, message):
    with pytest.raises(InputError, match=rf"Column 'a' .*{message}\(row 3; the first row of data is 1\)"):
        numeric_columns(pa.table({"a": [1.0, 2.0, value]}))


def test_many_bad_values_are_counted_and_the_first_rows_shown():
    with pytest.raises(InputError, match=r"10 missing and 1 infinite values \(rows 1, 2, 3, 4, 5, \.\.\.;"):
        numeric_columns(pa.table({"a": pa.array([None] * 10 + [float("inf")], pa.float64())}))


def test_a_bad_value_in_a_column_that_is_not_chosen_does_no_harm():
    table = pa.table({"a": [1.0, 2.0], "b": [None, 1.0]})
    assert numeric_columns(table, ["a"])[0].tolist() == [[1.0], [2.0]]


def test_a_table_without_numbers_says_what_its_columns_hold():
    with pytest.raises(InputError, match=r"must have a column of numbers, but its columns are 'a;b' \(text\)"):
        numeric_columns(pa.table({"a;b": ["1,5;2"]}))


def test_a_table_without_rows_is_refused():
    with pytest.raises(InputError, match="must hold rows"):
        numeric_columns(pa.table({"a": pa.array([], pa.null())}))


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(InputError, match="'a' occurs twice"):
        numeric_columns(pa.table([[1.0], [2.0]], names=["a", "a"]))


def test_missing_values_may_be_kept_and_infinite_ones_not():
    table = pa.table({"a": [1.0, None, float("nan")], "b": [1.0, 2.0, float("inf")]})
    np.testing.assert_array_equal(numeric_columns(table, ["a"], gaps=True)[0], [[1.0], [np.nan], [np.nan]])
    with pytest.raises(InputError, match="1 infinite value"):
        numeric_columns(table, gaps=True)
