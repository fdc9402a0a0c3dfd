"""How text is written is found, said where it is unusual, and asked for where it is not clear."""

from __future__ import annotations

import pytest

from mixfold.errors import InputError
from mixfold.tables import AS_FOUND, Reading
from mixfold.tables.dialect import Dialect

FOUND = {
    "commas": ("a,b\n1.5,2\n", ",", ".", ("a", "b")),
    "semicolons": ("a;b\n1.5;2\n", ";", ".", ("a", "b")),
    "semicolons and decimal commas": ("a;b\n1,5;2\n", ";", ",", ("a", "b")),
    "decimal commas without names": ("1,234;5,678\n2,5;3\n", ";", ",", ("x0", "x1")),
    "tabs": ("a\tb\n1,5\t2\n", "\t", ",", ("a", "b")),
    "bars": ("a|b\n1|2\n", "|", ".", ("a", "b")),
    "spaces in columns": ("a b   c\n 1 2   3\n 4 5  16\n", " ", ".", ("a", "b", "c")),
    "one column": ("height\n1\n2\n", ",", ".", ("height",)),
    "one column of decimal commas": ("height\n1,5\n2,5\n", ";", ",", ("height",)),
    "words with spaces": ("full name,size\nAnn Lee,1\nBob Ray,2\n", ",", ".", ("full name", "size")),
    "times with spaces": ("at,size\n2020-01-01 10:00:00,1.5\n", ",", ".", ("at", "size")),
    "spaces after commas": ("a, b\n1, 2\n", ",", ".", ("a", "b")),
    "quoted decimal commas": ('"a","b"\n"1,5","2"\n', ",", ".", ("a", "b")),
    "Excel's hint": ("sep=;\na;b\n1;2\n", ";", ".", ("a", "b")),
    "names of rows as R writes them": ("a b\nr1 1 2\nr2 3 4\n", " ", ".", ("", "a", "b")),
    "lines that end in a comma": ("a,b\n1,2,\n3,4,\n", ",", ".", ("a", "b", "")),
    "names in a comment": ("# t x y\n1 2 3\n4 5 6\n", " ", ".", ("t", "x", "y")),
    "comments above": ("# measured in May\na,b\n1,2\n", ",", ".", ("a", "b")),
    "a title above": ("Survey 2024\na,b\n1,2\n", ",", ".", ("a", "b")),
    "a title and empty cells above": ("Survey 2024;\n;\na;b\n1,5;2\n", ";", ",", ("a", "b")),
    "a title with the delimiter in it": ("Survey, March 2024\na,b,c\n1,2,3\n4,5,6\n", ",", ".", ("a", "b", "c")),
    "a title of several lines": ('"Survey\n2024",\n\na,b\n1,2\n', ",", ".", ("a", "b")),
    "a name alone above a row": ("a,\n1,2\n3,4\n", ",", ".", ("a", "")),
    "the index of pandas": (",a,b\n0,1,2\n1,3,4\n", ",", ".", ("", "a", "b")),
    "numbers of columns": ("0,1,2\n1.5,2.5,3\n", ",", ".", ("0", "1", "2")),
    "years": ("country,1990,2000,2010\nA,1,2,3\n", ",", ".", ("country", "1990", "2000", "2010")),
    "a row of numbers": ("3.6,79\n1.8,54\n", ",", ".", ("x0", "x1")),
    "a row with a word": ("5.1,3.5,setosa\n4.9,3,setosa\n", ",", ".", ("x0", "x1", "x2")),
    "a row with a word that comes again": ("1,u,5\n2,u,6\n", ",", ".", ("x0", "x1", "x2")),
}


@pytest.mark.parametrize("name", FOUND)
def test_delimiter_decimals_and_names_are_found(name: str) -> None:
    text, *expected = FOUND[name]
    dialect = Dialect.of(text, ",", AS_FOUND)
    assert [dialect.delimiter, dialect.decimal, dialect.names] == expected


def test_what_is_unusual_is_said() -> None:
    assert Dialect.of("a,b\n1,2\n", ",", AS_FOUND).said == ()
    assert Dialect.of("a;b\n1,5;2\n", ",", AS_FOUND).said == (
        "read with ';' between the values",
        "read with ',' before the decimals",
    )
    (said,) = Dialect.of("1.5,2\n3,4\n", ",", AS_FOUND).said
    assert said == "its first line ('1.5', '2') was taken for a row; `--header` takes it otherwise"


def test_a_first_line_that_may_be_names_or_a_row_is_asked_for() -> None:
    text = "1,anna,34\n2,bob,45\n"
    with pytest.raises(InputError, match="may be names or a row: write `--header` if .*, or `--no-header` if"):
        Dialect.of(text, ",", AS_FOUND)
    assert Dialect.of(text, ",", Reading(header=True)).names == ("1", "anna", "34")
    assert Dialect.of(text, ",", Reading(header=False)).names == ("x0", "x1", "x2")


@pytest.mark.parametrize("first", ["Survey,March 2024", "age,spend"])
def test_a_line_of_words_between_the_names_and_numbers_is_asked_about(first: str) -> None:
    below = "1,2\n3,4.5\n5,6\n"
    with pytest.raises(
        InputError, match=r"its first two lines \(.*; 'age', 'in euro'\) may both name the columns: take"
    ):
        Dialect.of(f"{first}\nage,in euro\n{below}", ",", AS_FOUND)
    for row in ("?,NA", "old,?", "7,8", ",", "old,1", "1,old"):
        assert Dialect.of(f"{first}\n{row}\n{below}", ",", AS_FOUND).n_lines_before == 1
    assert Dialect.of(f"{first}\nold,rich\n{below}", ",", Reading(missing=("old", "rich"))).n_lines_before == 1
    assert Dialect.of(f"{first}\nold,rich\n{below}", ",", Reading(header=True)).n_lines_before == 1
    assert Dialect.of(f"{first}\nold,rich\n{below}young,poor\n", ",", AS_FOUND).n_lines_before == 1


def test_the_caller_knows_better() -> None:
    dialect = Dialect.of("a,b;c\n1,5;2\n", ",", Reading(delimiter=";", decimal=","))
    assert (dialect.delimiter, dialect.decimal, dialect.names, dialect.said) == (";", ",", ("a,b", "c"), ())


def test_the_lines_above_the_rows_are_counted_names_of_two_lines_among_them() -> None:
    assert Dialect.of('\n# note\n"size\nin cm",b\n1,2\n', ",", AS_FOUND).n_lines_before == 4


def test_text_without_a_line_is_refused() -> None:
    with pytest.raises(InputError, match="there is no line in it"):
        Dialect.of("\n\n", ",", AS_FOUND)
