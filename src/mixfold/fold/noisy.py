"""What is asked of rows each of which was measured with noise of its own: by kernels where an engine has them."""

from __future__ import annotations

import numpy as np

from mixfold.engines import Assignment, Engine, NoisyKernels, Said, to_numpy
from mixfold.errors import InputError
from mixfold.observations import Components, OwnNoise, Views
from mixfold.observations.own_noise import refuse_collapsed, said_of_noisy, said_of_scores, statistics_of_noisy
from mixfold.rows import Rows
from mixfold.statistics import SufficientStatistics
from mixfold.typing import FloatArray


def noisy_statistics(
    engine: Engine, rows: Rows, views: Views, observation: OwnNoise, assignment: Assignment
) -> SufficientStatistics:
    """Give the statistics, with a full scatter, that rows are expected to have without their noise.

    Parameters
    ----------
    engine : Engine
    rows : Rows
    views : Views
    observation : OwnNoise
    assignment : Assignment

    Returns
    -------
    statistics : SufficientStatistics

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine, Assignment
    >>> from mixfold.fold.noisy import noisy_statistics
    >>> from mixfold.observations import OwnNoise, Views
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.rows import Marks, Rows
    >>> views = Views((OwnNoise(),), Potentials.nearest(np.zeros((1, 1))))
    >>> rows = Rows(np.array([[4.0]]), Marks(noise=np.array([[3.0]])))
    >>> noisy_statistics(ArrayEngine(), rows, views, views.observations[0], Assignment.SOFT).means.round(12)
    array([[1.]])
    """
    is_hard, noisy = assignment is Assignment.HARD, kernels_for(engine, rows)
    asked = in_double(rows)
    if noisy is None:
        return statistics_of_noisy(*asked, views.components, observation, is_hard=is_hard)
    allowed, beside = observation.beside(views.components, asked[0])
    found, smallest = noisy.statistics(*asked, allowed.normal, beside, is_hard=is_hard)
    refuse_collapsed(smallest)
    return found


def kernels_for(engine: Engine, rows: Rows) -> NoisyKernels | None:
    """Give what an engine can do with these rows, each of which has noise of its own; None if nothing.

    Parameters
    ----------
    engine : Engine
    rows : Rows

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import ArrayEngine
    >>> from mixfold.fold.noisy import kernels_for
    >>> from mixfold.rows import Rows
    >>> kernels_for(ArrayEngine(), Rows(np.zeros((3, 2)))) is None
    True
    """
    noisy = None if engine.batch is None else engine.batch.noisy
    return noisy if noisy is not None and rows.n and rows.values.shape[1] <= noisy.most_features else None


def noisy_answers(engine: Engine, name: Said, rows: Rows, components: Components, observation: OwnNoise) -> FloatArray:
    """Give what is said of rows each of which has noise of its own.

    Parameters
    ----------
    engine : Engine
    name : str
    rows : Rows
    components : Components
    observation : OwnNoise
    """
    values, noise, _ = in_double(rows)
    noisy = kernels_for(engine, rows)
    if noisy is None:
        return said_of_noisy(name, values, noise, components, observation)
    allowed, beside = observation.beside(components, values)
    scores, smallest = noisy.scores(values, noise, allowed.normal)
    refuse_collapsed(smallest)
    return said_of_scores(name, scores, beside.background_of(np.isnan(values)))


def in_double(rows: Rows) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give values, noise and weights of rows on the host, of float64.

    Raises
    ------
    InputError
        If the rows have no noise in their marks.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.noisy import in_double
    >>> from mixfold.rows import Marks, Rows
    >>> [array.tolist() for array in in_double(Rows(np.ones((1, 1), np.float32), Marks(noise=np.zeros((1, 1)))))]
    [[[1.0]], [[0.0]], [1.0]]
    """
    if rows.marks.noise is None:
        message = "Rows seen with noise of their own must have it in their marks, got none. Give `Marks(noise=...)`."
        raise InputError(message)
    values, weights = (to_numpy(each).astype(np.float64) for each in (rows.values, rows.weights_or_ones))
    return values, rows.marks.noise, weights
