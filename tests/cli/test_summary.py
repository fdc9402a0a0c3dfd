"""Numbers of a grid have the digits in which they differ."""

from types import SimpleNamespace

import numpy as np
from rich.console import Console

from mixfold.cli.summary import grid_table, missing_in_words, what_is_missing


def test_criteria_that_differ_late_are_told_apart():
    rows = [
        {"n_components": 2, "covariance_type": name, "bic": bic, "outcome": "converged", "chosen": name == "VVE"}
        for name, bic in (("VVE", 2321.0884), ("VEV", 2321.0931), ("EEE", 2400.5))
    ]
    console = Console(width=80)
    with console.capture() as captured:
        console.print(grid_table(rows, "bic", console.width))
    assert "2321.088 " in captured.get()
    assert "2321.093 " in captured.get()


def test_no_criterion_is_cut_off_where_the_terminal_is_narrow_and_the_choice_is_shown():
    rows = [
        {"n_components": k, "covariance_type": "VVE", "bic": 1e4 + 0.25 * k, "outcome": outcome, "chosen": k == 8}
        for k, outcome in enumerate(["converged", "abandoned"] * 5, start=1)
    ]
    for width in (40, 80):
        console = Console(width=width)
        with console.capture() as captured:
            console.print(grid_table(rows, "bic", width))
        assert "…" not in captured.get()
        assert "10002.0" in captured.get()


def test_what_was_missing_is_counted_by_column_and_said_in_words():
    estimator = SimpleNamespace(n_missing_=np.array([2, 0, 1]))
    facts = what_is_missing(estimator, ["a", "b", "c"])
    assert facts == {"missing_values": {"a": 2, "c": 1}}
    assert missing_in_words({"bic": 1.0, **facts}) == {"bic": 1.0, "missing_values": "2 in a, 1 in c"}
    assert what_is_missing(SimpleNamespace(n_missing_=np.zeros(2, int)), ["a", "b"]) == {}
