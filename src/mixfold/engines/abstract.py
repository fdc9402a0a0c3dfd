"""The contract of an engine: rows and potentials in, statistics or scores out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import ClassVar, Literal, Protocol, TypeAlias

from mixfold.engines.chunk_sums import ChunkSums
from mixfold.engines.em_loop import Beginning, EMLoop, MStep, StoppingRule
from mixfold.engines.known import KnownRows
from mixfold.engines.posterior_loop import PosteriorLoop, PosteriorStep
from mixfold.engines.small_fits import Limits, TableFits, Tables
from mixfold.potentials import Potentials
from mixfold.prior import Prior
from mixfold.rows import Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import Array, FloatArray, InEveryThread

Output: TypeAlias = Literal["log_density", "responsibilities", "scores", "labels"]
"""What an engine says of each row, by the name of the method."""


class Assignment(Enum):
    """How a row is shared between components.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine, Assignment
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.rows import Rows
    >>> from mixfold.structures import DIAGONAL
    >>> rows, potentials = Rows(np.array([[0.0], [4.0], [9.0]])), Potentials.nearest(np.array([[0.0], [9.0]]))
    >>> soft = ArrayEngine().statistics(rows, potentials, DIAGONAL)
    >>> hard = ArrayEngine().statistics(rows, potentials, DIAGONAL, Assignment.HARD)
    >>> soft.count.round(2), hard.count
    (array([1.99, 1.01]), array([2., 1.]))
    """

    SOFT = "soft"
    """By its responsibilities, the softmax of the scores: expectation-maximization."""
    HARD = "hard"
    """Wholly to the component of highest score (the first among equals): k-means, classification EM."""


class Engine(Protocol):
    """Computes one block of rows; single-threaded, stateless, and safe to call from several threads at once.

    The values of rows are (n, D), float32 or float64, of any library and layout that the engine says it `accepts`;
    their weights are (n,) of the same library, or None for ones. Sums are made of `Rows`; what is said of a row depends
    on its values alone. Potentials and statistics are always NumPy float64. Scores come back in the values' library,
    dtype and device. `Potentials` say what a background and degrees of freedom do.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine, Assignment, Engine
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.rows import Rows
    >>> from mixfold.structures import DIAGONAL
    >>> engine: Engine = ArrayEngine()
    >>> values, potentials = np.array([[0.0], [4.0], [9.0]]), Potentials.nearest(np.array([[0.0], [9.0]]))
    >>> engine.accepts(values)
    True
    >>> sums = engine.statistics(Rows(values), potentials, DIAGONAL, Assignment.HARD)
    >>> sums.count, sums.means
    (array([2., 1.]), array([[2.],
           [9.]]))
    """

    name: ClassVar[str]

    @property
    def batch(self) -> BatchEngine | None:
        """What it can do for many chunks or many starts in one call; None if nothing, and it is asked one by one."""

    @property
    def device(self) -> DeviceEngine | None:
        """What it can do with arrays on an accelerator that stay there; None if nothing, and each step comes home."""

    def accepts(self, values: Array) -> bool:
        """Tell whether these values are of a library and dtype that the engine computes."""

    def statistics(
        self,
        rows: Rows,
        potentials: Potentials,
        structure: Structure,
        assignment: Assignment = Assignment.SOFT,
        known: KnownRows | None = None,
    ) -> SufficientStatistics:
        """Give the expected statistics of the rows under the potentials: the E step, with the sums of the M step.

        `structure` is the shape of the scatter that is asked for; any combination with the potentials' own structure.
        What is `known` of the rows changes how much an engine computes, and no bit of the statistics; it may leave
        there what helps at the next call.
        """

    def moments(
        self, rows: Rows, responsibilities: Array, center: FloatArray, structure: Structure
    ) -> SufficientStatistics:
        """Give the statistics of the rows under given responsibilities (n, K), around `center`.

        The responsibilities may be of the rows' library or NumPy's.
        The log-likelihood of the result is zero: no density took part.
        """

    def log_density(self, values: Array, potentials: Potentials) -> Array:
        """Log of the summed exponentials of the scores, (n,); the background's is one of them."""

    def responsibilities(self, values: Array, potentials: Potentials) -> Array:
        """Softmax of the scores over components, (n, K); rows sum to one, less the share of a background."""

    def scores(self, values: Array, potentials: Potentials) -> Array:
        """Scores of the components, (n, K): of a mixture the logarithms of weight times density."""

    def labels(self, values: Array, potentials: Potentials) -> Array:
        """Index of the highest score, (n,), the first among equals; -1 where the background's is higher."""


def method_of(engine: Engine, name: Output) -> Callable[[Array, Potentials], Array]:
    """Give the method of an engine that says something of each row.

    Parameters
    ----------
    engine : Engine
    name : str

    Returns
    -------
    method : callable

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine, method_of
    >>> from mixfold.potentials import Potentials
    >>> method_of(ArrayEngine(), "labels")(np.array([[8.0]]), Potentials.nearest(np.array([[0.0], [9.0]])))
    array([1])
    """
    return {
        "log_density": engine.log_density,
        "responsibilities": engine.responsibilities,
        "scores": engine.scores,
        "labels": engine.labels,
    }[name]


class DeviceEngine(Protocol):
    """What an engine does with rows on an accelerator, of a library and a device that have float64.

    Examples
    --------
    >>> from mixfold.engines import ArrayEngine, DeviceEngine
    >>> engine: DeviceEngine = ArrayEngine()
    """

    def sums_there(
        self, rows: Rows, potentials: Potentials, structure: Structure, n_starts: int = 1
    ) -> SufficientStatistics:
        """Give the statistics of complete rows, where potentials and sums are float64 arrays beside the rows.

        The structures are of covariances without factors; there is no background and there are no degrees of freedom.
        The potentials may be of several starts, the same number of components of each: a row is then shared out within
        each of them, log-likelihood and log best share are (n_starts,), and no structure is shared.
        """


class NoisyKernels(Protocol):
    """What an engine may do with rows of float64, at least one, each of which was measured with noise of its own.

    Components are log weights (K,), means (K, D) and covariances (K, D, D); potentials say what the background is.
    Beside each answer stands the smallest pivot of all factorizations: covariances are positive definite if that is
    positive.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import NativeEngine, NoisyKernels
    >>> from mixfold.potentials import Potentials
    >>> noisy: NoisyKernels = NativeEngine().noisy
    >>> components = np.zeros(1), np.zeros((1, 1)), np.ones((1, 1, 1))
    >>> potentials = Potentials.nearest(np.zeros((1, 1)))
    >>> sums, pivot = noisy.statistics(np.array([[4.0]]), np.array([[3.0]]), np.ones(1), components, potentials)
    >>> sums.means, pivot  # three quarters of it is noise
    (array([[1.]]), 4.0)
    """

    most_features: ClassVar[int]

    def statistics(
        self,
        values: FloatArray,
        noise: FloatArray,
        weights: FloatArray,
        components: tuple[FloatArray, FloatArray, FloatArray],
        potentials: Potentials,
        *,
        is_hard: bool = False,
    ) -> tuple[SufficientStatistics, float]:
        """Give the statistics, with a full scatter, that rows are expected to have without their noise."""

    def scores(
        self, values: FloatArray, noise: FloatArray, components: tuple[FloatArray, FloatArray, FloatArray]
    ) -> tuple[FloatArray, float]:
        """Give the scores of the components at each row, (n, K)."""


class BatchEngine(Protocol):
    """What an engine may do at once, so that Python is no part of the cost; to the bits of one by one.

    Such an engine needs no memory but for what it says of the rows: its scoring calls take any number of them, and
    `out`, a C-contiguous array to write to.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine, BatchEngine, MStep, NativeEngine
    >>> from mixfold.prior import Prior
    >>> from mixfold.rows import Rows
    >>> from mixfold.structures import DIAGONAL
    >>> ArrayEngine().batch is None
    True
    >>> batch: BatchEngine = NativeEngine().batch
    >>> rows, ones = Rows(np.array([[0.0], [1.0], [8.0], [9.0]])), np.ones((2, 1))
    >>> starts = [(np.full(2, 0.5), np.array([[0.0], [far]]), ones) for far in (7.0, 9.0)]
    >>> loops = batch.em_loops(rows, starts, MStep(DIAGONAL, Prior.from_ridge(1e-6)), n_steps=5)
    >>> [loop.means.round(2).ravel().tolist() for loop in loops]
    [[0.5, 8.5], [0.5, 8.5]]
    """

    def computes(self, *structures: Structure) -> bool:
        """Tell whether there are kernels for all of these; what is said of rows with others depends on their number."""

    def statistics_of_chunks(
        self,
        rows: Rows,
        potentials: Potentials,
        assignment: Assignment,
        known: KnownRows | None,
        chunk_rows: int,
        sums: ChunkSums,
    ) -> None:
        """Fill `sums` with the statistics of consecutive chunks of `chunk_rows` rows; no structure has factors.

        Several threads may make the same call at once; each takes the next chunk until there are none.
        """

    def statistics_of_incomplete(
        self, rows: Rows, potentials: Potentials, structure: Structure, assignment: Assignment = Assignment.SOFT
    ) -> SufficientStatistics:
        """Give the expected statistics of rows of which values are missing, NaN, under normal components.

        They are those of complete rows, given what each has (Ghahramani & Jordan 1994); no structure has factors.
        """

    def output_of_incomplete(self, name: Output, values: Array, potentials: Potentials) -> Array:
        """Give what a method of that name says of rows, of rows of which values are missing."""

    @property
    def noisy(self) -> NoisyKernels | None:
        """What it can do with rows that have noise of their own; None if nothing."""

    def em_loops(
        self,
        rows: Rows,
        starts: Sequence[Beginning],
        step: MStep,
        n_steps: int,
        in_every_thread: InEveryThread | None = None,
        rule: StoppingRule | None = None,
    ) -> list[EMLoop]:
        """Make EM steps from each start, all of which are of one kind; fewer where the rule says so."""

    def posterior_loop(
        self,
        rows: Rows,
        start: Mapping[str, FloatArray],
        step: PosteriorStep,
        n_steps: int,
        rule: StoppingRule | None = None,
    ) -> PosteriorLoop:
        """Make variational steps from a posterior, given as its arrays; fewer where the rule says so."""

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
        """Run k-means on each table, with a row of random numbers for all or for each (see `KMeans`).

        What it gives are the centers, (G, K, D), and the sums of rows in the nearest of them.
        """

    def climb_tables(
        self,
        tables: Tables,
        start: tuple[FloatArray, FloatArray, FloatArray],
        structure: Structure,
        prior: Prior,
        limits: Limits,
        in_every_thread: InEveryThread | None = None,
    ) -> TableFits:
        """Make EM steps on each table until it has converged."""
