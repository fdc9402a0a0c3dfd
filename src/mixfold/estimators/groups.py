"""How rows come in groups: labels, offsets, lists of arrays, and a column of a table."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mixfold.errors import InputError, ShapeError
from mixfold.tables import features_of, numeric_columns, read_table
from mixfold.typing import IntArray


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which rows are of which group.

    Attributes
    ----------
    labels : ndarray of shape (n_groups,)
        In the order in which they first come.
    starts : ndarray of int64 of shape (n_groups + 1,)
        Rows ``starts[g]:starts[g + 1]`` of those in `order` are of group g.
    order : ndarray of int or None
        The rows, group by group; None where they come so.

    Examples
    --------
    >>> from mixfold.estimators.groups import Grouping
    >>> grouping = Grouping.by_labels(["b", "a", "b"], 3)
    >>> grouping.labels, grouping.starts, grouping.order
    (array(['b', 'a'], dtype='<U1'), array([0, 2, 3]), array([0, 2, 1]))
    """

    labels: npt.NDArray[Any]
    starts: IntArray
    order: IntArray | None = None

    @classmethod
    def by_labels(cls, labels: npt.ArrayLike, n_rows: int) -> Grouping:
        """Group rows by a label for each."""
        each = np.asarray(labels)
        if each.shape != (n_rows,):
            message = f"`groups` must have a label for each of {n_rows} rows, got shape {each.shape}."
            raise ShapeError(message)
        missing = each != each  # noqa: PLR0124  (NaN, and NaT, differ from themselves)
        if each.dtype == object:
            missing = missing | np.array([label is None for label in each])
        if np.any(missing):
            message = f"`groups` must not be missing, but is in row {int(np.argmax(missing))}. Drop such rows."
            raise InputError(message)
        begins = np.flatnonzero(np.concatenate([[True], each[1:] != each[:-1]])[:n_rows])  # of runs
        if len(set(each[begins].tolist())) == len(begins):
            return cls(each[begins], np.append(begins, n_rows))
        known, first, inverse = np.unique(each, return_index=True, return_inverse=True)
        rank = np.empty(len(known), np.int64)
        by_appearance = np.argsort(first)
        rank[by_appearance] = np.arange(len(known))
        group = rank[inverse]
        starts = np.concatenate([[0], np.cumsum(np.bincount(group))])
        return cls(known[by_appearance], starts, np.argsort(group, kind="stable"))

    @classmethod
    def by_offsets(cls, offsets: npt.ArrayLike, n_rows: int) -> Grouping:
        """Group consecutive rows: those of group g begin at ``offsets[g]`` and end before ``offsets[g + 1]``."""
        starts = np.asarray(offsets)
        is_list = starts.ndim == 1 and len(starts) > 1 and starts.dtype.kind in "iu"
        if not is_list or np.any(starts[1:] < starts[:-1]) or starts[0] != 0 or starts[-1] != n_rows:
            message = (
                f"`offsets` must be whole numbers that ascend from 0 to the number of rows, {n_rows}, got "
                f"{np.array2string(starts, threshold=8)}. Pass where each group begins, and the end."
            )
            raise InputError(message)
        return cls(np.arange(len(starts) - 1), starts.astype(np.int64))


def grouped(X: Any, groups: Any, offsets: npt.ArrayLike | None) -> tuple[Any, Grouping]:
    """Tell the features from the groups.

    Parameters
    ----------
    X : array-like, list of arrays, data frame or path
    groups : str or array-like or None
        The name of a column of `X`; or a label for each row, or for each array of a list.
    offsets : array-like of int or None
        Where the groups begin, and the end.

    Returns
    -------
    features : array-like or data frame
    grouping : Grouping

    Raises
    ------
    InputError
        If they do not fit each other.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.groups import grouped
    >>> features, grouping = grouped([np.zeros((2, 1)), np.ones((3, 1))], None, None)
    >>> features.shape, grouping.starts
    ((5, 1), array([0, 2, 5]))
    """
    if offsets is not None and groups is not None:
        message = "Groups must be given by `groups` or by `offsets`, but both came. Leave one out."
        raise InputError(message)
    if isinstance(X, str | os.PathLike):
        return _of_table(read_table(Path(X)), groups, str(X))
    if isinstance(groups, str):
        return _of_frame(X, groups)
    if isinstance(X, Sequence) and len(X) and all(np.ndim(part) == 2 for part in X):
        return _of_parts(X, groups, offsets)
    shape = X.shape if hasattr(X, "shape") else np.asarray(X).shape
    n_rows = int(shape[0]) if shape else 0  # else it will be refused
    if offsets is not None:
        return X, Grouping.by_offsets(offsets, n_rows)
    return X, Grouping.by_labels(np.zeros(n_rows, np.int64) if groups is None else groups, n_rows)


def _of_parts(parts: Sequence[Any], groups: Any, offsets: Any) -> tuple[Any, Grouping]:
    widths = {np.shape(part)[1] for part in parts}
    if len(widths) > 1 or offsets is not None:
        problem = "came with `offsets`" if offsets is not None else f"have {sorted(widths)} features"
        message = f"The arrays of a list must have the same features, and are groups each, but {problem}."
        raise InputError(message)
    labels = np.arange(len(parts)) if groups is None else np.asarray(groups)
    if labels.shape != (len(parts),):
        message = f"`groups` must have a label for each of {len(parts)} arrays, got shape {labels.shape}."
        raise ShapeError(message)
    if len(set(labels.tolist())) < len(parts):
        message = "`groups` must have another label for each array of a list, but some are equal. Join their arrays."
        raise InputError(message)
    starts = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    return np.concatenate([np.asarray(part) for part in parts]), Grouping(labels, starts)


def _of_frame(frame: Any, column: str) -> tuple[Any, Grouping]:
    """Take a column out of a data frame of pandas or Polars, or a table of Arrow."""
    if hasattr(frame, "column_names"):
        return _of_table(frame, column, "X")
    names = [str(name) for name in frame.columns] if hasattr(frame, "columns") else []
    _refuse_unknown(column, names, "X")
    return frame[[name for name in frame.columns if name != column]], Grouping.by_labels(frame[column], len(frame))


def _of_table(table: Any, column: Any, what: str) -> tuple[Any, Grouping]:
    if not isinstance(column, str):
        message = f"`groups` must name the column of {what} to group by, got {column!r}."
        raise InputError(message)
    _refuse_unknown(column, table.column_names, what)
    labels = table.column(column).to_numpy()
    rows, names = numeric_columns(table, features_of(table.drop_columns([column])).names)
    return NamedRows(rows, names), Grouping.by_labels(labels, len(rows))


def _refuse_unknown(column: str, names: Sequence[str], what: str) -> None:
    if column not in names:
        message = f"`groups` must name a column of {what} ({', '.join(names)}), got {column!r}."
        raise InputError(message)


@dataclass(frozen=True, slots=True)
class NamedRows:
    """Rows of a table, with the names of its columns."""

    rows: npt.NDArray[np.float64]
    names: tuple[str, ...]
