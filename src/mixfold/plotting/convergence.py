"""`ConvergenceDisplay`: how each restart climbed, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, final

from sklearn.utils.validation import check_is_fitted

from mixfold.errors import InputError
from mixfold.fitting import Outcome, Run, best_of
from mixfold.plotting.canvas import INK, Axes, axes_or_new, dress
from mixfold.plotting.palette import HUES

ENDS = {
    Outcome.CONVERGED: "o",
    Outcome.ITERATION_LIMIT: ">",
    Outcome.TIME_LIMIT: "<",
    Outcome.STOPPED: "s",
    Outcome.COLLAPSED: "X",
    Outcome.WON: "*",
    Outcome.DUPLICATE: ".",
    Outcome.DROPPED: "x",
}
"""The marker at the end of a line."""


@final
class ConvergenceDisplay:
    """Log-likelihood against iteration, one line a restart, the best one highlighted.

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
            message = f"The estimator must have `restarts_`, but {type(estimator).__name__} has none. Fit it by EM."
            raise InputError(message)
        return cls(restarts=restarts, best=best_of(restarts)[0].restart).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw, again if wanted, on `ax` or on those of a new pyplot figure."""
        ax = axes_or_new(ax)
        for position, run in enumerate(self.restarts):
            is_best = position == self.best
            numbers = [iteration.number for iteration in run.history]
            heights = [iteration.log_likelihood for iteration in run.history]
            style = {"color": HUES[0], "linewidth": 2.4, "zorder": 3} if is_best else {"color": "0.6", "linewidth": 1.2}
            end = {"marker": ENDS[run.outcome], "markevery": [-1], "markersize": 8 if is_best else 5.5}
            ax.plot(numbers, heights, **style, **end, gid=f"restart {run.restart}", clip_on=False)
        self._explain(ax)
        ax.set_xlabel("EM iteration", color=INK)
        ax.set_ylabel("log-likelihood per row (nats)", color=INK)
        ax.xaxis.get_major_locator().set_params(integer=True)
        best = self.restarts[self.best]
        number = f"{len(self.restarts)} restart{'s' * (len(self.restarts) > 1)}"
        iterations = f"{best.n_iter} iteration{'s' * (best.n_iter != 1)}"
        dress(ax, "Convergence", f"{number} · the best reached {best.log_likelihood:.5g} in {iterations}")
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
