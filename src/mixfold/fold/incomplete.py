"""What is asked of rows of which values are missing, in one call where the engine can, else pattern by pattern."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from operator import add

import array_api_compat
import numpy as np

from mixfold.engines import Assignment, Engine, Output, method_of
from mixfold.observations import Complete, Components, Linear, Observation, View, refuse_other_than_normal
from mixfold.potentials import Potentials
from mixfold.rows import Marks, Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import FULL, Structure
from mixfold.typing import Array, FloatArray, IntArray
from mixfold.validation import on_host


def statistics_of_incomplete(
    engine: Engine,
    rows: Rows,
    potentials: Potentials,
    structure: Structure,
    assignment: Assignment = Assignment.SOFT,
) -> SufficientStatistics:
    """Give the statistics that complete rows are expected to have, of rows of which values are missing (NaN).

    Parameters
    ----------
    engine : Engine
    rows : Rows
    potentials : Potentials
        Of complete rows; heavy tails are computed pattern by pattern.
    structure : Structure
        Of the scatter.
    assignment : Assignment

    Returns
    -------
    statistics : SufficientStatistics

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.fold.incomplete import statistics_of_incomplete
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.rows import Rows
    >>> from mixfold.structures import DIAGONAL
    >>> rows, potentials = Rows(np.array([[1.0, np.nan]])), Potentials.nearest(np.array([[0.0, 3.0]]))
    >>> statistics = statistics_of_incomplete(ArrayEngine(), rows, potentials, DIAGONAL)
    >>> statistics.means, statistics.scatter
    (array([[1., 3.]]), array([[1., 1.]]))
    """
    refuse_other_than_normal(potentials)
    batch = engine.batch if potentials.degrees is None else None
    if batch is not None and batch.computes(structure, potentials.structure):
        return batch.statistics_of_incomplete(rows, potentials, structure, assignment)
    components, basis = Components.of(potentials), potentials.basis(structure)
    if batch is not None:
        found = batch.statistics_of_incomplete(rows, components.dense, FULL, assignment)
    else:
        parts = (
            view.lifted(engine.statistics(part, view.potentials, FULL, assignment))
            for part, view, _ in _patterns(rows, components)
        )
        found = reduce(add, parts)
    return found.in_structure(structure, basis)


def shared_of_incomplete(
    engine: Engine, rows: Rows, potentials: Potentials, responsibilities: FloatArray
) -> SufficientStatistics:
    """Give the statistics that complete rows are expected to have under given responsibilities, pattern by pattern.

    Parameters
    ----------
    engine : Engine
    rows : Rows
    potentials : Potentials
        Of complete rows; of normal components.
    responsibilities : ndarray of shape (n, n_components)

    Returns
    -------
    statistics : SufficientStatistics
        With a full scatter, and no log-likelihood.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.fold.incomplete import shared_of_incomplete
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.rows import Rows
    >>> rows, potentials = Rows(np.array([[1.0, np.nan]])), Potentials.nearest(np.array([[0.0, 3.0]]))
    >>> shared_of_incomplete(ArrayEngine(), rows, potentials, np.array([[0.5]])).scatter
    array([[[0.5, 0. ],
            [0. , 0.5]]])
    """
    parts = (
        view.lifted(engine.moments(part, responsibilities[at], view.potentials.center, FULL))
        for part, view, at in _patterns(rows, Components.of(potentials))
    )
    return reduce(add, parts)


def output_of_incomplete(engine: Engine, name: Output, values: Array, potentials: Potentials) -> Array:
    """Give what an engine says of each row by the values that it has: the others are missing (NaN).

    Parameters
    ----------
    engine : Engine
    name : str
        Of a method of engines.
    values : array of shape (n, n_features)
    potentials : Potentials
        Of complete rows; heavy tails are computed pattern by pattern.

    Returns
    -------
    output : array of shape (n, ...)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.fold.incomplete import output_of_incomplete
    >>> from mixfold.potentials import Potentials
    >>> potentials = Potentials.nearest(np.array([[0.0, 0.0], [0.0, 9.0]]))
    >>> output_of_incomplete(ArrayEngine(), "labels", np.array([[np.nan, 8.0], [0.0, np.nan]]), potentials)
    array([1, 0])
    """
    refuse_other_than_normal(potentials)
    batch = engine.batch if potentials.degrees is None else None
    if batch is not None:
        dense = potentials if batch.computes(potentials.structure) else Components.of(potentials).dense
        return batch.output_of_incomplete(name, values, dense)
    say = method_of(engine, name)
    parts = [
        (say(part.values, view.potentials), at) for part, view, at in _patterns(Rows(values), Components.of(potentials))
    ]
    output, order = [part for part, _ in parts], np.concatenate([at for _, at in parts])
    xp, device = array_api_compat.array_namespace(output[0]), array_api_compat.device(output[0])
    return xp.take(xp.concat(output, axis=0), xp.asarray(np.argsort(order), device=device), axis=0)


def has_gaps(values: Array) -> bool:
    """Whether values in memory, none of which is infinite, are missing (NaN).

    Parameters
    ----------
    values : array of shape (n, n_features)

    Returns
    -------
    has_gaps : bool

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import has_gaps
    >>> has_gaps(np.array([[1.0, np.nan]])), has_gaps(np.zeros((1, 2)))
    (True, False)
    """
    if not array_api_compat.is_numpy_array(values):
        xp = array_api_compat.array_namespace(values)
        return bool(xp.any(xp.isnan(values)))
    with np.errstate(all="ignore"):
        return bool(np.isnan(np.min(values, initial=0.0)))  # which is NaN where any is, in one pass


def without_empty(rows: Rows) -> Rows:
    """Give rows with no weight where a row has no value at all: it tells nothing.

    Parameters
    ----------
    rows : Rows

    Returns
    -------
    rows : Rows
        Those given where each has a value.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.incomplete import without_empty
    >>> from mixfold.rows import Rows
    >>> without_empty(Rows(np.array([[np.nan, np.nan], [1.0, np.nan]]))).weights
    array([0., 1.])
    """
    values = rows.values
    xp = array_api_compat.array_namespace(values)
    empty = xp.isnan(values[:, 0])
    if bool(xp.any(empty)):  # else no other feature need be looked at
        empty = xp.all(xp.isnan(values), axis=1)
    if not bool(xp.any(empty)):
        return rows
    weights = xp.ones_like(values[:, 0]) if rows.weights is None else rows.weights
    marks = replace(rows.marks, weights=xp.where(empty, xp.zeros_like(weights), weights))
    return replace(rows, marks=marks)


def patterns(values: Array) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield for each pattern of missing values the rows that have it, and the features that it has.

    Parameters
    ----------
    values : array of shape (n, n_features)

    Yields
    ------
    rows, features : ndarray of int

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.incomplete import patterns
    >>> [(rows.tolist(), features.tolist()) for rows, features in patterns(np.array([[1, np.nan], [2, 3], [4, 5]]))]
    [([1, 2], [0, 1]), ([0], [0])]
    """
    lacks = on_host(array_api_compat.array_namespace(values).isnan(values))  # an eighth of what the values are
    found, pattern = np.unique(np.packbits(lacks, axis=1), axis=0, return_inverse=True)
    order = np.argsort(np.ravel(pattern), kind="stable")
    first = np.searchsorted(np.ravel(pattern)[order], np.arange(1, len(found)))
    for at in np.split(order, first):
        yield at, np.flatnonzero(~lacks[at[0]])


def _patterns(rows: Rows, components: Components) -> Iterator[tuple[Rows, View, IntArray]]:
    """Yield the rows of each pattern without what they lack, how they are seen, and which they are."""
    xp, device = array_api_compat.array_namespace(rows.values), array_api_compat.device(rows.values)
    for at, features in patterns(rows.values):
        seen = np.zeros(rows.values.shape[1], dtype=bool)
        seen[features] = True
        observation: Observation = Complete() if np.all(seen) else Linear.of_features(seen)
        values = observation.seen(xp.take(rows.values, xp.asarray(at, device=device), axis=0))
        yield Rows(values, Marks(rows.weights).take(at)), observation.view(components), at
