"""Anderson acceleration of EM (Anderson 1965; Henderson & Varadhan 2019), where its steps are slow.

EM is a fixed-point map F. Where components overlap it contracts slowly, along few directions; the last few steps tell
which. The next point is the combination of past images F(x_j) whose combined residual is least,

    y = F(x_k) - sum_j g_j (F(x_j+1) - F(x_j)),    g = argmin || f_k - sum_j g_j (f_j+1 - f_j) ||,    f = F(x) - x,

(Walker & Ni 2011, eq. 2.4) in the coordinates without constraints of a model (models/coordinates.py). A point whose
objective is below the last one's is refused: the objective never falls. So are many beside a saddle, which draws
combinations as a maximum does, but from which EM leads away, slowly. There the EM step is taken instead, twice as long
as the last one while this leads higher (Salakhutdinov & Roweis 2003).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from mixfold.errors import CollapseError
from mixfold.fitting.steps import Steps
from mixfold.fold import LOOP_ROWS
from mixfold.models import Model, Point, Problem
from mixfold.outcome import predicted_gain
from mixfold.parameters import Parameters
from mixfold.typing import FloatArray

PAST_STEPS = 8
"""Past steps that are combined; 5 to 10 do alike."""
RIDGE = 1e-10
"""Of the least squares, relative to the largest squared residual: directions that rounding makes up get no say."""

PATIENCE_STEPS = 24
"""Plain steps before a run is asked whether it is slow, unless it begins near an optimum."""
SLOW = 20.0
"""A run is slow when it is predicted to gain this many times its last gain still."""
WORTHWHILE = 1e6
"""Rows times components times squared features from which a step costs more than its acceleration."""


def is_slow(objectives: Sequence[float], patience: int = PATIENCE_STEPS) -> bool:
    """Whether many steps are ahead, after more than some."""
    if len(objectives) <= patience:
        return False
    return predicted_gain(objectives) > SLOW * (objectives[-1] - objectives[-2]) > 0.0


def pays(problem: Problem[Model], n_components: int) -> bool:
    """Whether acceleration pays: steps cost enough, and the objective is one that EM climbs."""
    if not problem.model.has_coordinates:
        return False
    source = problem.fold.source
    in_kernel = problem.model.kernel is not None and source.n_rows <= LOOP_ROWS  # there little costs next to nothing
    return not (in_kernel and source.n_rows * n_components * source.n_features**2 < WORTHWHILE)


class AndersonHistory:
    """The last steps of accelerated EM: what the next one is combined from.

    Parameters
    ----------
    problem : Problem
        Whose model has coordinates.
    reference : Parameters
        Around which the coordinates are taken.
    n_left : int
        M steps until EM looks at how it is doing, and begins a new history.
    length : float
        EM steps that the next one is as long as, where a combination is refused.
    """

    def __init__(self, problem: Problem[Model], reference: Parameters, n_left: int, length: float = 1.0) -> None:
        self.reference, self.n_left, self.length = reference, n_left, length
        self.coordinates = problem.model.coordinates(reference)
        self.images: deque[FloatArray] = deque(maxlen=PAST_STEPS + 1)
        self.residuals: deque[FloatArray] = deque(maxlen=PAST_STEPS + 1)


def accelerated_em_steps(
    problem: Problem[Model], point: Point, n_steps: int, history: AndersonHistory | None = None
) -> Steps:
    """Make accelerated EM steps.

    Parameters
    ----------
    problem : Problem
        Whose model has coordinates.
    point : Point
    n_steps : int
        M steps; one that is refused has walked over the rows up to three times.
    history : AndersonHistory, optional
        The steps before, which these go on from and are added to.

    Returns
    -------
    steps : Steps
    """
    history = history or AndersonHistory(problem, point.parameters, n_steps)
    coordinates, images, residuals = history.coordinates, history.images, history.residuals
    log_likelihoods: list[float] = []
    objectives: list[float] = []
    while len(objectives) < n_steps and not problem.fold.is_over:
        step = problem.model.maximize(point.statistics, point.parameters)
        try:
            image = coordinates.of(step)
            images.append(image)
            residuals.append(image - coordinates.of(point.parameters))
            after = _at(problem, history, _combined(images, residuals)) if len(images) > 1 else None
            if after is None or not after.objective >= point.objective:
                after = _lengthened(problem, history, point) or Point.at(problem, step)
                if len(images) > 1:  # the history led astray: begin a new one
                    images.clear()
                    residuals.clear()
        except CollapseError as error:
            return Steps(point, log_likelihoods, objectives, error)
        point = after
        history.n_left -= 1
        log_likelihoods.append(point.log_likelihood)
        objectives.append(point.objective)
    return Steps(point, log_likelihoods, objectives)


def _combined(images: deque[FloatArray], residuals: deque[FloatArray]) -> FloatArray:
    """Give the combination of past images."""
    steps = np.diff(np.array(residuals), axis=0).T  # (p, history)
    gram = steps.T @ steps
    gram += RIDGE * np.max(np.diag(gram), initial=np.finfo(np.float64).tiny) * np.eye(len(gram))
    shares = np.linalg.solve(gram, steps.T @ residuals[-1])
    return np.asarray(images[-1] - shares @ np.diff(np.array(images), axis=0))


def _lengthened(problem: Problem[Model], history: AndersonHistory, before: Point) -> Point | None:
    """Make an EM step of the history's length, and set the next one's; None where it leads no higher, or is one."""
    after, length = None, history.length
    if length > 1.0:
        after = _at(problem, history, history.images[-1] + (length - 1.0) * history.residuals[-1])
    is_higher = after is not None and after.objective >= before.objective
    history.length = 2.0 * length if is_higher or length == 1.0 else max(1.0, 0.5 * length)
    return after if is_higher else None


def _at(problem: Problem[Model], history: AndersonHistory, coordinates: FloatArray) -> Point | None:
    """Evaluate parameters in their coordinates; None if they have no density."""
    try:
        return Point.at(problem, history.coordinates.parameters(coordinates))
    except CollapseError:
        return None
