"""What goes together: each pair of the things that rows and parameters may be, tried on few rows.

``python -m tests.compositions`` writes the table of docs/how-to/what-goes-together.md.
"""

from __future__ import annotations

import itertools
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from mixfold import GaussianMixture, StudentMixture
from mixfold.errors import ConvergenceWarning, InputError, SpuriousComponentWarning

PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "what-goes-together.md"
NAMES = (
    "weights",
    "missing values",
    "noise, few kinds",
    "noise of each row",
    "labels",
    "must-link",
    "uniform background",
    "a share left out",
    "known parameters",
    "heavy tails",
)
N = 120
RANDOM = np.random.default_rng(0)
CLASSES = np.repeat([0, 1], N // 2)
ROWS = RANDOM.normal(size=(N, 2)) + 5.0 * CLASSES[:, None]
ROWS[:4] = RANDOM.uniform(-20.0, 20.0, size=(4, 2))


def asked_of(names: set[str]) -> tuple[np.ndarray, dict[str, Any], dict[str, Any]]:
    """Give the rows, what is said of them to `fit`, and the parameters of an estimator."""
    lacking = np.where(np.random.default_rng(2).random(ROWS.shape) < 0.1, np.nan, ROWS)
    of_fit: dict[str, tuple[str, Any]] = {
        "weights": ("sample_weight", np.random.default_rng(1).uniform(0.5, 2.0, size=N)),
        "noise, few kinds": ("noise", np.random.default_rng(3).choice([0.1, 0.5], size=(N, 1)) * np.ones(2)),
        "noise of each row": ("noise", np.random.default_rng(4).uniform(0.1, 0.5, size=(N, 2))),
        "labels": ("labels", np.where(np.arange(N) % 10 == 5, CLASSES, -1)),
        "must-link": ("must_link", np.where(np.arange(N) % 4 == 1, np.arange(N) // 12, -1)),
    }
    settings: dict[str, tuple[str, Any]] = {
        "uniform background": ("outliers", "uniform"),
        "a share left out": ("outliers", 0.05),
        "known parameters": ("fixed", {"means": [[0.0, np.nan], [np.nan, np.nan]]}),
    }
    rows = lacking if "missing values" in names else ROWS
    return rows, *(dict(each[name] for name in each if name in names) for each in (of_fit, settings))


def tried(names: set[str]) -> np.ndarray | str:
    """Fit rows with all of these; give the objective after each step, or why it was refused."""
    rows, of_fit, settings = asked_of(names)
    kind = StudentMixture if "heavy tails" in names else GaussianMixture
    with warnings.catch_warnings():
        for category in (ConvergenceWarning, SpuriousComponentWarning):
            warnings.simplefilter("ignore", category)
        try:
            model = kind(2, init_params="kmeans", random_state=0, max_iter=15, **settings).fit(rows, **of_fit)
        except InputError as error:
            return str(error)
        except TypeError as error:  # heavy tails have no such argument
            return str(error)
    return np.array([iteration.objective for iteration in model.history_])


def exclude_each_other(pair: set[str]) -> bool:
    """Whether two are alternatives."""
    alternatives = [{"noise, few kinds", "noise of each row"}, {"uniform background", "a share left out"}]
    return pair in alternatives


def cell(first: str, second: str) -> str:
    """Say whether two go together."""
    if first == second or exclude_each_other({first, second}):
        return ""
    return "no" if isinstance(tried({first, second}), str) else "yes"


def table() -> str:
    """Give the table."""
    head = ["| |" + "|".join(f" {name} " for name in NAMES) + "|", "|---" * (len(NAMES) + 1) + "|"]
    cells = {pair: cell(*pair) for pair in itertools.combinations(NAMES, 2)}
    for first in NAMES:
        said = [cells.get((first, second)) or cells.get((second, first), "") for second in NAMES]
        head.append(f"| **{first}** |" + "|".join(f" {one} " for one in said) + "|")
    return "\n".join(head) + "\n"


if __name__ == "__main__":
    before, _, after = PAGE.read_text().partition("<!-- table -->\n")
    _, _, after = after.partition("<!-- end -->\n")
    PAGE.write_text(f"{before}<!-- table -->\n{table()}<!-- end -->\n{after}")
    sys.stdout.write(f"wrote {PAGE}\n")
