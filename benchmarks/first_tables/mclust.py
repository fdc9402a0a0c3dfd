"""mclust, which is asked through R: one process a case, rows and answers in temporary files."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.first_tables.measure import Fitted, Fold, HeldOut
from benchmarks.first_tables.r import output_of_r
from benchmarks.first_tables.variants import Case

MODELS = {"full": "VVV", "tied": "EEE", "diag": "VVI", "spherical": "VII", "VVE": "VVE"}
SCRIPT = Path(__file__).with_name("mclust.R")


def by_mclust(case: Case, types: list[str], folds: list[Fold]) -> dict[str, tuple[Fitted, HeldOut | None]]:
    """Fit each type to the rows and to the training of each fold."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written(folder / "rows", case.X)
        for number, fold in enumerate(folds):
            written(folder / f"training{number}", fold.training)
            written(folder / f"scored{number}", fold.scored)
        with (folder / "jobs.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["job", "model", "components", "rows", "scored"])
            for kind in types:
                writer.writerow([kind, MODELS[kind], case.n_components, "rows", ""])
                for number in range(len(folds)):
                    names = [f"training{number}", f"scored{number}"]
                    writer.writerow([f"{kind}{number}", MODELS[kind], case.n_components, *names])
        output_of_r(str(SCRIPT), name)
        with (folder / "answers.csv").open() as file:
            answers = {answer["job"]: answer for answer in csv.DictReader(file)}
        return {kind: (fit_of(folder, answers[kind]), rest_of(folder, answers, kind, len(folds))) for kind in types}


def written(path: Path, X: Any) -> None:
    np.savetxt(path, X, fmt="%.17g", delimiter=",")


def values_of(folder: Path, answer: dict[str, str]) -> Any:
    return np.loadtxt(folder / f"{answer['job']}.csv", ndmin=1)


def fit_of(folder: Path, answer: dict[str, str]) -> Fitted:
    labels = None if answer["message"] else values_of(folder, answer)
    seconds = np.nan if answer["seconds"] == "NA" else float(answer["seconds"])
    return Fitted(labels, seconds, int(answer["n_warnings"]), message=answer["message"])


def rest_of(folder: Path, answers: dict[str, dict[str, str]], kind: str, n_folds: int) -> HeldOut | None:
    if n_folds == 0:
        return None
    result = HeldOut()
    for number in range(n_folds):
        answer = answers[f"{kind}{number}"]
        result.n_warnings += int(answer["n_warnings"])
        if answer["message"]:
            result.messages.append(answer["message"])
        else:
            result.densities.append(float(np.mean(values_of(folder, answer))))
    return result
