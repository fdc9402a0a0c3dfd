"""Features are the columns of numbers that say something of a row; what is left out has a reason."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from mixfold.errors import InputError
from mixfold.tables import features_of

X = {"x": [0.5, 1.5, 2.5]}
DAYS = pa.array([0, 1, 2], pa.date32())


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("", [7, 8, 9], "has no name"),
        ("Unnamed: 0", [0.5, 1.5, 2.5], "has no name"),
        ("id", [3, 9, 5], "identifies the rows"),
        ("customer_id", [3, 9, 5], "identifies the rows"),
        ("sampleID", [3, 9, 5], "identifies the rows"),
        ("index", [4, 5, 6], "identifies the rows"),
        ("row", [1, 2, 3], "identifies the rows"),
        ("label", [0, 1, 0], "labels"),
        ("kind", ["u", "v", "w"], "text"),
        ("postcode", ["01067", "10115", "80331"], "numbers kept as text"),
        ("code", ["A1", "B2", "3"], "text, though 1 values are numbers"),
        ("share", ["65.0%", "3%", "7 %"], "numbers with what is no number beside them, as '65.0%'"),
        ("price", ["$1,200.50", "$3", "$7"], "numbers with what is no number beside them, as '$1,200.50'"),
        ("street", ["12 Elm Street", "3 Oak Lane", "9b"], "text"),
        ("kind", pa.array(["u", "v", "u"]).dictionary_encode(), "text"),
        ("empty", [None, None, None], "is empty"),
        ("empty", pa.array([None, None, None], pa.float64()), "is empty"),
        ("flag", [True, False, True], "truth values"),
        ("day", DAYS, "dates or times"),
    ],
)
def test_a_column_that_says_nothing_of_a_row_is_left_out_with_the_reason(name: str, values: Any, reason: str) -> None:
    features = features_of(pa.table({name: values, **X}))
    assert features.names == ("x",)
    assert features.left_out == {name: reason}
    assert features.said == f"left out: {name!r} ({reason}); `--columns` chooses otherwise"


@pytest.mark.parametrize(
    ("name", "values"),
    [("id", [3, 9, 3]), ("id", [0.5, 1.5, 2.5]), ("row", [3, 1, 2]), ("width", [1, 2, 3]), ("label", [0.5, 1.5, 0.5])],
)
def test_numbers_that_may_mean_something_are_features(name: str, values: list[float]) -> None:
    assert features_of(pa.table({name: values, **X})).names == (name, "x")


@pytest.mark.parametrize(("n_rows", "names"), [(19, ("Kunde", "x")), (20, ("x",))])
def test_many_numbers_that_go_up_by_one_count_the_rows_whatever_they_are_called(
    n_rows: int, names: tuple[str, ...]
) -> None:
    table = pa.table({"Kunde": range(10_001, 10_001 + n_rows), "x": [0.5 * row for row in range(n_rows)]})
    assert features_of(table).names == names


@pytest.mark.parametrize(
    ("name", "runs", "is_left_out"),
    [
        ("Sample Number", [152, 124, 68], True),
        ("Probe", [30, 50], True),
        ("obs", [50, 50, 50], True),
        ("hour", [24, 24, 24, 7], False),
        ("day", [31, 28, 31, 30, 11], False),
        ("pieces", [3, 9, 2, 1, 8], False),
    ],
)
def test_numbers_that_begin_anew_for_each_group_count_its_rows(name: str, runs: list[int], is_left_out: bool) -> None:
    counted = [number for length in runs for number in range(1, length + 1)]
    features = features_of(pa.table({name: counted, "x": [0.5 * row for row in range(len(counted))]}))
    assert features.left_out == ({name: "counts the rows of each group anew"} if is_left_out else {})


@pytest.mark.parametrize("values", [[*range(1, 31), *range(2, 60)], [*range(3, 33), *range(3, 63)]])
def test_numbers_that_do_not_begin_anew_at_one_are_features(values: list[int]) -> None:
    assert features_of(pa.table({"size": values, "x": [0.5] * len(values)})).names == ("size", "x")


def test_what_earlier_commands_added_is_left_out() -> None:
    added = {"label": [0, 1, 0], "responsibility_0": [1.0, 0.0, 1.0], "responsibility_1": [0.0, 1.0, 0.0]}
    assert features_of(pa.table(X | added | {"cluster": [0, 0, 0]})).names == ("x",)
    added = {"anomaly": [0, 1, 0], "log_density": [1.0, 2.0, 3.0], "component": [0, 0, 1], "expected_value": [0.1] * 3}
    assert features_of(pa.table(X | added)).names == ("x",)
    assert features_of(pa.table(X | added)).said.startswith(
        "left out: 'anomaly', 'log_density', 'component', 'expected_value' (of an earlier search for anomalies);"
    )
    assert features_of(pa.table(X | {"component": [0.1, 0.2, 0.3]})).names == ("x", "component")


def test_columns_that_are_asked_for_are_taken_and_those_that_identify_rows_are_not() -> None:
    table = pa.table({"id": [1, 2, 3], "y": [1.0, 2.0, 4.0], **X})
    assert features_of(table, ["id", "x"]).names == ("id", "x")
    assert features_of(table, ids=["y"]).left_out == {"id": "identifies the rows", "y": "identifies the rows"}
    with pytest.raises(InputError, match="There is no column 'z'; the columns are 'id', 'y', 'x'.$"):
        features_of(table, ids=["z"])
    with pytest.raises(InputError, match="Capitals and spaces count: write 'y'.$"):
        features_of(table, ["Y", "x"])
    with pytest.raises(InputError, match="Write those with commas in quotes of their own"):
        features_of(table.rename_columns(["id", "y, cm", "x"]), ["y", "cm"])
    with pytest.raises(InputError, match="a feature or an identifier, but 'y' is named as both"):
        features_of(table, ["x", "y"], ids=["y"])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["1", "?", "3"], r"holds '\?' in row 2 \(the first row of data is 1\)\. Write `--missing '\?'` and"),
        (["-", "2", "-"], r"holds '-' in rows 1, 3 \(the first row of data is 1\)"),
        (["1", "3.x", "4"], r"holds '3\.x' in row 2"),
        (["1", "n.a.", "#DIV/0!"], r"holds 'n\.a\.' and others in rows 2, 3"),
        (["1.5", "2,5", "3"], r"holds '2,5' in row 2 .*If that is a number, write `--decimal ,`"),
        (["1,500", "20,000", "3"], r"holds '1,500' in row 1 .*If commas part thousands, leave them out"),
        (["?"] * 8 + ["1"], r"holds '\?' in rows 1, 2, 3, 4, 5, \.\.\."),
    ],
)
def test_single_values_that_keep_a_column_from_being_numbers_are_named(values: list[str], said: str) -> None:
    table = pa.table({"a": values, "x": [0.5] * len(values)})
    for columns in (None, ["a"]):
        with pytest.raises(InputError, match=rf"Column 'a' must hold numbers, but {said}"):
            features_of(table, columns)
    assert features_of(table, ["x"]).names == ("x",)


def test_numbers_kept_as_text_are_named_as_such() -> None:
    with pytest.raises(InputError, match="Column 'a' must hold numbers, but holds them as text"):
        features_of(pa.table({"a": ["1", "2"]}), ["a"])
