"""Tables that a command prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table

from mixfold.fitting import Run
from mixfold.mixture import Mixture

FEATURES_IN_A_TABLE = 4


def fact_table(facts: Mapping[str, Any]) -> Table:
    """Give names and values, one line each."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(
            name, value if isinstance(value, str) else f"{value:.6g}" if isinstance(value, float) else str(value)
        )
    return table


def restart_table(restarts: Sequence[Run], best: int) -> Table:
    """Give one line a restart: where it began, how far it came and how it ended."""
    table = Table(title="Restarts", title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("restart", "iterations", "log-likelihood per row"):
        table.add_column(name, justify="right")
    table.add_column("ended")
    for position, run in enumerate(restarts):
        ended = f"{run.outcome} (best)" if position == best else str(run.outcome)
        style = "bold" if position == best else None
        table.add_row(str(run.restart + 1), str(run.n_iter), f"{run.log_likelihood:.6f}", ended, style=style)
    return table


def component_tables(mixture: Mixture) -> Iterator[Table]:
    """Give the weight, mean and standard deviation of each component, a few features a table."""
    names = mixture.feature_names or tuple(f"feature {index}" for index in range(mixture.n_features))
    spread = np.sqrt(np.einsum("kdd->kd", mixture.component_covariances))  # (k, d)
    for first in range(0, mixture.n_features, FEATURES_IN_A_TABLE):
        shown = range(first, min(first + FEATURES_IN_A_TABLE, mixture.n_features))
        title = "Components: weight, and mean ± standard deviation of each feature"
        table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
        table.add_column("component", justify="right", no_wrap=True)
        table.add_column("weight", justify="right", no_wrap=True)
        for index in shown:
            table.add_column(names[index], justify="right")
        for component, weight in enumerate(mixture.weights):
            values = [f"{mixture.means[component, at]:.4g} ± {spread[component, at]:.3g}" for at in shown]
            table.add_row(str(component), f"{weight:.4f}", *values)
        yield table
