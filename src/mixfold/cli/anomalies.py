"""`mixfold anomalies`: the unusual rows of a table, and why they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table as Lines
from rich.text import Text

from mixfold.apps import Explanation, MixtureOutlierDetector
from mixfold.atomic import written_together
from mixfold.cli.assignments import with_columns
from mixfold.cli.console import OUT, warnings_in_lines
from mixfold.cli.figures import write_outliers
from mixfold.cli.options import Columns, Force, Seed, WholeTable, listed_names, not_zero, one_of, reads_tables
from mixfold.cli.outputs import check_folder, refuse_inputs, refuse_results_of_others, results_in
from mixfold.cli.progress import FitProgress
from mixfold.cli.reading import features_read, rows_for
from mixfold.cli.summary import fact_table
from mixfold.covariance import FAMILIES
from mixfold.errors import InputError
from mixfold.estimators.missing import filled
from mixfold.tables import AS_FOUND, Reading, format_of, write_table
from mixfold.typing import FloatArray, IntArray

SHOWN = 10
"""Flagged rows that are printed."""
CONFIDENCE = 0.95
MAX_ITER = 1000


@reads_tables
def anomalies(
    data: WholeTable,
    *,
    alpha: Annotated[
        float | None,
        typer.Option(
            metavar="RATE", help="Flag at most this share of normal rows, guaranteed (0.01, say); half are held out."
        ),
    ] = None,
    contamination: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Without --alpha: flag this share of DATA.", show_default="0.05"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the results; made if it is not there.")
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A detector.safetensors that this command wrote: judge DATA by it."),
    ] = None,
    components: Annotated[
        int | None,
        typer.Option("--components", "-k", min=1, help="Number of clusters of normal rows.", show_default="by the BIC"),
    ] = None,
    covariance: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            callback=one_of(FAMILIES),
            help=f"Shape of the clusters, as for `mixfold fit`: {', '.join(FAMILIES)}.",
        ),
    ] = "full",
    columns: Columns = None,
    seed: Seed = 0,
    jobs: Annotated[int, typer.Option(callback=not_zero, help="Number of threads; -1 takes all cores.")] = 1,
    force: Force = False,
    reading: Reading = AS_FOUND,
) -> None:
    """Flag the unusual rows of a table, and say which column makes each unusual.

    Learns what is normal from DATA, or takes it from --model. With --alpha the guarantee is for *new* rows: of those
    that come from where the rows of DATA came from, at most that share is flagged on average. So let DATA be normal,
    write the detector with --out, and judge new tables by it with --model.

    Writes into DIR: each row with its verdict (anomalies, in the format of DATA), the picture anomalies.png and, unless
    --model was given, detector.safetensors.
    """
    format_ = format_of(data)
    if out is not None:
        written_there = results_in(out, "anomalies", format_.suffix)
        refuse_inputs(written_there if model is None else written_there[1:], [data, model])
        check_folder(out)
        refuse_results_of_others(out, "anomalies", force=force)
    _refuse_contradictions(alpha, contamination, components, model)
    known = None if model is None else MixtureOutlierDetector.load(model)
    if known is not None and alpha is not None:
        known = known.at(alpha)
    if known is None:
        table, rows, names = features_read(data, listed_names(columns), reading)
        with warnings_in_lines(), FitProgress(None, MAX_ITER) as progress:
            detector = MixtureOutlierDetector(
                components,
                covariance_type=covariance,
                contamination=0.05 if contamination is None else contamination,
                alpha=alpha,
                random_state=seed,
                n_jobs=jobs,
                callback=progress,
            ).fit(_named(rows, names if format_.has_names else None))
    else:
        detector = known
        table, rows, _ = rows_for(detector.mixture_, data, listed_names(columns), reading)
    verdict = Verdict.of(detector, rows)
    written: list[str] = []
    if out is not None:
        with written_together(out) as unfinished:
            if model is None:
                detector.save(unfinished / "detector.safetensors")
            beside = verdict.columns(has_names=format_.has_names)
            write_table(unfinished / f"anomalies{format_.suffix}", with_columns(table, beside))
            complete = filled(rows, detector.mixture_.potentials)
            write_outliers(unfinished, detector, _named(complete, detector.mixture_.feature_names), verdict.names)
            written = sorted(path.name for path in unfinished.iterdir())
    verdict.print()
    if out is not None:
        OUT.print(f"Written to {out}: {', '.join(written)}", soft_wrap=True, markup=False)


def _refuse_contradictions(
    alpha: float | None, contamination: float | None, components: int | None, model: Path | None
) -> None:
    if alpha is not None and contamination is not None:
        message = "`--alpha` and `--contamination` are two ways to draw one line. Give one of them."
        raise InputError(message)
    for name, value, most in (("--alpha", alpha, 1.0), ("--contamination", contamination, 0.5)):
        if value is not None and not 0.0 < value <= most:
            message = f"`{name}` must be a share, more than 0 and at most {most:g}, got {value:g}. Write 0.01 for 1 %."
            raise InputError(message)
    if model is not None and (contamination is not None or components is not None):
        message = "`--model` already knows its clusters and its line: leave `--components` and `--contamination` out."
        raise InputError(message)


def _named(rows: FloatArray, names: tuple[str, ...] | None) -> Any:
    """Give rows under the names of their columns, which a detector remembers and compares."""
    import pyarrow as pa  # noqa: PLC0415  (optional extra)

    return rows if names is None else pa.table(list(np.ascontiguousarray(rows.T)), names=list(names))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a detector says of the rows of a table.

    Attributes
    ----------
    detector : MixtureOutlierDetector
    rows : ndarray of shape (n_rows, n_features)
    scores : ndarray of shape (n_rows,)
        Log densities.
    p_values : ndarray of shape (n_rows,), or None
    explanation : Explanation
    """

    detector: MixtureOutlierDetector
    rows: FloatArray
    scores: FloatArray
    p_values: FloatArray | None
    explanation: Explanation

    @classmethod
    def of(cls, detector: MixtureOutlierDetector, rows: FloatArray) -> Self:
        """Ask a detector."""
        X = _named(rows, detector.mixture_.feature_names)
        p_values = None if detector.alpha is None else detector.p_values(X)
        return cls(detector, rows, detector.score_samples(X), p_values, detector.explain(X))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features, made up where there are none."""
        return self.detector.mixture_.feature_names or tuple(f"x{index}" for index in range(self.rows.shape[1]))

    @property
    def flagged(self) -> IntArray:
        """The flagged rows, the most unusual first."""
        order = np.argsort(self.scores, kind="stable")
        return order[self.scores[order] < self.detector.offset_]

    def columns(self, *, has_names: bool) -> dict[str, Any]:
        """Give the columns that stand beside each row; a format without names has no text, so features are numbers."""
        feature = self.explanation.feature
        return {
            "anomaly": (self.scores < self.detector.offset_).astype(np.int64),
            **({} if self.p_values is None else {"p_value": self.p_values}),
            "log_density": self.scores,
            "component": self.explanation.component,
            "unusual_feature": [self.names[index] for index in feature] if has_names else feature,
            "expected_value": np.take_along_axis(self.explanation.expected, feature[:, None], axis=1)[:, 0],
        }

    def print(self) -> None:
        """Print the most unusual rows, and what the line means."""
        detector, flagged = self.detector, self.flagged
        if len(flagged):
            OUT.print(self._table(flagged[:SHOWN]))
        if len(flagged) > SHOWN:
            OUT.print(f"... and {len(flagged) - SHOWN} more.\n")
        facts = {
            "flagged": f"{len(flagged)} of {len(self.rows)} rows",
            "clusters": str(detector.mixture_.n_components),
        }
        if detector.alpha is None:
            share = f"{detector.contamination:.4g} of the rows that it was fitted on"
            facts["line"] = f"log density {detector.offset_:.6g}, below which lay {share}"
        else:
            held_out = len(detector.calibration_scores_) if detector.calibration_scores_ is not None else 0
            facts["line"] = f"p-value {detector.alpha:g}, by {held_out} held-out rows"
            facts["guarantee"] = (
                f"at most {detector.alpha:.4g} of new normal rows are flagged on average; by this detector less than "
                f"{detector.false_positive_bound(CONFIDENCE):.4g} of them, with {CONFIDENCE:.0%} confidence"
            )
        OUT.print(fact_table(facts))

    def _table(self, shown: IntArray) -> Group:
        table = Lines(box=SIMPLE_HEAD, pad_edge=False)
        for heading in ("row", *(["p-value"] if self.p_values is not None else []), "cluster"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("most unusual", overflow="fold")
        table.add_column("value", justify="right")
        table.add_column("expected, given the others", justify="right")
        why = self.explanation
        for row in shown:
            feature = why.feature[row]
            p_value = [f"{self.p_values[row]:.4f}"] if self.p_values is not None else []
            expected = f"{why.expected[row, feature]:.4g} ± {why.deviation[row, feature]:.2g}"
            value = f"{self.rows[row, feature]:.4g}"
            cells: list[Any] = [
                str(row + 1),
                *p_value,
                str(why.component[row]),
                Text(self.names[feature]),
                value,
                expected,
            ]
            table.add_row(*cells)
        return Group(Text("The most unusual rows; the first row of data is 1", style="bold"), table)
