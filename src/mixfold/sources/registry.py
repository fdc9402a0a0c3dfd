"""Which source serves what a caller passes as `X`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mixfold.rows import Source
from mixfold.sources import dask, spark
from mixfold.sources.answer import Answer
from mixfold.sources.blocks import BlocksSource
from mixfold.sources.dask import DaskSource, is_dask
from mixfold.sources.spark import SparkSource, is_spark

Opener = Callable[[Any, Sequence[str] | None], Source | None]


def source_for(X: Any, columns: Sequence[str] | None = None) -> Source | None:
    """Open what is no array in memory: the first of `OPENERS` that knows it; None if nobody does.

    Parameters
    ----------
    X : path, source or re-iterable of arrays
    columns : sequence of str, optional
        The features, where the data name their columns.

    Returns
    -------
    source : Source or None

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mixfold.sources import source_for
    >>> path = Path(tempfile.mkdtemp()) / "rows.npy"
    >>> np.save(path, np.zeros((3, 2)))
    >>> type(source_for(path)).__name__
    'NpySource'
    >>> source_for([[1.0, 2.0]]) is None
    True
    """
    return next((source for opener in OPENERS if (source := opener(X, columns)) is not None), None)


def mapped(X: Any, columns: Sequence[str] | None, answer: Answer, n_features: int) -> Any:
    """Give what is said of the rows of a collection, to be computed where they lie when it is asked for.

    Parameters
    ----------
    X : object
    columns : sequence of str or None
    answer : Answer
    n_features : int
        How many the function of the answer needs.

    Returns
    -------
    said : dask.array.Array, pyspark.sql.DataFrame or None
        None if `X` is no collection, but rows that are, or come, here.

    Examples
    --------
    >>> import dask.array as da
    >>> import numpy as np
    >>> from mixfold import Mixture
    >>> from mixfold.sources import Answer, mapped
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical")
    >>> X = da.from_array(np.array([[1.0], [8.0], [0.0]]), chunks=(2, 1))
    >>> said = mapped(X, None, Answer(mixture.labels, "label", is_label=True), n_features=1)
    >>> said.chunks, said.compute()
    (((2, 1),), array([0, 1, 0]))
    """
    return next((mapper(X, columns, answer, n_features) for is_one, mapper in MAPPERS if is_one(X)), None)


def _ready(X: Any, columns: Sequence[str] | None) -> Source | None:
    del columns
    return X if isinstance(X, Source) else None


def _path(X: Any, columns: Sequence[str] | None) -> Source | None:
    if not isinstance(X, str | os.PathLike):
        return None
    # Formats of files, and what reads them, take a while to load, and rows are mostly in memory.
    from mixfold.sources.arrow import ArrowSource  # noqa: PLC0415
    from mixfold.sources.npy import NpySource  # noqa: PLC0415
    from mixfold.sources.sliced import SlicedSource, is_sliced  # noqa: PLC0415

    path = Path(X)
    if is_sliced(path):
        return SlicedSource(path)
    return NpySource(path) if path.suffix.lower() == ".npy" else ArrowSource(path, columns)


def _dask(X: Any, columns: Sequence[str] | None) -> Source | None:
    return DaskSource(X, columns) if is_dask(X) else None


def _spark(X: Any, columns: Sequence[str] | None) -> Source | None:
    return SparkSource(X, columns) if is_spark(X) else None


def _blocks(X: Any, columns: Sequence[str] | None) -> Source | None:
    del columns
    ours = hasattr(X, "__iter__") and not any(hasattr(X, name) for name in ("__array__", "__getitem__", "shape"))
    return BlocksSource(X) if ours and not isinstance(X, set | frozenset) else None


OPENERS: tuple[Opener, ...] = (_ready, _path, _dask, _spark, _blocks)
"""All that open something, in the order in which they are asked."""

MAPPERS: tuple[tuple[Callable[[Any], bool], Callable[..., Any]], ...] = (
    (is_dask, dask.mapped),
    (is_spark, spark.mapped),
)
"""What is computed where it lies."""
