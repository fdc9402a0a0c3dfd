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
from mixfold.mixture import Mixture
from mixfold.typing import FloatArray

FEATURES_IN_A_TABLE = 4
MOST_DECIMALS = 6
LEVELS_IN_A_TABLE = 9


def fact_table(facts: Mapping[str, Any]) -> Table:
    """Give names and values, one line each."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(name, Text(f"{value:.6f}" if isinstance(value, float) else str(value)))
    return table


def restart_table(restarts: Sequence[Run], best: int) -> Group:
    """Give one line a restart: how far it came and how it ended; of a search, what came of it."""
    n_raced = sum(run.outcome.left_race for run in restarts)
    if n_raced:
        said = f" {n_raced} starts raced; the winner was moved about until nothing better was found.\n"
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


def grid_table(results: Sequence[Mapping[str, Any]], criterion: str) -> Group:
    """Give a criterion by family and number of components; the choice is bold, what was given up in parentheses."""
    levels = list(dict.fromkeys(row["n_components"] for row in results if row["verdict"] != "skipped"))
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("family", no_wrap=True)
    chosen = next(row for row in results if row["chosen"])
    first = max(0, min(levels.index(chosen["n_components"]) - LEVELS_IN_A_TABLE // 2, len(levels) - LEVELS_IN_A_TABLE))
    levels = levels[first : first + LEVELS_IN_A_TABLE]  # around the choice: a terminal is not wide
    for k in levels:
        table.add_column(f"K = {k}", justify="right", no_wrap=True)
    decimals = 1 if abs(chosen[criterion]) < 1e5 else 0
    for name in dict.fromkeys(row["covariance_type"] for row in results):
        own = {row["n_components"]: row for row in results if row["covariance_type"] == name}
        table.add_row(name, *(_grid_entry(own[k], criterion, decimals) for k in levels))
    title = f"{criterion.upper()}, smaller is better; in parentheses what was given up early"
    return Group(Text(title, style="bold"), table)


def _grid_entry(row: Mapping[str, Any], criterion: str, decimals: int) -> Text:
    if not math.isfinite(row[criterion]):
        return Text("-", style="dim")
    value = f"{row[criterion]:.{decimals}f}"
    if row["chosen"]:
        return Text(value, style="bold green")
    return Text(value) if row["verdict"] == "converged" else Text(f"({value})", style="dim")


def component_tables(mixture: Mixture) -> Iterator[Group]:
    """Give the weight, mean and standard deviation of each component, a few features a table."""
    names = mixture.feature_names or tuple(f"x{index}" for index in range(mixture.n_features))
    spread = np.sqrt(mixture.family.variances(mixture.covariances, *mixture.means.shape))  # (k, d)
    for first in range(0, mixture.n_features, FEATURES_IN_A_TABLE):
        shown = range(first, min(first + FEATURES_IN_A_TABLE, mixture.n_features))
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        table.add_column("component", justify="right", no_wrap=True)
        table.add_column("weight", justify="right", no_wrap=True)
        for index in shown:
            table.add_column(Text(names[index]), justify="right", overflow="fold")
        columns = [_with_spread(mixture.means[:, index], spread[:, index]) for index in shown]
        for component, weight in enumerate(mixture.weights):
            table.add_row(str(component), f"{weight:.4f}", *(column[component] for column in columns))
        yield Group(Text("Components: weight, and mean ± standard deviation of each feature", style="bold"), table)


def _with_spread(means: FloatArray, deviations: FloatArray) -> list[str]:
    """Write means and deviations (k,) with as many decimals as give the smallest deviation three digits."""
    decimals = 2 - int(np.floor(np.log10(np.min(deviations))))
    kind = f".{max(decimals, 0)}f" if decimals <= MOST_DECIMALS else ".4g"
    return [f"{mean:{kind}} ± {deviation:{kind}}" for mean, deviation in zip(means, deviations, strict=True)]
