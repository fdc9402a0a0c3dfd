"""The native engine: NumPy rows of float32 and float64, through C++ kernels (kernels.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self, TypeAlias, final

import numpy as np
import numpy.typing as npt

from mixfold.engines import kernels
from mixfold.engines.abstract import Assignment, Output
from mixfold.engines.array import ArrayEngine
from mixfold.engines.chunk_sums import ChunkSums
from mixfold.engines.em_loop import Beginning, EMLoop, MStep, StoppingRule
from mixfold.engines.kernels import NATIVE_AVAILABLE, STRUCTURE_CODES, same_type
from mixfold.engines.known import KnownRows
from mixfold.engines.native_loop import expectation_maximization
from mixfold.engines.noisy import NativeNoise
from mixfold.engines.posterior_loop import PosteriorLoop, PosteriorStep, posterior_steps
from mixfold.engines.small_fits import Limits, Start, TableFits, Tables, climb_tables, kmeans_of_tables
from mixfold.potentials import Potentials
from mixfold.prior import Prior
from mixfold.rows import Marks, Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import Array, FloatArray, InEveryThread

Numbers: TypeAlias = npt.NDArray[np.int32] | None
Bounds: TypeAlias = npt.NDArray[np.float32] | None
Codes: TypeAlias = npt.NDArray[np.uint16] | None
COMPLETE, INCOMPLETE = False, True
"""What kernels are told of rows: whether NaN stands for values that are missing."""
_ARRAYS = ArrayEngine()
"""What computes the structure that has no kernel, `Factors`: its work is matrix products."""


@final
@dataclass(frozen=True, slots=True)
class NativeEngine:
    """NumPy rows on the processor: one pass over the rows for the E step and the sums of the M step.

    Nothing of the size of the rows is allocated but the results: rows of any layout are copied tile by tile. A share
    below 1e-17 of its row counts as zero in statistics; of 256 components or more, one below 8e-7 / K. Weights and
    given responsibilities must not be negative.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import NativeEngine
    >>> from mixfold.potentials import Potentials
    >>> rows = np.array([[0.0], [1.0], [9.0]])
    >>> potentials = Potentials.nearest(np.array([[0.0], [9.0]]))
    >>> NativeEngine().labels(rows, potentials)
    array([0, 0, 1])
    """

    name: ClassVar[str] = "native"

    @property
    def batch(self) -> Self:
        """Itself."""
        return self

    @property
    def device(self) -> None:
        """Nothing: rows are on the processor."""

    @property
    def noisy(self) -> NativeNoise:
        """What it does with rows that have noise of their own."""
        return NativeNoise()

    def computes(self, *structures: Structure) -> bool:
        """All that have no factors, which the array engine multiplies."""
        return all(one in STRUCTURE_CODES for one in structures)

    def accepts(self, values: Array) -> bool:
        """NumPy matrices of float32 or float64 in the byte order of the machine, if the kernels are built."""
        if not NATIVE_AVAILABLE or not isinstance(values, np.ndarray) or values.ndim != 2:
            return False
        return values.dtype.char in "fd" and values.dtype.isnative

    def statistics(
        self,
        rows: Rows,
        potentials: Potentials,
        structure: Structure,
        assignment: Assignment = Assignment.SOFT,
        known: KnownRows | None = None,
    ) -> SufficientStatistics:
        """Give the expected statistics of the rows under the potentials."""
        if not self.computes(structure, potentials.structure):
            return _ARRAYS.statistics(_same_type(rows), potentials, structure, assignment)
        sums = ChunkSums.empty(potentials.center, structure, 1, with_degrees=potentials.degrees is not None)
        self.statistics_of_chunks(rows, potentials, assignment, known, max(rows.n, 1), sums)
        return sums.of_chunk(0, potentials.center, rows.n)

    def statistics_of_chunks(
        self,
        rows: Rows,
        potentials: Potentials,
        assignment: Assignment,
        known: KnownRows | None,
        chunk_rows: int,
        sums: ChunkSums,
    ) -> None:
        """Fill `sums` with the statistics of consecutive chunks of `chunk_rows` rows, in one call without the lock.

        Several threads may make the same call at once; each takes the next chunk until there are none.
        """
        kernels.compiled.statistics(
            rows.values,
            same_type(rows.weights, rows.values),
            *_arguments(potentials),
            COMPLETE,
            assignment is Assignment.HARD,
            None if known is None else known.guesses,
            *_kept(known),
            _call(known),
            chunk_rows,
            sums.next_chunk,
            sums.values,
            STRUCTURE_CODES[sums.structure],
        )

    def statistics_of_incomplete(
        self, rows: Rows, potentials: Potentials, structure: Structure, assignment: Assignment = Assignment.SOFT
    ) -> SufficientStatistics:
        """Give the expected statistics of rows of which values are missing, NaN, under normal components."""
        sums = ChunkSums.empty(potentials.center, structure, 1)
        kernels.compiled.statistics(
            rows.values,
            same_type(rows.weights, rows.values),
            *_arguments(potentials),
            INCOMPLETE,
            assignment is Assignment.HARD,
            None,
            *_kept(None),
            _call(None),
            max(rows.n, 1),
            sums.next_chunk,
            sums.values,
            STRUCTURE_CODES[structure],
        )
        return sums.of_chunk(0, potentials.center, rows.n)

    def output_of_incomplete(self, name: Output, values: Array, potentials: Potentials) -> Array:
        """Give what a method of that name says of rows, of rows of which values are missing."""
        shape = (len(values),) if name in {"log_density", "labels"} else (len(values), potentials.n_components)
        result = np.empty(shape, dtype=np.int64 if name == "labels" else values.dtype)
        arguments = values, *_arguments(potentials), INCOMPLETE, result
        if name == "log_density":
            kernels.compiled.log_density(*arguments)
        elif name == "responsibilities":
            kernels.compiled.responsibilities(*arguments)
        elif name == "scores":
            kernels.compiled.scores(*arguments)
        else:
            kernels.compiled.labels(*arguments)
        return result

    def em_loops(
        self,
        rows: Rows,
        starts: Sequence[Beginning],
        step: MStep,
        n_steps: int,
        in_every_thread: InEveryThread | None = None,
        rule: StoppingRule | None = None,
    ) -> list[EMLoop]:
        """Make EM steps from each start without returning to Python in between; see `expectation_maximization`."""
        return expectation_maximization(
            rows,
            starts,
            step,
            max_steps=n_steps,
            rule=rule,
            in_every_thread=in_every_thread,
        )

    def posterior_loop(
        self,
        rows: Rows,
        start: Mapping[str, FloatArray],
        step: PosteriorStep,
        n_steps: int,
        rule: StoppingRule | None = None,
    ) -> PosteriorLoop:
        """Make variational steps from a posterior without returning to Python in between; see `posterior_steps`."""
        return posterior_steps(rows, start, step, max_steps=n_steps, rule=rule)

    def kmeans_of_tables(
        self,
        tables: Tables,
        n_components: int,
        structure: Structure,
        uniforms: FloatArray,
        *,
        max_steps: int,
        tolerance: float,
        in_every_thread: InEveryThread | None = None,
    ) -> tuple[FloatArray, ChunkSums]:
        """Run k-means on each table; see `mixfold.engines.small_fits`."""
        return kmeans_of_tables(
            tables,
            n_components,
            structure,
            uniforms,
            max_steps=max_steps,
            tolerance=tolerance,
            in_every_thread=in_every_thread,
        )

    def climb_tables(
        self,
        tables: Tables,
        start: Start,
        structure: Structure,
        prior: Prior,
        limits: Limits,
        in_every_thread: InEveryThread | None = None,
    ) -> TableFits:
        """Make EM steps on each table until it has converged; see `mixfold.engines.small_fits`."""
        return climb_tables(tables, start, structure, prior, limits, in_every_thread)

    def moments(
        self, rows: Rows, responsibilities: Array, center: FloatArray, structure: Structure
    ) -> SufficientStatistics:
        """Give the statistics of the rows under given responsibilities, around `center`."""
        if not self.computes(structure):
            return _ARRAYS.moments(_same_type(rows), responsibilities, center, structure)
        sums, shares = ChunkSums.empty(center, structure, 1), np.asarray(responsibilities, dtype=rows.values.dtype)
        kernels.compiled.moments(
            rows.values,
            same_type(rows.weights, rows.values),
            shares,
            _contiguous(center),
            sums.values,
            STRUCTURE_CODES[structure],
        )
        return sums.of_chunk(0, center, rows.n)

    def log_density(self, values: Array, potentials: Potentials, out: Array | None = None) -> Array:
        """Log of the summed exponentials of the scores, (n,)."""
        result = np.empty(len(values), dtype=values.dtype) if out is None else out
        if not self.computes(potentials.structure):
            result[...] = _ARRAYS.log_density(values, potentials)
        else:
            kernels.compiled.log_density(values, *_arguments(potentials), COMPLETE, result)
        return result

    def responsibilities(self, values: Array, potentials: Potentials, out: Array | None = None) -> Array:
        """Softmax of the scores over components, (n, K)."""
        result = np.empty((len(values), potentials.n_components), dtype=values.dtype) if out is None else out
        if not self.computes(potentials.structure):
            result[...] = _ARRAYS.responsibilities(values, potentials)
        else:
            kernels.compiled.responsibilities(values, *_arguments(potentials), COMPLETE, result)
        return result

    def scores(self, values: Array, potentials: Potentials, out: Array | None = None) -> Array:
        """Scores of the components, (n, K)."""
        result = np.empty((len(values), potentials.n_components), dtype=values.dtype) if out is None else out
        if not self.computes(potentials.structure):
            result[...] = _ARRAYS.scores(values, potentials)
        else:
            kernels.compiled.scores(values, *_arguments(potentials), COMPLETE, result)
        return result

    def labels(self, values: Array, potentials: Potentials, out: Array | None = None) -> Array:
        """Index of the highest score, (n,), the first among equals; -1 where the background's is higher."""
        result = np.empty(len(values), dtype=np.int64) if out is None else out
        if not self.computes(potentials.structure):
            result[...] = _ARRAYS.labels(values, potentials)
        else:
            kernels.compiled.labels(values, *_arguments(potentials), COMPLETE, result)
        return result


def _arguments(
    potentials: Potentials,
) -> tuple[FloatArray, FloatArray, FloatArray, int, FloatArray | None, float, FloatArray | None]:
    return (
        _contiguous(potentials.offset),
        _contiguous(potentials.center),
        _contiguous(potentials.whitener),
        STRUCTURE_CODES[potentials.structure],
        None if potentials.degrees is None else _contiguous(potentials.degrees),
        potentials.background,
        None if potentials.log_sides is None else _contiguous(potentials.log_sides),
    )


def _kept(known: KnownRows | None) -> tuple[Bounds, Codes, Numbers, Numbers, Numbers, Numbers, Bounds]:
    """Give what kernels are told of it: the arrays of `Ceilings`, members and drift."""
    if known is None or known.ceilings is None or known.drift is None:
        return None, None, None, None, None, None, None
    kept, drift = known.ceilings, known.drift
    return kept.best_scores, kept.values, kept.near, kept.segments, kept.order, drift.members, drift.sums


def _call(known: KnownRows | None) -> int:
    """Give the number of the call."""
    return 0 if known is None or known.drift is None else known.drift.call


def _contiguous(array: FloatArray) -> FloatArray:
    flags = array.flags
    if flags.c_contiguous and flags.aligned and array.dtype == np.float64:
        return array
    return np.require(array, np.float64, ["C", "A"])  # what came in a message may lie at any byte


def _same_type(rows: Rows) -> Rows:
    """Give rows with weights in the type of the values."""
    return replace(rows, marks=Marks(same_type(rows.weights, rows.values)))
