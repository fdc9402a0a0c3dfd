"""What columns of a table say of its rows: the noise that they were measured with, their labels and groups."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from mixfold.cli.options import as_written, listed_names
from mixfold.errors import InputError
from mixfold.tables import Reading, numeric_columns
from mixfold.tables.abstract import Table
from mixfold.tables.bad_cells import FIRST_ROW
from mixfold.typing import FloatArray, IntArray

UNKNOWN = -1
SHOWN = 8
"""Classes that an error names."""


@dataclass(frozen=True, slots=True)
class KnownRows:
    """Noise, labels and groups of the rows of a table.

    Attributes
    ----------
    noise : ndarray of shape (n_rows, n_features) or None
        Standard deviations.
    labels : ndarray of int of shape (n_rows,) or None
        Components; -1 where none is known.
    classes : tuple of str
        What the labels are called in the table, in the order of the components.
    links : ndarray of int of shape (n_rows,) or None
        The group of each row, whose rows are of one component; -1 where a row is alone.
    """

    noise: FloatArray | None = None
    labels: IntArray | None = None
    classes: tuple[str, ...] = ()
    links: IntArray | None = None


@dataclass(frozen=True, slots=True)
class KnownColumns:
    """Which columns say something of the rows.

    Attributes
    ----------
    noise : tuple of str
        Standard deviations, one for each feature in the order of these.
    label : str or None
    group : str or None

    Examples
    --------
    >>> import pyarrow
    >>> from mixfold.cli.known_rows import KnownColumns
    >>> table = pyarrow.table({"x": [1.0, 2.0, 3.0], "x_err": [0.1, 0.2, 0.1], "kind": ["b", None, "a"]})
    >>> known = KnownColumns(("x_err",), "kind").of(table, ("x",), n_components=2)
    >>> known.noise.ravel(), known.labels, known.classes
    (array([0.1, 0.2, 0.1]), array([ 1, -1,  0]), ('a', 'b'))
    """

    noise: tuple[str, ...] = ()
    label: str | None = None
    group: str | None = None

    @classmethod
    def named(cls, noise: str | None, label: str | None, group: str | None) -> Self:
        """Give those that the options of a command name."""
        return cls(tuple(listed_names(noise, "--noise-columns") or ()), label, group)

    @property
    def options(self) -> dict[str, object]:
        """What each option says; None where it was left out."""
        return {"--noise-columns": self.noise or None, "--label-column": self.label, "--must-link-column": self.group}

    @property
    def are_none(self) -> bool:
        """Whether there are none."""
        return not self.noise and self.label is None and self.group is None

    def left_out_of(self, reading: Reading) -> Reading:
        """Give how a table is read in which these columns are no features."""
        others = (name for name in (self.label, self.group) if name is not None)
        return replace(reading, ids=(*reading.ids, *self.noise, *others))

    def of(
        self, table: Table, features: tuple[str, ...], n_components: int, missing: tuple[str, ...] = ()
    ) -> KnownRows:
        """Read them; texts that stand for a missing value are no label, and no group.

        Raises
        ------
        InputError
            If there are more classes than components, or not as many deviations as features.
        """
        noise = None
        if self.noise:
            if len(self.noise) != len(features):
                message = (
                    f"`--noise-columns` must name one column for each of the features ({as_written(features)}), got "
                    f"{as_written(self.noise)}. Choose the features with `--columns`."
                )
                raise InputError(message)
            noise = _deviations(table, self.noise, features)
        links = None if self.group is None else _numbered(_words(table, self.group, missing))[1]
        if self.label is None:
            return KnownRows(noise, links=links)
        classes, labels = _numbered(_words(table, self.label, missing))
        if not 0 < len(classes) <= n_components:
            message = (
                f"`--label-column` must hold from 1 to {n_components} classes, one for each component at most, and "
                f"nothing where none is known; {self.label} has {len(classes)} ({as_written(classes[:SHOWN])}). Ask "
                "for as many components with `-k`, or say with `--missing TEXT` what stands for none."
            )
            raise InputError(message)
        return KnownRows(noise, labels, classes, links)


def _deviations(table: Table, columns: tuple[str, ...], features: tuple[str, ...]) -> FloatArray:
    """Give standard deviations, which may be missing where the values themselves are."""
    noise = np.asarray(numeric_columns(table, columns, gaps=True)[0], dtype=np.float64)
    values = numeric_columns(table, features, gaps=True)[0]
    is_bad = (noise < 0.0) | (np.isnan(noise) & ~np.isnan(values))
    if np.any(is_bad):
        row, at = np.argwhere(is_bad)[0].tolist()
        holds = "nothing" if np.isnan(noise[row, at]) else f"{noise[row, at]:g}"
        message = (
            f"Column {columns[at]!r} must hold a standard deviation of at least 0 where {features[at]!r} has a value, "
            f"but holds {holds} in row {row + 1} ({FIRST_ROW}). Correct it, or leave that value empty."
        )
        raise InputError(message)
    return np.where(np.isnan(noise), 0.0, noise)


def _words(table: Table, column: str, missing: tuple[str, ...]) -> list[str]:
    words = ("" if value is None else str(value).strip() for value in table.column(column).to_pylist())
    return ["" if word in missing else word for word in words]


def _numbered(words: list[str]) -> tuple[tuple[str, ...], IntArray]:
    """Give the words there are in alphabetical order, and the number of each: -1 where there is none."""
    known = tuple(sorted(set(words) - {""}))
    number = {word: at for at, word in enumerate(known)}
    return known, np.array([number.get(word, UNKNOWN) for word in words], dtype=np.int64)


def refuse_more_than_a_mixture(about: KnownColumns, outliers: str | None, *, in_pieces: bool, by: str | None) -> None:
    """Refuse what is said of single rows where these are not in memory, or each group has a mixture of its own.

    Raises
    ------
    InputError
        If something is said of rows, and they are read in pieces or parted by a column.

    Examples
    --------
    >>> from mixfold.cli.known_rows import KnownColumns, refuse_more_than_a_mixture
    >>> refuse_more_than_a_mixture(KnownColumns(), None, in_pieces=True, by=None)
    """
    if (outliers is None and about.are_none) or not (in_pieces or by is not None):
        return
    message = (
        "`--outliers`, `--noise-columns`, `--label-column` and `--must-link-column` need one table that fits in memory "
        f"and one mixture of it, got {'`--by`' if by is not None else 'a table read in pieces'}. Leave them out."
    )
    raise InputError(message)


def outliers_of(text: str | None) -> str | float | None:
    """Give what `--outliers` says.

    Raises
    ------
    InputError
        If it says nothing that a fit knows.

    Examples
    --------
    >>> from mixfold.cli.known_rows import outliers_of
    >>> outliers_of("auto"), outliers_of("0.05"), outliers_of(None)
    ('auto', 0.05, None)
    """
    if text is None or text in {"uniform", "auto"}:
        return text
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0.0 < share < 0.5:
        message = f"`--outliers` must be 'uniform', 'auto' or a share between 0 and 0.5, got {text!r}. Try 'auto'."
        raise InputError(message)
    return share
