"""Whole EM steps: made in one call where the rows are few, and on the device where they are on an accelerator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from mixfold.engines import Beginning, EMLoop, Engine, MStep, PosteriorLoop, PosteriorStep, StoppingRule
from mixfold.engines.device_loop import em_loop, is_on_accelerator
from mixfold.executors import Executor
from mixfold.fold.search_device import SearchDevice
from mixfold.rows import Source
from mixfold.sources import in_memory
from mixfold.typing import FloatArray

StepsThere: TypeAlias = Callable[[tuple[FloatArray, FloatArray, FloatArray], MStep, int], EMLoop]
"""Makes so many EM steps, of covariances that are free in their structure, on the device where the rows are."""
LOOP_ROWS = 16384
"""Up to this many rows, EM steps run whole in an engine that has such a loop."""
WIDE_FEATURES = 128
"""From so many features on products and factors of matrices, which LAPACK is better at than a loop, are a step."""
ACCELERATED_ROWS = 1 << 17
"""From so many rows on, they are made on an accelerator: the fifty launches of a step take no longer than its sums."""


def loops_are_possible(engine: Engine, source: Source) -> bool:
    """Whether an engine can make whole EM steps on rows.

    Parameters
    ----------
    engine : Engine
    source : Source

    Returns
    -------
    loops_are_possible : bool

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.fold.loops import loops_are_possible
    >>> from mixfold.sources import ArraySource
    >>> loops_are_possible(ArrayEngine(), ArraySource(np.zeros((3, 2))))
    False
    """
    return engine.batch is not None and source.is_in_memory and source.n_rows <= LOOP_ROWS


def em_loops(
    engine: Engine,
    executor: Executor,
    source: Source,
    starts: Sequence[Beginning],
    step: MStep,
    n_steps: int,
    rule: StoppingRule | None = None,
    search_device: SearchDevice | None = None,
) -> list[EMLoop]:
    """Make whole EM steps from each start without leaving the engine; only where they `loops_are_possible`.

    Parameters
    ----------
    engine : Engine
    executor : Executor
    source : Source
    starts : sequence of tuple of ndarray or SufficientStatistics
        All of a kind.
    step : MStep
    n_steps : int
    rule : StoppingRule, optional
        When steps end early.
    search_device : SearchDevice, optional
        An accelerator, which makes them where they are much work.

    Returns
    -------
    loops : list of EMLoop

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import MStep, NativeEngine
    >>> from mixfold.executors import LocalExecutor
    >>> from mixfold.fold.loops import em_loops
    >>> from mixfold.prior import Prior
    >>> from mixfold.sources import ArraySource
    >>> from mixfold.structures import DIAGONAL
    >>> source = ArraySource(np.array([[0.0], [1.0], [8.0], [9.0]]))
    >>> start = np.array([0.5, 0.5]), np.array([[0.0], [9.0]]), np.array([[1.0], [1.0]])
    >>> (loop,) = em_loops(NativeEngine(), LocalExecutor(), source, [start], MStep(DIAGONAL, Prior.from_ridge(1e-6)), 3)
    >>> loop.means.round(2).ravel()
    array([0.5, 8.5])
    """
    batch = engine.batch
    assert batch is not None  # noqa: S101  (they are possible)
    executor.local.refuse_if_stopped()  # steps from a single start are made beside it

    def here(starts: Sequence[Beginning], step: MStep, n_steps: int, rule: StoppingRule | None) -> list[EMLoop]:
        return batch.em_loops(in_memory(source).rows, starts, step, n_steps, executor.local.in_every_thread, rule)

    if search_device is not None and search_device.takes(source, starts, step):
        return search_device.em_loops(source, starts, step, n_steps, rule, here)
    return here(starts, step, n_steps, rule)


def posterior_loop(
    engine: Engine,
    executor: Executor,
    source: Source,
    start: Mapping[str, FloatArray],
    step: PosteriorStep,
    n_steps: int,
    rule: StoppingRule | None = None,
) -> PosteriorLoop:
    """Make whole variational steps without leaving the engine; only where they `loops_are_possible`.

    Parameters
    ----------
    engine : Engine
    executor : Executor
    source : Source
    start : dict of ndarray
        A posterior's `arrays`.
    step : PosteriorStep
    n_steps : int
    rule : StoppingRule, optional
        When steps end early.

    Returns
    -------
    loop : PosteriorLoop

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.engines import NativeEngine
    >>> from mixfold.executors import LocalExecutor
    >>> from mixfold.fold import Fold
    >>> from mixfold.fold.loops import posterior_loop
    >>> from mixfold.models import DirichletPrior, Variational
    >>> model = Variational(family_for("diag"), DirichletPrior(1.0), np.zeros(1), 0.1, np.ones(1), 3.0)
    >>> fold, shares = Fold.of_rows(np.array([[0.0], [1.0], [8.0], [9.0]])), np.eye(2)[[0, 0, 1, 1]]
    >>> start = model.maximize(fold.centered_moments(lambda rows: shares[rows.span], 2, model.structure))
    >>> loop = posterior_loop(NativeEngine(), LocalExecutor(), fold.source, start.arrays, model.posterior_step, 3)
    >>> len(loop.objectives), loop.arrays["concentration"].round(1)
    (4, array([3., 3.]))
    """
    assert engine.batch is not None  # noqa: S101  (they are possible)
    executor.local.refuse_if_stopped()  # it is made beside it
    return engine.batch.posterior_loop(in_memory(source).rows, start, step, n_steps, rule)


def steps_there(engine: Engine, source: Source) -> StepsThere | None:
    """Give what makes EM steps on the device of the rows; None where that is a processor, or the engine has nothing.

    Parameters
    ----------
    engine : Engine
    source : Source
        Of complete rows.

    Returns
    -------
    steps_there : callable or None
        Of a start, what is known of the M step and the number of steps, it gives an `EMLoop`.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.fold.loops import steps_there
    >>> from mixfold.sources import ArraySource
    >>> steps_there(ArrayEngine(), ArraySource(np.zeros((3, 2)))) is None
    True
    """
    if engine.device is None or not source.is_in_memory or source.n_rows < ACCELERATED_ROWS:
        return None
    if not is_on_accelerator(source.first):
        return None
    return partial(em_loop, engine.device, in_memory(source).rows)
