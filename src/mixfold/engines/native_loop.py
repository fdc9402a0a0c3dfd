"""Whole steps of EM in C++, from each of several starts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import numpy as np

from mixfold.engines import kernels
from mixfold.engines.chunk_sums import ChunkSums
from mixfold.engines.em_loop import ENDINGS, Beginning, EMLoop, MStep, StoppingRule
from mixfold.engines.kernels import STRUCTURE_CODES, same_type
from mixfold.rows import Rows
from mixfold.statistics import SufficientStatistics
from mixfold.typing import InEveryThread

NEVER = StoppingRule(interval=0, gain=0.0)
"""With which no steps end early."""


def expectation_maximization(
    rows: Rows,
    starts: Sequence[Beginning],
    step: MStep,
    *,
    max_steps: int,
    rule: StoppingRule | None = None,
    in_every_thread: InEveryThread | None = None,
) -> list[EMLoop]:
    """Run whole steps of EM on one block of rows, for problems so small that Python would be most of their cost.

    Parameters
    ----------
    rows : Rows
        Their values as `NativeEngine.accepts` them.
    starts : sequence of tuple of ndarray, SufficientStatistics or EMLoop
        Mixture weights (K,), means (K, D) and covariances, of `step.before` or else `step.structure`; or, all of them,
        the statistics of rows that are shared out, for an M step before the first fold, or where loops over the same
        rows ended, of which the first fold is known. Each runs alone.
    step : MStep
    max_steps : int
        Largest number of M steps; there is one fold more.
    rule : StoppingRule or None
        When steps end early.
    in_every_thread : callable or None
        Calls a function in each of several threads, which share the starts; None is the calling thread alone.

    Returns
    -------
    loops : list of EMLoop
        One for each start.
    """
    shared_out = [start for start in starts if isinstance(start, SufficientStatistics)]
    if shared_out:
        means, sums = np.array([one.center for one in shared_out], np.float64), ChunkSums.of(shared_out)
        mixture_weights = np.empty(means.shape[:2])
    else:
        places = [one.place if isinstance(one, EMLoop) else one for one in starts]
        mixture_weights, means, begun = (
            np.array(parts, dtype=np.float64, order="C") for parts in zip(*places, strict=True)
        )
        ended = [(one.sums, one.index) for one in starts if isinstance(one, EMLoop)]
        sums = ChunkSums.copied(ended) if ended else ChunkSums.empty(means[0], step.structure, len(starts))
    n_starts, k, d = means.shape
    seen = rule or NEVER
    shape = step.structure.shape(k, d)
    is_own = step.before is None and not shared_out
    covariances = begun.reshape(n_starts, -1) if is_own else np.empty((n_starts, math.prod(shape)))
    trace = np.empty((n_starts, max_steps + 1, 2))
    ends = np.empty((n_starts, 2), np.int64)
    run = partial(
        kernels.compiled.expectation_maximization,
        rows.values,
        same_type(rows.weights, rows.values),
        mixture_weights,
        means,
        covariances,
        STRUCTURE_CODES[step.structure],
        step.letters,
        None if step.before is None else begun.reshape(n_starts, -1),
        STRUCTURE_CODES[step.before or step.structure],
        bool(shared_out),
        isinstance(starts[0], EMLoop),
        *step.numbers(d),
        seen.log_prior_constant,
        max_steps,
        seen.interval,
        seen.gain,
        seen.optimism,
        seen.rival,
        seen.near,
        seen.enough,
        seen.resolution,
        step.is_leaping or seen.leaps,
        sums.next_chunk,
        sums.values,
        trace,
        ends,
    )
    if in_every_thread is None or n_starts == 1:
        run()
    else:
        in_every_thread(run, sums.abandon)
    covariances = covariances.reshape(n_starts, *shape)
    return [
        EMLoop(
            mixture_weights[i],
            means[i],
            covariances[i],
            sums,
            i,
            rows.n,
            weight,
            trace[i, :n_folds, 0],
            trace[i, :n_folds, 1],
            ENDINGS[ending],
        )
        for i, ((n_folds, ending), weight) in enumerate(zip(ends.tolist(), sums.weights, strict=True))
    ]
