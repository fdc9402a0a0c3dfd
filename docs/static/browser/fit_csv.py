"""What the page beside it runs in the browser: the text of a CSV file to a mixture, and what there is to show of it."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from mixfold import AutoGaussianMixture, GaussianMixture

MOST_SHOWN = 2000
"""Rows that are drawn; all are fitted."""


def columns_of(text: str) -> tuple[list[str], np.ndarray[Any, Any]]:
    """Give the names and values of the columns that hold numbers; an empty cell is a missing value."""
    dialect = csv.Sniffer().sniff(text[:4096], ",;\t") if text.strip() else csv.excel
    lines = [line for line in csv.reader(io.StringIO(text), dialect) if any(cell.strip() for cell in line)]
    if not lines:
        message = "The file must hold rows, and is empty. Choose another."
        raise ValueError(message)
    first = [_number(cell) for cell in lines[0]]
    has_names = any(value is None for value in first)
    names = lines[0] if has_names else [f"x{at}" for at in range(len(first))]
    rows = [[_number(cell) for cell in line] for line in lines[has_names:] if len(line) == len(names)]
    kept = [at for at in range(len(names)) if rows and all(row[at] is not None for row in rows)]
    if not kept:
        message = f"A column must hold numbers, but none of {names} does. Choose a file with one at least."
        raise ValueError(message)
    return [names[at].strip() for at in kept], np.array([[row[at] for at in kept] for row in rows], dtype=float)


def fit_csv(text: str, n_components: int | None = None) -> str:
    """Fit the rows of a CSV file; give in JSON what the page shows.

    Parameters
    ----------
    text : str
    n_components : int, optional
        Chosen by BIC from 1 to 9 if there is none.
    """
    names, rows = columns_of(text)
    model: Any = GaussianMixture(n_components or 1, random_state=0)
    if n_components is None:
        most = max(1, min(9, len(rows) // 5))
        model = AutoGaussianMixture(range(1, most + 1), covariance_types=["full"], random_state=0)
    labels = model.fit(rows).predict(rows)
    mixture, at = model.mixture_, slice(None, None, max(1, -(-len(rows) // MOST_SHOWN)))
    drawn = rows[at][:, [0, min(1, len(names) - 1)]]
    return json.dumps(
        {
            "names": names,
            "n_rows": len(rows),
            "weights": mixture.weights.tolist(),
            "means": mixture.means.tolist(),
            "deviations": mixture.deviations.tolist(),
            "bic": float(model.bic(rows)),
            "labels": labels.tolist(),
            "points": [
                [*point.tolist(), int(label)]
                for point, label in zip(drawn, labels[at], strict=True)
                if np.isfinite(point).all()
            ],
        }
    )


def _main() -> None:
    """Print what there is to show of the file that is named."""
    print(fit_csv(Path(sys.argv[1]).read_text("utf-8")))


def _number(cell: str) -> float | None:
    """Give the number in a cell, NaN of an empty one; None of words."""
    if cell.strip().lower() in {"", "na", "nan", "null"}:
        return float("nan")
    try:
        return float(cell)
    except ValueError:
        return None


if __name__ == "__main__" and len(sys.argv) == 2:  # in the page there is no file
    _main()
