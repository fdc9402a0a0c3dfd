"""Whole steps of EM on the device of the rows, from several starts at once: the host waits once, or at each look.

The components of all starts lie side by side, so that a step is as many launches for many starts as for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import array_api_compat
import numpy as np

from mixfold.engines.abstract import DeviceEngine
from mixfold.engines.chunk_sums import ChunkSums
from mixfold.engines.device_step import DeviceStep
from mixfold.engines.em_loop import EMLoop, MStep, StoppingRule
from mixfold.outcome import Outcome
from mixfold.rows import Rows
from mixfold.typing import Array, FloatArray

Arrays: TypeAlias = tuple[FloatArray, FloatArray, FloatArray]
"""Weights (K,), means (K, D) and covariances."""


def is_on_accelerator(values: Array) -> bool:
    """Tell whether rows are on a device that has float64 and is no processor.

    Parameters
    ----------
    values : array of any library

    Returns
    -------
    is_on_accelerator : bool

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines.device_loop import is_on_accelerator
    >>> is_on_accelerator(np.zeros((3, 2)))
    False
    """
    if array_api_compat.is_torch_array(values):
        return bool(values.device.type == "cuda" and not values.requires_grad)
    return bool(array_api_compat.is_cupy_array(values))


def em_loop(engine: DeviceEngine, rows: Rows, start: Arrays, asked: MStep, n_steps: int) -> EMLoop:
    """Make EM steps where the rows are, from a start on the host, and bring home where they led.

    Parameters
    ----------
    engine : DeviceEngine
    rows : Rows
        Complete ones.
    start : tuple of ndarray
        Weights (K,), means (K, D) and covariances of the structure.
    asked : MStep
        Of covariances that are free in their structure: full, pooled, diagonal or spherical.
    n_steps : int
        M steps; there is one fold more.

    Returns
    -------
    loop : EMLoop
        Without any fold if a covariance on the way was not positive definite: nobody looked when it was not.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine, MStep
    >>> from mixfold.engines.device_loop import em_loop
    >>> from mixfold.prior import Prior
    >>> from mixfold.rows import Rows
    >>> from mixfold.structures import DIAGONAL
    >>> rows = Rows(np.array([[0.0], [1.0], [8.0], [9.0]]))
    >>> start = np.array([0.5, 0.5]), np.array([[0.0], [9.0]]), np.array([[1.0], [1.0]])
    >>> em_loop(ArrayEngine(), rows, start, MStep(DIAGONAL, Prior.from_ridge(1e-6)), 3).means.round(2).ravel()
    array([0.5, 8.5])
    """
    (loop,) = em_loops(engine, rows, [start], asked, n_steps)
    if loop.ending is not Outcome.COLLAPSED:
        return loop
    return replace(loop, log_likelihood=loop.log_likelihood[:0], log_prior=loop.log_prior[:0])


def em_loops(
    engine: DeviceEngine,
    rows: Rows,
    starts: Sequence[Arrays],
    asked: MStep,
    n_steps: int,
    rule: StoppingRule | None = None,
) -> list[EMLoop]:
    """Make EM steps from each start where the rows are, all of them in the same launches.

    Parameters
    ----------
    engine : DeviceEngine
    rows : Rows
        Complete ones.
    starts : sequence of tuple of ndarray
        As `em_loop` takes one, with as many components each.
    asked : MStep
    n_steps : int
        M steps of each; there is one fold more.
    rule : StoppingRule, optional
        When the steps from a start end early: the host looks every `look` steps, and else once, at the end.

    Returns
    -------
    loops : list of EMLoop
        One for each start. What collapsed ends at the look before it, or has no folds where that was the start.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine, MStep
    >>> from mixfold.engines.device_loop import em_loops
    >>> from mixfold.prior import Prior
    >>> from mixfold.rows import Rows
    >>> from mixfold.structures import DIAGONAL
    >>> rows = Rows(np.array([[0.0], [1.0], [8.0], [9.0]]))
    >>> starts = [(np.array([0.5, 0.5]), np.array([[0.0], [far]]), np.ones((2, 1))) for far in (7.0, 9.0)]
    >>> loops = em_loops(ArrayEngine(), rows, starts, MStep(DIAGONAL, Prior.from_ridge(1e-6)), 5)
    >>> [loop.means.round(2).ravel().tolist() for loop in loops]
    [[0.5, 8.5], [0.5, 8.5]]
    """
    step = DeviceStep(rows.values, asked, len(starts[0][1]))
    look = rule.interval if rule else max(n_steps, 1)
    going, loops, n_made = list(range(len(starts))), dict[int, EMLoop](), 0
    traces = [np.empty((0, 2))] * len(starts)

    def end(those: Sequence[int], packed: FloatArray, ending: Outcome) -> None:
        for at, row in zip(those, packed, strict=True):
            loops[going[at]] = _loop(row, starts[going[at]], asked, rows.n, traces[going[at]], ending)

    with np.errstate(all="ignore"):  # what is no number is told by the traces
        now = step.folded(engine, rows, step.begun(starts))
        before, told = now, [now.told]
        while going:
            n_more = min(look, n_steps - n_made)
            for _ in range(n_more):
                now = step.folded(engine, rows, step.maximized(now.sums, now.mixture))
                told.append(now.told)
            n_made += n_more
            is_last = n_made == n_steps
            lately, weight, packed = step.home(told, now, with_state=is_last)  # one transfer
            sound = [at for at in range(len(going)) if np.isfinite(lately[at]).all()]
            if len(sound) < len(going):
                broken = [at for at in range(len(going)) if at not in sound]
                end(broken, step.packed(before.chosen(broken, step)), Outcome.COLLAPSED)
            for at in sound:
                traces[going[at]] = np.concatenate([traces[going[at]], lately[at]])
            looks = rule if n_made % look == 0 else None
            settled = [at for at in sound if looks and _is_the_end(traces[going[at]], weight, looks)]
            if settled:
                end(settled, step.packed(now.chosen(settled, step)), Outcome.CONVERGED)
            on = [at for at in sound if at not in settled]
            if packed is not None:
                end(on, packed[on], Outcome.ITERATION_LIMIT)
                break
            now = now.chosen(on, step) if 0 < len(on) < len(going) else now
            going, before, told = [going[at] for at in on], now, []
    return [loops[at] for at in range(len(starts))]


def _is_the_end(trace: FloatArray, weight: float, rule: StoppingRule) -> bool:
    objectives = (np.sum(trace[-3:], axis=1) - rule.log_prior_constant) / weight
    return rule.is_the_end(objectives.tolist())


def _loop(row: FloatArray, start: Arrays, asked: MStep, n_rows: int, trace: FloatArray, ending: Outcome) -> EMLoop:
    """Make a loop of what came home of a start: its sums, and after them its parameters."""
    n_sums = len(row) - sum(part.size for part in start)
    parts = np.split(row, n_sums + np.cumsum([0, *(part.size for part in start)]))[:4]
    weights, means, covariances = (part.reshape(like.shape) for part, like in zip(parts[1:], start, strict=True))
    sums = ChunkSums(start[1], asked.structure, parts[0][None], np.zeros(1, np.uint64))
    return EMLoop(weights, means, covariances, sums, 0, n_rows, sums.weights[0], trace[:, 0], trace[:, 1], ending)
