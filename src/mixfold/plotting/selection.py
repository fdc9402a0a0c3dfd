"""`SelectionDisplay`: how many components, which family, and how clearly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Self, final

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.utils.validation import check_is_fitted

from mixfold.errors import InputError
from mixfold.plotting.canvas import INK, QUIET, Axes, axes_or_new, counted, dress
from mixfold.plotting.palette import HUES
from mixfold.search import FLAWED
from mixfold.search.criteria import name_of
from mixfold.typing import FloatArray

CLOSE = 10.0
"""Cells this near to the best are hardly worse (Kass & Raftery 1995, section 3.2)."""
GRAY = "0.72"
N_COLORED = 5
"""Families in color, the best ones; the others are gray."""
LINE_HEIGHT = 11.5
"""Of a label at the end of a line, in points."""


@final
class SelectionDisplay:
    """A criterion against the number of components, a line for each covariance family, the choice marked.

    Heights are differences to the best cell, linear up to 10 and logarithmic above: what matters lies near the bottom,
    however bad the worst is. The best families are in color. Hollow points were given up before EM had converged; cells
    that are chosen only if there is no other are left out.

    Parameters
    ----------
    results : sequence of mapping
        `results_` of an estimator, one of which is `chosen`.
    criterion : str

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> from mixfold import AutoGaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.plotting import SelectionDisplay, new_figure
    >>> model = AutoGaussianMixture(range(1, 4), covariance_types=["full", "tied"], random_state=0)
    >>> display = SelectionDisplay.from_estimator(model.fit(load_faithful().data), ax=new_figure().subplots())
    >>> display.ax_.get_title("left")
    'Two components, full'
    """

    ax_: Axes
    figure_: Any

    def __init__(self, *, results: Sequence[Mapping[str, Any]], criterion: str) -> None:
        self.results = results
        self.criterion = criterion

    @classmethod
    def from_estimator(cls, estimator: Any, *, criterion: str | None = None, ax: Axes | None = None) -> Self:
        """Draw the grid of a fitted estimator.

        Parameters
        ----------
        estimator : AutoGaussianMixture
        criterion : str, optional
            By default the one that chose; another is drawn for the same cells, with the ring around the same choice.
        ax : matplotlib Axes, optional
            By default those of a new pyplot figure.

        Returns
        -------
        display : SelectionDisplay
        """
        check_is_fitted(estimator)
        results = getattr(estimator, "results_", None)
        if not results:
            message = (
                f"The estimator must have `results_`, but {type(estimator).__name__} has none. Fit an "
                "AutoGaussianMixture."
            )
            raise InputError(message)
        criterion = criterion or estimator.criterion
        if criterion not in results[0]:
            named = [name for name, value in results[0].items() if isinstance(value, float)]
            message = f"`criterion` must be one of {named}, got {criterion!r}."
            raise InputError(message)
        return cls(results=results, criterion=criterion).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw, again if wanted, on `ax` or on those of a new pyplot figure."""
        ax = axes_or_new(ax)
        lines = self._lines()
        best = min((float(np.nanmin(heights)) for _, heights, _ in lines.values()), default=0.0)
        chosen = self._chosen["covariance_type"]
        order = sorted(lines, key=lambda name: (name != chosen, float(np.nanmin(lines[name][1]))))
        colors = {name: HUES[place] if place < N_COLORED else GRAY for place, name in enumerate(order)}
        ends = []
        for place, name in reversed(list(enumerate(order))):
            numbers, heights, sure = lines[name]
            above = heights - best
            colored = place < N_COLORED
            style = {"linewidth": 2.2 if place == 0 else 1.5 if colored else 0.9, "zorder": 3.0 - place / len(order)}
            ax.plot(numbers, above, color=colors[name], gid=name, clip_on=False, **style)
            size = {"s": 26.0 if colored else 10.0, "zorder": style["zorder"] + 0.01, "clip_on": False}
            ax.scatter(numbers[sure], above[sure], color=colors[name], **size)
            faces = {"facecolors": "white", "edgecolors": colors[name]}
            ax.scatter(numbers[~sure], above[~sure], **faces, **size)
            seen = np.flatnonzero(np.isfinite(above))
            ends.append((name, float(numbers[seen[-1]]), float(above[seen[-1]])))
        self._scale(ax, lines, best)
        self._mark(ax, best)
        self._name(ax, ends, colors)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _lines(self) -> dict[str, tuple[FloatArray, FloatArray, Any]]:
        """Give for each family with an answer its K, criteria and which of them converged."""
        lines = {}
        for name in dict.fromkeys(row["covariance_type"] for row in self.results):
            rows = [row for row in self._eligible if row["covariance_type"] == name]
            heights = np.array([row[self.criterion] for row in rows], dtype=np.float64)
            if np.any(np.isfinite(heights)):
                sure = np.array([row["outcome"] == "converged" for row in rows])
                lines[name] = np.array([float(row["n_components"]) for row in rows]), heights, sure
        return lines

    def _scale(self, ax: Axes, lines: Mapping[str, Any], best: float) -> None:
        from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator  # noqa: PLC0415  (optional extra)

        worst = max(float(np.nanmax(heights)) for _, heights, _ in lines.values()) - best
        tried = {row["n_components"] for row in self.results if math.isfinite(row[self.criterion])}
        n_tried = len(tried)
        note = f"the best has {best:.6g} · shaded: hardly worse, by at most {CLOSE:g} · hollow: given up early"
        dress(ax, self._title(), note)
        ax.set_yscale("symlog", linthresh=CLOSE, linscale=1.0)
        top = max(2.0 * CLOSE, worst * 1.15)
        ax.set_ylim(-0.09 * CLOSE, top)
        powers = 10.0 ** np.arange(2, max(3, math.ceil(math.log10(top))))
        ticks = [0.0, 5.0, CLOSE, *(step * power / 10.0 for power in powers for step in (3.0, 10.0))]
        ax.yaxis.set_major_locator(FixedLocator([tick for tick in ticks if tick <= top]))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        ax.xaxis.get_major_locator().set_params(integer=True, nbins=min(n_tried, 12), min_n_ticks=1)
        ax.axhspan(0.0, CLOSE, color=HUES[5], alpha=0.12, linewidth=0.0, zorder=0)
        ax.set_xlabel("number of components", color=INK)
        ax.set_ylabel(f"{name_of(self.criterion)} above the best (smaller is better)", color=INK)

    @property
    def _chosen(self) -> Mapping[str, Any]:
        # What was chosen need not be the best: see `tie_break` of AutoGaussianMixture.
        finite = [row for row in self._eligible if math.isfinite(row[self.criterion])]
        return min(finite, key=lambda row: (not row.get("chosen", False), row[self.criterion]))

    @property
    def _eligible(self) -> list[Mapping[str, Any]]:
        """The cells that can be chosen; all, without values for those that can only if there is no other."""
        flawed = {str(outcome) for outcome in FLAWED}
        if all(row["outcome"] in flawed or not math.isfinite(row[self.criterion]) for row in self.results):
            return list(self.results)
        return [{**row, self.criterion: math.nan} if row["outcome"] in flawed else row for row in self.results]

    def _title(self) -> str:
        k = self._chosen["n_components"]
        return f"{counted(k, 'component')}, {self._chosen['covariance_type']}"

    def _mark(self, ax: Axes, best: float) -> None:
        at = self._chosen["n_components"], self._chosen[self.criterion] - best
        ring = {"facecolors": "none", "edgecolors": INK, "linewidths": 1.6}
        ax.scatter(*at, s=190.0, zorder=5, clip_on=False, gid="choice", **ring)

    def _name(self, ax: Axes, ends: Sequence[tuple[str, float, float]], colors: Mapping[str, Any]) -> None:
        """Write each family's name to the right of where its line ends, spread so that none hides another."""
        to_axes = ax.transData + ax.transAxes.inverted()
        heights = np.array([to_axes.transform((0.0, height))[1] for _, _, height in ends])
        spread = _spread(heights, LINE_HEIGHT / (72.0 * ax.bbox.height / ax.figure.dpi))
        for (name, number, height), place in zip(ends, spread, strict=True):
            ax.annotate(
                name,
                (number, height),
                (1.035, float(place)),
                xycoords="data",
                textcoords="axes fraction",
                fontsize=8.5,
                color=INK if colors[name] != GRAY else QUIET,
                fontweight="bold" if name == self._chosen["covariance_type"] else "normal",
                va="center",
                annotation_clip=False,
                arrowprops={"arrowstyle": "-", "color": colors[name], "linewidth": 0.8, "shrinkA": 0.0, "shrinkB": 2.0},
            )


def _spread(heights: FloatArray, least: float) -> FloatArray:
    """Move heights apart until neighbors are `least` from each other, none further than it must."""
    order = np.argsort(heights)
    placed = heights[order] - least * np.arange(len(heights))
    # Isotonic regression: the nearest rising sequence, least squares, by pooling neighbors that violate the order.
    rising = IsotonicRegression().fit_transform(np.arange(len(placed)), placed)
    spread = np.empty_like(heights)
    spread[order] = rising + least * np.arange(len(heights))
    return spread
