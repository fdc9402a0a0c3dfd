"""The same options for all commands that read tables."""

import pytest

from mixfold.cli.options import READING_OPTIONS, listed_names
from mixfold.errors import InputError


@pytest.mark.parametrize("command", ["fit", "select", "predict", "anomalies"])
def test_every_command_that_reads_a_table_has_the_options_for_it(mixfold, command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    shown = mixfold(command, "--help").stdout
    for name in READING_OPTIONS:
        assert f"--{name.replace('_', '-')}" in shown
    assert "--no-header" in shown


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a", ["a"]),
        ("width, length", ["width", "length"]),
        ('"width, in cm",length', ["width, in cm", "length"]),
        ('a,"",b', ["a", "", "b"]),
        ('"say ""a""",b', ['say "a"', "b"]),
    ],
)
def test_names_with_commas_are_written_in_quotes(text, names):
    assert listed_names(text) == names


@pytest.mark.parametrize("text", ["", "a,,b", "a,", ",a"])
def test_nothing_between_commas_is_no_name(text):
    with pytest.raises(InputError, match="`--id` must be names with commas between them"):
        listed_names(text, "--id")
