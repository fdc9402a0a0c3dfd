"""A mixture as a query that scores the rows of a table, where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from mixfold.errors import InputError
from mixfold.exports.abstract import described
from mixfold.exports.scorer import Scorer

GREATEST = {"duckdb": "GREATEST", "sqlite": "MAX"}
"""What the largest of several columns is called; PostgreSQL, MySQL and Spark say it as DuckDB does."""


@dataclass(frozen=True, slots=True)
class SQLExporter:
    """Writes one query: each row of a table with its component, log density and probabilities.

    Parameters
    ----------
    table : str, default='rows'
        Whose columns have the names of the features. It is quoted, so that it may be any name, but no query.
    dialect : {'duckdb', 'sqlite'}, default='duckdb'
        That of DuckDB is read by PostgreSQL and Spark (with ANSI quotes), too. SQLite needs its functions of
        mathematics, which Python's has.
    keep : tuple of str, default=()
        Names of other columns of the table, as of its key, that the answer has, too.

    Raises
    ------
    InputError
        If there is no such dialect.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.exports import Scorer, SQLExporter
    >>> query = SQLExporter("flowers").content(Scorer.of(Mixture([1.0], [[0.0]], [4.0], "spherical"))).decode()
    >>> query.splitlines()[1:3]
    ['WITH', '_whitened AS (']
    """

    table: str = "rows"
    dialect: Literal["duckdb", "sqlite"] = "duckdb"
    keep: tuple[str, ...] = ()
    name: ClassVar[str] = "sql"
    suffix: ClassVar[str] = ".sql"

    def __post_init__(self) -> None:
        """Refuse a dialect that is not known."""
        if self.dialect not in GREATEST:
            message = f"`dialect` must be one of {list(GREATEST)}, got {self.dialect!r}."
            raise InputError(message)

    def content(self, scorer: Scorer) -> bytes:
        """Give the query."""
        components = range(scorer.n_components)
        scores = [f"_score_{k}" for k in components]
        largest = scores[0] if len(scores) == 1 else f"{GREATEST[self.dialect]}({', '.join(scores)})"
        total = " + ".join(f"EXP({score} - _largest)" for score in scores)
        # The first that is largest, as elsewhere; NULL where a feature is.
        labels = " ".join(f"WHEN {score} = _largest THEN {k}" for k, score in enumerate(scores))
        answers = [f"CASE {labels} END AS label", "_log_density AS log_density"]
        answers += [f"EXP({score} - _log_density) AS probability_{k}" for k, score in enumerate(scores)]
        if scorer.threshold is not None:
            answers.append(f"_log_density < {_number(scorer.threshold)} AS is_anomaly")
        columns = [_quoted(name) for name in (*self.keep, *scorer.feature_names)]
        lines = [
            f"-- {described(scorer)}",
            "WITH",
            "_whitened AS (",
            f"  SELECT {', '.join(f'_row.{column}' for column in columns)},",
            ",\n".join(_whitened(scorer, k) for k in components),
            f"  FROM {_quoted(self.table)} AS _row",
            "),",
            "_scored AS (",
            "  SELECT *,",
            ",\n".join(_score(scorer, k) for k in components),
            "  FROM _whitened",
            "),",
            # Nothing here is of the caller but quoted names: the linter cannot see it.
            f"_leading AS (SELECT *, {largest} AS _largest FROM _scored),",  # noqa: S608
            f"_summed AS (SELECT *, _largest + LN({total}) AS _log_density FROM _leading)",  # noqa: S608
            f"SELECT {', '.join(columns)},",
            "  " + ",\n  ".join(answers),
            "FROM _summed",
        ]
        return ("\n".join(lines) + "\n").encode()


def _whitened(scorer: Scorer, k: int) -> str:
    """Give the columns of what a component sees as a standard normal row."""
    columns = []
    for i in range(scorer.n_features):
        terms = [
            f"{_number(scorer.whiteners[k, i, j])} * (_row.{name} - {_number(scorer.means[k, j])})"
            for j, name in enumerate(map(_quoted, scorer.feature_names[: i + 1]))
            if scorer.whiteners[k, i, j] != 0.0
        ]
        columns.append(f"    {' + '.join(terms)} AS _w_{k}_{i}")
    return ",\n".join(columns)


def _score(scorer: Scorer, k: int) -> str:
    squares = " + ".join(f"_w_{k}_{i} * _w_{k}_{i}" for i in range(scorer.n_features))
    return f"    {_number(scorer.offsets[k])} - 0.5 * ({squares}) AS _score_{k}"


def _number(value: float) -> str:
    """Write a number with an exponent, which makes it a double everywhere, and in parentheses if negative."""
    text = f"{value:.16e}"
    return f"({text})" if value < 0.0 else text


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
