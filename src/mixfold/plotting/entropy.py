"""`EntropyDisplay`: how clear the assignment of rows is when components are merged into clusters."""

from __future__ import annotations

from typing import Any, Self, final

import numpy as np

from mixfold.plotting.canvas import INK, Axes, axes_or_new, dress
from mixfold.plotting.combined import CombinedDisplay
from mixfold.plotting.palette import HUES
from mixfold.typing import FloatArray


@final
class EntropyDisplay(CombinedDisplay):
    """Entropy of the assignment against the number of clusters, with the elbow between two lines.

    From right to left one pair of clusters is merged at a time, the one whose union makes the assignment clearest
    (Baudry et al. 2010). Steep steps merge components of one cluster, flat ones merge clusters.

    Parameters
    ----------
    combined : CombinedComponents
    n_clusters : int, optional
        The number of clusters that is shown; by default that of `combined`.

    Examples
    --------
    >>> from mixfold import GaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.plotting import EntropyDisplay, new_figure
    >>> X = load_faithful().data
    >>> model = GaussianMixture(5, random_state=0).fit(X)
    >>> display = EntropyDisplay.from_estimator(model, X, ax=new_figure().subplots())
    >>> len(display.combined.entropies)
    5
    """

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw, again if wanted, on `ax` or on those of a new pyplot figure."""
        ax = axes_or_new(ax)
        per_row = self.combined.entropies / self.combined.n_rows
        numbers = np.arange(1, len(per_row) + 1)
        at_elbow = self.combined.elbow
        points = {"color": HUES[0], "marker": "o", "markersize": 6.0, "gid": "entropy", "clip_on": False}
        ax.plot(numbers, per_row, linewidth=1.0, alpha=0.7, zorder=2, **points)
        for part in (slice(0, at_elbow), slice(at_elbow - 1, None)):
            _draw_line(ax, numbers[part], per_row[part])
        ring = {"facecolors": "none", "edgecolors": INK, "linewidths": 1.6}
        place = self.n_clusters, per_row[self.n_clusters - 1]
        ax.scatter(*place, s=190.0, zorder=5, clip_on=False, gid="choice", **ring)
        nats = per_row[self.n_clusters - 1]
        dress(
            ax,
            self.title,
            f"components merged from right to left · dashed: two lines that meet at {at_elbow} · {nats:.2g} nats left",
        )
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.set_xlabel("number of clusters", color=INK)
        ax.set_ylabel("entropy of the assignment, nats per row", color=INK)
        if per_row.max() > 0.0:
            ax.set_ylim(bottom=-0.04 * float(per_row.max()))  # the dashed lines may go on below nothing
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _draw_line(ax: Axes, numbers: Any, heights: FloatArray) -> None:
    if len(numbers) >= 2:
        reach = np.array([numbers[0] - 0.3, numbers[-1] + 0.3])  # beyond the points, which lie on it where it fits
        line = np.polyval(np.polyfit(numbers, heights, 1), reach)
        ax.plot(reach, line, color=HUES[4], linewidth=2.2, linestyle=(0, (4, 2)), zorder=3, gid="line")
