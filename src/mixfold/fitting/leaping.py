"""EM steps that leap in the direction of the last two, in the engine's loop (native/ascent.hpp).

Squared extrapolation: Varadhan & Roland (2008), scheme S3. A leap that would lower the objective is refused.
"""

from __future__ import annotations

from dataclasses import replace

from mixfold.fitting.anderson import PATIENCE_STEPS
from mixfold.fitting.em_steps import looped
from mixfold.fitting.places import beginning_of
from mixfold.fitting.steps import Steps
from mixfold.fitting.stopping import is_dear
from mixfold.models import Model, Point, Problem


def can_leap(problem: Problem[Model], n_components: int) -> bool:
    """Whether the engine makes whole steps, of a family that can leap, and a call of them is over soon.

    There a combination of past steps (anderson.py), which is made outside of the engine, leads no further in its time.
    """
    kernel, source = problem.model.kernel, problem.fold.source
    if kernel is None or kernel.m_step().letters or not problem.has_loops:
        return False
    return not is_dear(source.n_rows, n_components, source.n_features, PATIENCE_STEPS)


def leaping_em_steps(problem: Problem[Model], start: Point, n_steps: int) -> Steps:
    """Make EM steps, every third of them a leap; only where they `can_leap`.

    Parameters
    ----------
    problem : Problem
    start : Point
    n_steps : int
        A cycle of leaps begins with the first.

    Returns
    -------
    steps : Steps

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.engines.kernels import NATIVE_AVAILABLE
    >>> from mixfold.fitting import em_steps
    >>> from mixfold.fitting.leaping import leaping_em_steps
    >>> from mixfold.models import Penalized, Problem
    >>> from mixfold.fold import Fold
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.random.default_rng(0).normal([[0.0], [1.0]], 1.0, (2, 200)).reshape(-1, 1))
    >>> problem = Problem(fold, Penalized(family_for("diag"), Prior.from_ridge(1e-6)))
    >>> start = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [1.0]]), np.array([[1.0], [1.0]]))
    >>> begun = em_steps(problem, start, 8).point
    >>> take = leaping_em_steps if NATIVE_AVAILABLE else em_steps
    >>> take(problem, begun, 8).objectives[-1] >= em_steps(problem, begun, 8).objectives[-1]
    True
    """
    kernel, one = problem.model.kernel, start.parameters
    assert kernel is not None  # noqa: S101  (they can)
    step = replace(kernel.m_step(), is_leaping=True)
    (loop,) = problem.fold.loops([beginning_of(start)], step, n_steps)
    steps = looped(problem, start, loop, kernel.log_prior_constant(*one.means.shape), n_steps, None)
    assert isinstance(steps, Steps)  # noqa: S101  (it began at a point)
    return steps
