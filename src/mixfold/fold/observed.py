"""What is asked of rows that are observations: each chunk stratum by stratum, beside the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import array_api_compat
import numpy as np

from mixfold.engines import Assignment, Engine, Output, method_of
from mixfold.errors import InputError
from mixfold.fold.by_row import in_double, output_by_row, statistics_by_row
from mixfold.fold.incomplete import output_of_incomplete, shared_of_incomplete, statistics_of_incomplete, without_empty
from mixfold.observations import Observation, Views
from mixfold.rows import Marks, Rows, Source
from mixfold.segments import Segment
from mixfold.statistics import SufficientStatistics
from mixfold.structures import FULL, Structure
from mixfold.typing import Array, FloatArray


def refuse_other_strata(source: Source, observations: Sequence[Observation]) -> None:
    """Refuse rows of strata that have no observation.

    Parameters
    ----------
    source : Source
    observations : sequence of Observation
        Of each stratum; none where rows are complete.

    Raises
    ------
    InputError
        If a row has no stratum, or one that has no observation.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.observed import refuse_other_strata
    >>> from mixfold.observations import Complete
    >>> from mixfold.rows import Marks
    >>> from mixfold.sources import ArraySource
    >>> source = ArraySource(np.zeros((3, 2)), Marks(strata=np.zeros(3, dtype=int)))
    >>> refuse_other_strata(source, [Complete()])
    """
    strata, n = source.marks.strata, len(observations)
    if not n or (strata is None and n == 1):
        return
    if strata is None:
        message = f"Rows must say by which of {n} observations they are seen. Give the source marks with `strata`."
        raise InputError(message)
    lowest, highest = int(np.min(strata)), int(np.max(strata))
    if lowest < 0 or highest >= n:
        message = f"`strata` must be at least 0 and below {n}, the number of observations, got {lowest} to {highest}."
        raise InputError(message)


def refuse_parts(observations: Sequence[Observation]) -> None:
    """Refuse what can be said of complete rows alone.

    Parameters
    ----------
    observations : sequence of Observation

    Raises
    ------
    InputError
        If one is not complete.

    Examples
    --------
    >>> from mixfold.fold.observed import refuse_parts
    >>> from mixfold.observations import Complete
    >>> refuse_parts([Complete()])
    """
    if not all(observation.is_complete for observation in observations):
        message = (
            "Moments under given responsibilities need complete rows, got rows that are seen in part or with noise. "
            "Ask for `statistics` under potentials, or complete the rows first."
        )
        raise InputError(message)


@dataclass(frozen=True, slots=True)
class ObservedExpectation:
    """The statistics that the rows of a mixture are expected to have, of observations of them.

    Attributes
    ----------
    engine : Engine
    views : Views
        Of the strata, under the potentials of the mixture.
    structure : Structure
        Of the scatter.
    assignment : Assignment
    chunk_rows : int

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine, Assignment
    >>> from mixfold.fold.observed import ObservedExpectation
    >>> from mixfold.observations import Linear, Views
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.rows import Rows
    >>> from mixfold.structures import DIAGONAL
    >>> views = Views([Linear(noise=np.array(1.0))], Potentials.nearest(np.zeros((1, 1))))
    >>> asked = ObservedExpectation(ArrayEngine(), views, DIAGONAL, Assignment.SOFT, 8192)
    >>> asked(0, Rows(np.array([[2.0]]))).total.means  # half of it is noise
    array([[1.]])
    """

    engine: Engine
    views: Views
    structure: Structure
    assignment: Assignment
    chunk_rows: int

    def __call__(self, first_chunk: int, run: Rows) -> Segment:
        """Add up consecutive chunks."""
        return Segment.of(first_chunk, (reduce(add, self.strata(chunk)) for chunk in run.chunks(self.chunk_rows)))

    def strata(self, chunk: Rows) -> Iterator[SufficientStatistics]:
        """Yield the statistics of a chunk stratum by stratum."""
        for stratum, _, rows in chunk.by_stratum():
            view = self.views.of(stratum)
            observation, asked = self.views.observations[stratum], view.asked(self.structure)
            seen = Rows(observation.seen(rows.values), Marks(rows.weights), rows.start)
            if (alone := observation.by_row) is not None:
                found = statistics_by_row(self.engine, rows, self.views.components, alone, self.assignment)
                yield found.in_structure(self.structure, self.views.potentials.basis(self.structure))
                continue
            if observation.may_lack:
                seen = without_empty(seen)
                statistics = statistics_of_incomplete(self.engine, seen, view.potentials, asked, self.assignment)
            else:
                statistics = self.engine.statistics(seen, view.potentials, asked, self.assignment)
            yield view.in_structure(statistics, self.structure)


def shared(asked: ObservedExpectation, rows: Rows, responsibilities: FloatArray) -> Iterator[SufficientStatistics]:
    """Yield the expected statistics of rows under responsibilities that are given, stratum by stratum.

    Parameters
    ----------
    asked : ObservedExpectation
    rows : Rows
    responsibilities : ndarray of shape (n, n_components)
    """
    engine, views, structure = asked.engine, asked.views, asked.structure
    basis = views.potentials.basis(structure)
    for stratum, at, part in rows.by_stratum():
        view, observation, shares = views.of(stratum), views.observations[stratum], responsibilities[at]
        if (alone := observation.by_row) is not None:
            found = alone.shared(in_double(part), views.components, shares)
            yield found.in_structure(structure, basis)
            continue
        seen = Rows(observation.seen(part.values), Marks(part.weights), part.start)
        if observation.may_lack:
            found = shared_of_incomplete(engine, seen, view.potentials, shares)
        else:
            found = engine.moments(seen, shares, view.potentials.center, FULL)
        yield found.in_structure(structure, basis) if view.of is None else view.in_structure(found, structure)


def output_of_strata(engine: Engine, name: Output, views: Views, chunk: Rows) -> Array:
    """Give what an engine says of each row of a chunk by the view of its stratum, in the order of the rows.

    Parameters
    ----------
    engine : Engine
    name : str
        Of a method of the engine.
    views : Views
    chunk : Rows

    Returns
    -------
    output : array of shape (n, ...)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.fold.observed import output_of_strata
    >>> from mixfold.observations import Linear, Views
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.rows import Rows
    >>> views = Views([Linear(allowed=np.array([False, True]))], Potentials.nearest(np.array([[0.0], [9.0]])))
    >>> output_of_strata(ArrayEngine(), "labels", views, Rows(np.array([[1.0]])))
    array([1])
    """
    output: list[Array] = []
    order: list[Any] = []
    for stratum, at, rows in chunk.by_stratum():
        observation, potentials = views.observations[stratum], views.of(stratum).potentials
        seen = observation.seen(rows.values)
        if (alone := observation.by_row) is not None:
            of_rows = output_by_row(engine, name, rows, views.components, alone)
            xp, device = array_api_compat.array_namespace(seen), array_api_compat.device(seen)
            dtype = xp.int64 if name == "labels" else seen.dtype
            output.append(xp.asarray(of_rows, dtype=dtype, device=device))
        elif observation.may_lack:
            output.append(output_of_incomplete(engine, name, seen, potentials))
        else:
            output.append(method_of(engine, name)(seen, potentials))
        order.append(at)
    if len(output) == 1:
        return output[0]
    xp, device = array_api_compat.array_namespace(output[0]), array_api_compat.device(output[0])
    return xp.take(xp.concat(output, axis=0), xp.asarray(np.argsort(np.concatenate(order)), device=device), axis=0)
