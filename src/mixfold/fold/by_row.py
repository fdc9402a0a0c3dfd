"""What is asked of rows each of which sees a mixture in a way of its own: by kernels where an engine has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mixfold.engines import Assignment, Engine, NoisyKernels, Output, to_numpy
from mixfold.fold.device_transfers import warn_of_transfers
from mixfold.observations import ByRow, Components
from mixfold.observations.by_row import output_of_scores
from mixfold.observations.own_noise import noise_of, refuse_collapsed
from mixfold.rows import Rows
from mixfold.statistics import SufficientStatistics
from mixfold.typing import FloatArray


def statistics_by_row(
    engine: Engine, rows: Rows, components: Components, observation: ByRow, assignment: Assignment
) -> SufficientStatistics:
    """Give the statistics, with a full scatter, that what rows see is expected to have.

    Parameters
    ----------
    engine : Engine
    rows : Rows
    components : Components
    observation : ByRow
    assignment : Assignment

    Returns
    -------
    statistics : SufficientStatistics

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine, Assignment
    >>> from mixfold.fold.by_row import statistics_by_row
    >>> from mixfold.observations import Components, OwnNoise
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.rows import Marks, Rows
    >>> components = Components.of(Potentials.nearest(np.zeros((1, 1))))
    >>> rows = Rows(np.array([[4.0]]), Marks(noise=np.array([[3.0]])))
    >>> statistics_by_row(ArrayEngine(), rows, components, OwnNoise(), Assignment.SOFT).means.round(12)
    array([[1.]])
    """
    is_hard, asked = assignment is Assignment.HARD, in_double(rows)
    noisy = kernels_for(engine, rows, observation)
    if noisy is None:
        return observation.statistics(asked, components, is_hard=is_hard)
    allowed, beside = observation.beside(components, np.isnan(asked.values))
    known = asked.values, noise_of(asked), asked.weights_or_ones
    found, smallest = noisy.statistics(*known, allowed.normal, beside, is_hard=is_hard)
    refuse_collapsed(smallest)
    return found


def output_by_row(engine: Engine, name: Output, rows: Rows, components: Components, observation: ByRow) -> FloatArray:
    """Give what is said of rows, each by itself.

    Parameters
    ----------
    engine : Engine
    name : str
    rows : Rows
    components : Components
    observation : ByRow
    """
    asked = in_double(rows)
    noisy = kernels_for(engine, rows, observation)
    if noisy is None:
        return observation.output(name, asked, components)
    lacks = np.isnan(asked.values)
    allowed, beside = observation.beside(components, lacks)
    scores, smallest = noisy.scores(asked.values, noise_of(asked), allowed.normal)
    refuse_collapsed(smallest)
    return output_of_scores(name, scores, beside.background_of(lacks))


def kernels_for(engine: Engine, rows: Rows, observation: ByRow) -> NoisyKernels | None:
    """Give what an engine can do with these rows at once, which is where each has noise of its own; None if nothing.

    Parameters
    ----------
    engine : Engine
    rows : Rows
    observation : ByRow

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.fold.by_row import kernels_for
    >>> from mixfold.observations import OwnNoise
    >>> from mixfold.rows import Rows
    >>> kernels_for(ArrayEngine(), Rows(np.zeros((3, 2))), OwnNoise()) is None
    True
    """
    if engine.batch is None or not observation.has_own_noise:
        return None
    noisy = engine.batch.noisy
    return noisy if noisy is not None and rows.n and rows.values.shape[1] <= noisy.most_features else None


def in_double(rows: Rows) -> Rows:
    """Give rows with values and weights on the host, of float64.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.by_row import in_double
    >>> from mixfold.rows import Rows
    >>> in_double(Rows(np.ones((1, 1), np.float32))).values.dtype
    dtype('float64')
    """
    warn_of_transfers("Rows that have noise of their own, or of which an interval is known,", rows.values)
    values, weights = (to_numpy(each).astype(np.float64) for each in (rows.values, rows.weights_or_ones))
    return Rows(values, replace(rows.marks, weights=weights), rows.start)
