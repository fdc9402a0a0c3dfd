"""What potentials say of every row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import array_api_compat
import numpy as np

from mixfold.engines import BatchEngine, Engine, method_of, to_numpy
from mixfold.executors import Executor
from mixfold.fold.incomplete import without_empty
from mixfold.fold.known import GUESSED_ROWS
from mixfold.fold.linked import Groups
from mixfold.fold.observed import output_of_strata
from mixfold.observations import Views
from mixfold.potentials import Potentials
from mixfold.rows import CHUNK_ROWS, Rows, Source
from mixfold.sources import ArraySource, in_memory
from mixfold.typing import Array

Name: TypeAlias = Literal["log_density", "responsibilities", "labels"]

SCORED_AT_ONCE = 4
"""Calls to an engine for each thread that say something of every row, if it needs no memory but for what it says."""
CALL_WORK = 1 << 32
"""Multiplications of a call to an engine, at most: a second or two on a slow processor."""
SOFTMAX_WORK = 16
"""Of them, what the exponential of a score is worth."""
FEWEST_OF_A_CALL = 64
"""Rows of a call, at least."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of each row, as workers get it.

    Attributes
    ----------
    engine : Engine
    name : str
        Of a method of engines: "log_density", "responsibilities" or "labels".
    potentials : Potentials
        Of the mixture.
    views : Views, optional
        Of the strata, where rows are observations.
    groups : Groups, optional
        Of rows that are linked.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.fold.scoring import Question
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.rows import Rows
    >>> Question(ArrayEngine(), "labels", Potentials.nearest(np.array([[0.0], [9.0]])))(Rows(np.array([[8.0]])))
    array([1])
    """

    engine: Engine
    name: Name
    potentials: Potentials
    views: Views | None = None
    groups: Groups | None = None

    @property
    def say(self) -> Callable[..., Array]:
        """The method of the engine."""
        return method_of(self.engine, self.name)

    def __call__(self, chunk: Rows) -> Array:
        """Answer it of each row of a chunk."""
        if self.views is not None:
            output = output_of_strata(self.engine, self.name, self.views, chunk)
            return output if self.groups is None else self.groups.told(self.name, output, chunk)
        return self.say(chunk.values, self.potentials)

    def counted(self, chunk: Rows) -> Rows:
        """Give a chunk with the weights that count: none of a row that lacks all values."""
        may_lack = self.views is not None and any(one.may_lack for one in self.views.observations)
        return without_empty(chunk) if may_lack else chunk

    def room(self, source: ArraySource) -> Array:
        """Give an array for the answers of all rows."""
        width = (self.potentials.n_components,) if self.name == "responsibilities" else ()
        return np.empty((source.n_rows, *width), np.int64 if self.name == "labels" else source.values.dtype)


def output_of_rows(executor: Executor, source: Source, question: Question) -> Array:
    """Give the answer of every row.

    Parameters
    ----------
    executor : Executor
    source : Source
    question : Question

    Returns
    -------
    output : array of shape (n_rows, ...)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.executors import LocalExecutor
    >>> from mixfold.fold.scoring import Question, output_of_rows
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.sources import ArraySource
    >>> question = Question(ArrayEngine(), "labels", Potentials.nearest(np.array([[0.0], [9.0]])))
    >>> output_of_rows(LocalExecutor(), ArraySource(np.array([[1.0], [8.0]])), question)
    array([0, 1])
    """
    local = executor.local
    if not source.is_in_memory:
        return _joined(list(executor.each(question, source)))
    batch = question.engine.batch
    if batch is None or question.views is not None:
        parts: dict[int, Array] = {}

        def keep(chunk: Rows) -> None:
            parts[chunk.start] = question(chunk)

        local.share(keep, source.chunks())
        return _joined([parts[start] for start in sorted(parts)])
    source = in_memory(source)
    # What is said of a row does not depend on its neighbors: a few long chunks a thread cost fewer calls.
    n_rows, potentials, most = source.n_rows, question.potentials, rows_of_a_call(batch, question.potentials)
    if n_rows <= min(most, CHUNK_ROWS) and batch.computes(potentials.structure):
        return question.say(source.values, potentials)
    share = max(-(-n_rows // (SCORED_AT_ONCE * local.n_threads)), CHUNK_ROWS)
    source = replace(source, chunk_rows=min(share, most))
    result, say = question.room(source), question.say

    def write(chunk: Rows) -> None:
        say(chunk.values, potentials, result[chunk.span])

    local.share(write, source.chunks())
    return result


def rows_of_a_call(batch: BatchEngine, potentials: Potentials) -> int:
    """Give how many rows one call may say something of: no signal is heard before it ends.

    Parameters
    ----------
    batch : BatchEngine
    potentials : Potentials

    Returns
    -------
    n_rows : int

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import NativeEngine
    >>> from mixfold.fold.scoring import rows_of_a_call
    >>> from mixfold.potentials import Potentials
    >>> rows_of_a_call(NativeEngine(), Potentials.nearest(np.zeros((2, 1))))
    1048576
    """
    if not batch.computes(potentials.structure):  # matrix products, whose bits depend on how many rows there are
        return GUESSED_ROWS
    for_each_row = potentials.whitener.size + SOFTMAX_WORK * potentials.n_components
    return min(max(CALL_WORK // for_each_row, FEWEST_OF_A_CALL), GUESSED_ROWS)


def log_likelihood(executor: Executor, source: Source, log_density: Question) -> tuple[float, float]:
    """Give the summed log density of the rows, and their summed weight.

    Parameters
    ----------
    executor : Executor
    source : Source
    log_density : Question

    Returns
    -------
    log_likelihood, weight : float

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.executors import LocalExecutor
    >>> from mixfold.fold.scoring import Question, log_likelihood
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.sources import ArraySource
    >>> log_density = Question(ArrayEngine(), "log_density", Potentials.nearest(np.zeros((1, 1))))
    >>> log_likelihood(LocalExecutor(), ArraySource(np.array([[1.0], [2.0]])), log_density)
    (-2.5, 2.0)
    """

    def one(chunk: Rows) -> tuple[float, float, float]:
        output, counted = to_numpy(log_density(chunk)), log_density.counted(chunk)
        n_rows = float(np.sum(to_numpy(chunk.weights_or_ones)))
        if counted.weights is None:
            return float(np.sum(output)), n_rows, n_rows
        weights = to_numpy(counted.weights)
        return float(weights @ output), float(np.sum(weights)), n_rows

    log_likelihood, weight, of_all = np.sum(list(executor.each(one, source)), axis=0).tolist()
    return log_likelihood, weight or of_all  # where no row has a value, all say nothing, of which the mean is asked


def _joined(parts: list[Array]) -> Array:
    return parts[0] if len(parts) == 1 else array_api_compat.array_namespace(parts[0]).concat(parts, axis=0)
