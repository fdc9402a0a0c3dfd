"""Tables that a command prints."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from mixfold.fitting import Run
from mixfold.mixtures import Mixture, with_deviations
from mixfold.search.criteria import name_of

WIDEST_NAME, GAP = 24, 3
"""Letters of a name of a feature, and between columns."""
FEATURES_SHOWN = 12
"""Features that a fit prints."""
MOST_DECIMALS = 6
LEVELS_IN_A_TABLE = 9
NO_ENTRY = Text("-", style="dim")


def fact_table(facts: Mapping[str, Any]) -> Table:
    """Give names and values, one line each."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(name, Text(f"{value:.6f}" if isinstance(value, float) else str(value)))
    return table


def what_is_missing(estimator: Any, names: Sequence[str]) -> dict[str, Any]:
    """Give how many values were missing of each column, as a fact of a fit; nothing where none was."""
    counted = {name: int(n) for name, n in zip(names, estimator.n_missing_, strict=True) if n}
    return {"missing_values": counted} if counted else {}


def counts_in_words(counted: Mapping[str, int]) -> str:
    """Say how many there are of each.

    Examples
    --------
    >>> counts_in_words({"width": 24, "length": 1})
    '24 in width, 1 in length'
    """
    return ", ".join(f"{n} in {name}" for name, n in counted.items())


def missing_in_words(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Give facts of a fit with a sentence in place of the counts of missing values."""
    return {name: counts_in_words(each) if name == "missing_values" else each for name, each in facts.items()}


def restart_table(restarts: Sequence[Run], best: int) -> Group:
    """Give one line a restart: how far it came and how it ended; of a search, what came of it."""
    n_raced = sum(run.outcome.left_race for run in restarts)
    if n_raced:
        said = f" {n_raced} starts raced, and nothing better than what is kept was found.\n"
        return Group(Text("Search", style="bold"), Text(said))
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("restart", "iterations", "log-likelihood per row"):
        table.add_column(name, justify="right")
    table.add_column("ended")
    for position, run in enumerate(restarts):
        ended = f"{run.outcome} (best)" if position == best else str(run.outcome)
        style = "bold" if position == best else None
        table.add_row(str(run.restart + 1), str(run.n_iter), f"{run.log_likelihood:.6f}", ended, style=style)
    return Group(Text("Restarts", style="bold"), table)


def grid_table(results: Sequence[Mapping[str, Any]], criterion: str, width: int) -> Group:
    """Give a criterion by family and number of components; the choice is bold, what was given up in parentheses.

    Parameters
    ----------
    results : sequence of mappings
        `AutoGaussianMixture.results_`.
    criterion : str
    width : int
        Of a line, in letters: as many numbers of components are shown as fit, those around the choice.
    """
    levels = list(dict.fromkeys(row["n_components"] for row in results if row["outcome"] != "skipped"))
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("family", no_wrap=True)
    chosen = next(row for row in results if row["chosen"])
    decimals = _differing_decimals([row[criterion] for row in results], chosen[criterion])
    names = list(dict.fromkeys(row["covariance_type"] for row in results))
    entries = {(row["covariance_type"], row["n_components"]): _grid_entry(row, criterion, decimals) for row in results}
    each = max(map(len, entries.values())) + GAP
    n_shown = max(1, min(LEVELS_IN_A_TABLE, (width - max(map(len, names)) - GAP) // each))
    first = max(0, min(levels.index(chosen["n_components"]) - n_shown // 2, len(levels) - n_shown))
    levels = levels[first : first + n_shown]
    for k in levels:
        table.add_column(f"K = {k}", justify="right", no_wrap=True)
    for name in names:
        table.add_row(name, *(entries.get((name, k), NO_ENTRY) for k in levels))
    title = f"{name_of(criterion)}, smaller is better; in parentheses what was given up early"
    return Group(Text(title, style="bold"), table)


def _differing_decimals(values: Sequence[float], chosen: float) -> int:
    """Give how many decimals tell a value from the nearest other one; values that agree to 1e-9 are the same.

    Examples
    --------
    >>> _differing_decimals([2315.1, 2321.088, 2321.093, float("inf")], 2321.088), _differing_decimals([3e6], 3e6)
    (3, 0)
    """
    usual = 1 if abs(chosen) < 1e5 else 0
    others = [abs(value - chosen) for value in values if math.isfinite(value)]
    gaps = [gap for gap in others if gap > 1e-9 * max(abs(chosen), 1.0)]
    return max(usual, min(MOST_DECIMALS, math.ceil(-math.log10(min(gaps))))) if gaps else usual


def _grid_entry(row: Mapping[str, Any], criterion: str, decimals: int) -> Text:
    if not math.isfinite(row[criterion]):
        return NO_ENTRY
    value = f"{row[criterion]:.{decimals}f}"
    if row["chosen"]:
        return Text(value, style="bold green")
    return Text(value) if row["outcome"] == "converged" else Text(f"({value})", style="dim")


def component_tables(mixture: Mixture, width: int, most: int | None = None) -> Iterator[Group]:
    """Give the weight of each component, and mean and deviation of each feature, as many components a table as fit.

    Parameters
    ----------
    mixture : Mixture
    width : int
        Of a line, in letters.
    most : int, optional
        Features that are shown, the first ones; by default all.
    """
    shown = range(min(mixture.n_features, most or mixture.n_features))
    lines = [with_deviations(mixture.means[:, index], mixture.deviations[:, index]) for index in shown]
    columns = [
        (str(component), [f"{weight:.4f}", *(line[component] for line in lines)])
        for component, weight in enumerate(mixture.weights)
    ]
    names = ["weight", *(_names_of(mixture)[index] for index in shown)]
    title = "Components: mean ± standard deviation of each feature"
    yield from _tables(title, "feature", names, columns, width)
    if len(shown) < mixture.n_features:
        hidden = mixture.n_features - len(shown)
        yield Group(Text(f" ... and {hidden} more feature{'s' * (hidden > 1)}, which `mixfold inspect` shows.\n"))


def covariance_tables(mixture: Mixture, width: int) -> Iterator[Group]:
    """Give the covariance matrix of each component; one where it is the same for all."""
    names, matrices = _names_of(mixture), mixture.component_covariances  # (k, d, d)
    is_one = len(matrices) > 1 and bool(np.all(matrices == matrices[0]))
    for component, matrix in enumerate(matrices[:1] if is_one else matrices):
        columns = [(name, [f"{value:.6g}" for value in matrix[:, at]]) for at, name in enumerate(names)]
        of = f"the {len(matrices)} components, the same for all" if is_one else f"component {component}"
        yield from _tables(f"Covariances of {of}", "", names, columns, width)


def _names_of(mixture: Mixture) -> tuple[str, ...]:
    return mixture.feature_names or tuple(f"x{index}" for index in range(mixture.n_features))


def _tables(
    title: str, head: str, names: Sequence[str], columns: Sequence[tuple[str, list[str]]], width: int
) -> Iterator[Group]:
    """Give columns under headings, as many a table as a line has room for: no cell is broken."""
    at = 0
    while at < len(columns):
        room = width - min(WIDEST_NAME, max(map(len, [head, *names]))) - 3
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        table.add_column(Text(head), max_width=WIDEST_NAME, no_wrap=True, overflow="ellipsis")
        shown: list[list[str]] = []
        while at < len(columns) and (not shown or room >= _width(columns[at])):
            room -= _width(columns[at])
            table.add_column(Text(columns[at][0]), justify="right", no_wrap=True, min_width=_width(columns[at]) - GAP)
            shown.append(columns[at][1])
            at += 1
        for position, name in enumerate(names):
            table.add_row(Text(name), *(cells[position] for cells in shown))
        yield Group(Text(title, style="bold"), table)


def _width(column: tuple[str, list[str]]) -> int:
    heading, cells = column
    return max(min(len(heading), WIDEST_NAME), *map(len, cells)) + GAP
