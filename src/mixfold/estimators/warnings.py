"""What a fit warns about when it is done."""

from __future__ import annotations

import warnings

import numpy as np

from mixfold.errors import ConvergenceWarning, SpuriousComponentWarning
from mixfold.fitting import Outcome, Problem, Run, on_the_floor
from mixfold.mixture import Mixture


def warn_about(run: Run, mixture: Mixture, problem: Problem, stacklevel: int) -> None:
    """Warn if the run was cut short, and if a component may be an accident of few rows.

    Parameters
    ----------
    run : Run
        The best.
    mixture : Mixture
        What it fitted.
    problem : Problem
    stacklevel : int
        Calls from here to the caller's line.

    Warns
    -----
    ConvergenceWarning
        If EM ran into `max_iter` or `max_time`, or every restart collapsed.
    SpuriousComponentWarning
        If a component has fewer effective rows than parameters, or gets its smallest variance from the prior.
    """
    limit = {Outcome.ITERATION_LIMIT: "max_iter", Outcome.TIME_LIMIT: "max_time"}.get(run.outcome)
    if limit and (limit == "max_time" or run.n_iter > 0):  # no iteration was wanted where `max_iter` is zero
        objectives = [iteration.objective for iteration in run.history[-2:]]
        message = (
            f"The fit reached `{limit}` after {run.n_iter} iterations before it converged; the last one still gained "
            f"{objectives[-1] - objectives[0]:.3g} nats per row. Increase `{limit}` or `tol`."
        )
        warnings.warn(message, ConvergenceWarning, stacklevel=stacklevel)
    if run.outcome is Outcome.COLLAPSED:
        message = f"Every restart collapsed; the last parameters before that are kept. {run.reason}"
        warnings.warn(message, ConvergenceWarning, stacklevel=stacklevel)
    family, (k, d) = problem.family, mixture.means.shape
    n_parameters = d + family.n_parameters(2, d) - family.n_parameters(1, d)
    few = run.counts < n_parameters
    floor = on_the_floor(family, mixture.potentials.whitener, problem.prior, run.counts)
    for component in np.flatnonzero(few | floor) if k > 1 else ():
        reason = (
            f"its {run.counts[component]:.1f} effective rows are fewer than its {n_parameters} parameters"
            if few[component]
            else "its smallest variance comes from the prior, not from its rows"
        )
        message = (
            f"Component {component} may be an accident of few rows: {reason}. Fit fewer components or a simpler "
            "`covariance_type`."
        )
        warnings.warn(message, SpuriousComponentWarning, stacklevel=stacklevel)
