"""What columns of a table say of its rows: the noise that they were measured with, and their labels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mixfold.cli.options import as_written
from mixfold.errors import InputError
from mixfold.tables import Reading, numeric_columns
from mixfold.tables.abstract import Table
from mixfold.typing import FloatArray, IntArray

UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class KnownRows:
    """Noise and labels of the rows of a table.

    Attributes
    ----------
    noise : ndarray of shape (n_rows, n_features) or None
        Standard deviations.
    labels : ndarray of int of shape (n_rows,) or None
        Components; -1 where none is known.
    classes : tuple of str
        What the labels are called in the table, in the order of the components.
    """

    noise: FloatArray | None = None
    labels: IntArray | None = None
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownColumns:
    """Which columns say something of the rows.

    Attributes
    ----------
    noise : tuple of str
        Standard deviations, one for each feature in the order of these.
    label : str or None

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

    @property
    def are_none(self) -> bool:
        """Whether there are none."""
        return not self.noise and self.label is None

    def left_out_of(self, reading: Reading) -> Reading:
        """Give how a table is read in which these columns are no features."""
        return replace(reading, ids=(*reading.ids, *self.noise, *(() if self.label is None else (self.label,))))

    def of(self, table: Table, features: tuple[str, ...], n_components: int) -> KnownRows:
        """Read them.

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
            noise = np.asarray(numeric_columns(table, self.noise)[0], dtype=np.float64)
        if self.label is None:
            return KnownRows(noise)
        words = ["" if value is None else str(value).strip() for value in table.column(self.label).to_pylist()]
        classes = tuple(sorted(set(words) - {""}))
        if not 0 < len(classes) <= n_components:
            message = (
                f"`--label-column` must hold from 1 to {n_components} classes, one for each component at most, and "
                f"nothing where none is known; {self.label} has {len(classes)}. Ask for as many components with `-k`."
            )
            raise InputError(message)
        return KnownRows(noise, np.array([classes.index(word) if word else UNKNOWN for word in words]), classes)


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
