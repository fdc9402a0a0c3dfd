"""`ConvergenceDisplay`: how each restart climbed, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, final

import numpy as np
from sklearn.utils.validation import check_is_fitted

from mixfold.errors import InputError
from mixfold.fitting import SEARCH, Outcome, Run, best_of
from mixfold.models import Posterior
from mixfold.plotting.canvas import INK, Axes, axes_or_new, dress
from mixfold.plotting.palette import HUES
from mixfold.typing import FloatArray

ENDS = {
    Outcome.CONVERGED: "o",
    Outcome.ITERATION_LIMIT: ">",
    Outcome.PLATEAU: "D",
    Outcome.TIME_LIMIT: "<",
    Outcome.STOPPED: "s",
    Outcome.COLLAPSED: "X",
    Outcome.WON: "*",
    Outcome.DUPLICATE: ".",
    Outcome.DROPPED: "x",
}
"""The marker at the end of a line."""


LIKELIHOOD, BOUND = "log-likelihood", "evidence lower bound"
NOISE = 1e-5
"""By less than this an objective per row falls by rounding, on the same rows."""
LEAST_CLIMB = 1e-4
"""A climb by less than this share of its height is drawn flat: after a search EM has nothing left to gain."""


def climb_of(run: Run, restarts: Sequence[Run] = ()) -> tuple[FloatArray, FloatArray]:
    """Give the iterations of a run and what EM climbed, with a gap (not a number) where heights are others.

    One that goes on from where a search ended goes on with its numbers.
    """
    before = sum(one.n_iter for one in restarts if one.outcome is Outcome.WON) if run.start == SEARCH else 0
    before = 0 if run.outcome is Outcome.WON else before
    numbers = np.array([before + iteration.number for iteration in run.history], dtype=np.float64)
    heights = np.array([iteration.objective for iteration in run.history])
    falls = np.flatnonzero(np.diff(heights) < -NOISE) + 1
    return np.insert(numbers, falls, np.nan), np.insert(heights, falls, np.nan)


def position_of_best(restarts: Sequence[Run]) -> int:
    """Give where the run is that was kept, which may be one of more than there are."""
    best, _ = best_of(list(restarts))
    return next(at for at, run in enumerate(restarts) if run is best)


def what_is_climbed(restarts: Sequence[Run], best: int) -> str:
    """Name what EM climbed in the run that was kept."""
    if isinstance(restarts[best].parameters, Posterior):
        return BOUND
    has_prior = any(one.objective != one.log_likelihood for run in restarts for one in run.history)
    return f"{LIKELIHOOD} and log prior" if has_prior else LIKELIHOOD


@final
class ConvergenceDisplay:
    """What EM climbs against iteration, one line a restart, the best one highlighted.

    That is the log-likelihood, and with a prior its log density, too; of a posterior the evidence lower bound. A start
    of a search is climbed on ever more rows, or under priors of another kind: where they change the line begins anew,
    because these heights cannot be compared.

    Parameters
    ----------
    restarts : sequence of Run
    best : int
        Position of the run that was kept.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import GaussianMixture
    >>> from mixfold.plotting import ConvergenceDisplay, new_figure
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> model = GaussianMixture(2, init_params="kmeans", n_init=3, random_state=0).fit(X)
    >>> display = ConvergenceDisplay.from_estimator(model, ax=new_figure().subplots())
    >>> len(display.ax_.get_lines())
    3
    """

    ax_: Axes
    figure_: Any

    def __init__(self, *, restarts: Sequence[Run], best: int) -> None:
        self.restarts = restarts
        self.best = best

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Axes | None = None) -> Self:
        """Draw the restarts of a fitted estimator.

        Parameters
        ----------
        estimator : estimator with `restarts_`
        ax : matplotlib Axes, optional
            By default those of a new pyplot figure.

        Returns
        -------
        display : ConvergenceDisplay
        """
        check_is_fitted(estimator)
        restarts = getattr(estimator, "restarts_", None)
        if not restarts:
            message = (
                f"The estimator must have `restarts_`, but this {type(estimator).__name__} has none. Fit it: files and "
                "pickles do not keep the course of a fit."
            )
            raise InputError(message)
        return cls(restarts=restarts, best=position_of_best(restarts)).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw, again if wanted, on `ax` or on those of a new pyplot figure."""
        ax = axes_or_new(ax)
        for position, run in enumerate(self.restarts):
            is_best = position == self.best
            numbers, heights = climb_of(run, self.restarts)
            style = {"color": HUES[0], "linewidth": 2.4, "zorder": 3} if is_best else {"color": "0.6", "linewidth": 1.2}
            end = {"marker": ENDS[run.outcome], "markevery": [len(numbers) - 1], "markersize": 8 if is_best else 5.5}
            ax.plot(numbers, heights, **style, **end, gid=f"restart {run.restart}", clip_on=False)
        self._explain(ax)
        ax.set_xlabel("EM iteration", color=INK)
        climbed = what_is_climbed(self.restarts, self.best)
        ax.set_ylabel(f"{climbed} per row (nats)", color=INK)
        ax.xaxis.get_major_locator().set_params(integer=True)
        low, high = ax.get_ylim()
        missing = LEAST_CLIMB * max(abs(low), abs(high)) - (high - low)
        if missing > 0.0:
            ax.set_ylim(low - 0.5 * missing, high + 0.5 * missing)
        best = self.restarts[self.best]
        number = f"{len(self.restarts)} restart{'s' * (len(self.restarts) > 1)}"
        iterations = f"{best.n_iter} iteration{'s' * (best.n_iter != 1)}"
        name, height, change = LIKELIHOOD, best.log_likelihood, "with more rows, on which heights are others"
        if climbed == BOUND:
            name, height, change = BOUND, best.objective, "under other priors, where heights are others"
        notes = [number, f"the best reached {name} {height:.5g} in {iterations}"]
        if any(np.isnan(climb_of(run)[1]).any() for run in self.restarts):
            notes.append(f"a gap: the start goes on {change}")
        dress(ax, "Convergence", " · ".join(notes))
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _explain(self, ax: Axes) -> None:
        """Say in the legend which line is the best, and what the ends mean."""
        from matplotlib.lines import Line2D  # noqa: PLC0415  (optional extra)

        handles = [Line2D([], [], color=HUES[0], linewidth=2.4, label=f"restart {self.best + 1}, the best")]
        if len(self.restarts) > 1:
            handles.append(Line2D([], [], color="0.6", linewidth=1.2, label="other restarts"))
        for outcome, marker in ENDS.items():
            count = sum(run.outcome is outcome for run in self.restarts)
            if count:
                label = f"{outcome} ({count})"
                handles.append(Line2D([], [], color=INK, marker=marker, linestyle="none", markersize=6, label=label))
        ax.legend(handles=handles, loc="best", frameon=False, fontsize=9)
