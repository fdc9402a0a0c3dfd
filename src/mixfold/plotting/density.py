"""`DensityDisplay`: how likely each place is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, final

import numpy as np

from mixfold.mixtures import Mixture
from mixfold.plotting.canvas import INK, QUIET, Axes, axes_or_new, dress, listed, percent
from mixfold.plotting.outline import draw_center, radius_of
from mixfold.plotting.palette import colors_of
from mixfold.plotting.plane import Features, plane_of
from mixfold.plotting.rows import MAX_ROWS, drawable, drawn_rows, fitted_mixture
from mixfold.typing import FloatArray

MASSES = (0.25, 0.5, 0.75, 0.95)
LINE_POINTS, GRID_POINTS = 801, 201
FEWEST_BINS, MOST_BINS = 20, 100
MOST_LABELED = 8
"""With more components than this, the contours are not labeled one by one."""
BLUE = (0.03, 0.32, 0.61)


@final
class DensityDisplay:
    """The density of a mixture over the data: curves for one feature, contours for two.

    With one feature each weighted component has a curve, and their sum lies over a histogram. With two, each contour is
    the border of the smallest region that holds a chosen share of the whole probability.

    Parameters
    ----------
    points : ndarray of shape (n_rows, 1 or 2)
        What is drawn.
    mixture : Mixture
        The mixture on the axes drawn; its feature names label them.
    note : str
        What the picture leaves out.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.plotting import DensityDisplay, new_figure
    >>> mixture = Mixture([0.3, 0.7], [[0.0], [5.0]], [1.0, 2.0], "spherical", ["size"])
    >>> X, _ = mixture.sample(200, random_state=0)
    >>> DensityDisplay.from_mixture(mixture, X, ax=new_figure().subplots()).ax_.get_xlabel()
    'size'
    """

    ax_: Axes
    figure_: Any

    def __init__(self, *, points: FloatArray, mixture: Mixture, note: str = "") -> None:
        self.points = points
        self.mixture = mixture
        self.note = note

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        features: Features | None = None,
        masses: Sequence[float] = MASSES,
        feature_names: Sequence[str] | None = None,
        max_rows: int = MAX_ROWS,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the density of a fitted estimator.

        Parameters
        ----------
        estimator : estimator with a `mixture_`
        X : array-like, data frame or tensor of shape (n_rows, n_features)
        features : int, str, or one or two of them, optional
            Which features are drawn, by index or name. By default all of one or two, and of more the plane of their two
            principal components; the picture says so.
        masses : sequence of float, default=(0.25, 0.5, 0.75, 0.95)
            Shares of the whole probability that the contours hold.
        feature_names : sequence of str, optional
            By default those of `X` or of the mixture.
        max_rows : int, default=10000
            Of more rows a random sample is drawn; the picture says so.
        ax : matplotlib Axes, optional
            By default those of a new pyplot figure.

        Returns
        -------
        display : DensityDisplay

        Raises
        ------
        ValueError
            If `X` cannot be used, or a parameter is out of its range.
        MissingExtraError
            If matplotlib is not installed.
        """
        mixture = fitted_mixture(estimator)
        rows, names = drawable(mixture, X, estimator, feature_names)
        return cls._of(mixture, rows, names, features, max_rows).plot(ax, masses=masses)

    @classmethod
    def from_mixture(
        cls,
        mixture: Mixture,
        X: Any,
        *,
        features: Features | None = None,
        masses: Sequence[float] = MASSES,
        feature_names: Sequence[str] | None = None,
        max_rows: int = MAX_ROWS,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the density of a mixture; the parameters are those of `from_estimator`."""
        rows, names = drawable(mixture, X, None, feature_names)
        return cls._of(mixture, rows, names, features, max_rows).plot(ax, masses=masses)

    @classmethod
    def _of(
        cls, mixture: Mixture, rows: FloatArray, names: Sequence[str], features: Features | None, max_rows: int
    ) -> Self:
        plane = plane_of(mixture, rows, names, features)
        chosen, note = drawn_rows(len(rows), max_rows) if len(plane.axes) == 2 else (np.arange(len(rows)), "")
        note = " · ".join(part for part in (plane.note, note) if part)
        return cls(points=plane.rows(rows[chosen]), mixture=plane.mixture(mixture), note=note)

    def plot(self, ax: Axes | None = None, *, masses: Sequence[float] = MASSES) -> Self:
        """Draw, again if wanted; the parameters are those of `from_estimator`."""
        for mass in masses:
            radius_of(mass, 2)
        ax = axes_or_new(ax)
        if self.mixture.n_features == 1:
            self._draw_curves(ax)
        else:
            self._draw_contours(ax, sorted(masses))
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _draw_curves(self, ax: Axes) -> None:
        values = self.points[:, 0]
        bins = int(np.clip(np.histogram_bin_edges(values, "auto").size - 1, FEWEST_BINS, MOST_BINS))
        ax.hist(values, bins=bins, density=True, color="0.88", edgecolor="white", linewidth=0.5, label="data")
        place = self._curve_places()  # (n, 1)
        total = np.exp(self.mixture.log_density(place))  # (n,)
        parts = self.mixture.responsibilities(place) * total[:, None]  # (n, k): weight times density, exactly
        for component, color in enumerate(colors_of(self.mixture.n_components)):
            name = f"component {component} ({percent(self.mixture.weights[component])})"
            ax.plot(place[:, 0], parts[:, component], color=color, linewidth=1.6, label=name, gid=f"part {component}")
            ax.fill_between(place[:, 0], parts[:, component], color=color, alpha=0.12, linewidth=0.0)
        ax.plot(place[:, 0], total, color=INK, linewidth=2.0, label="mixture", gid="mixture")
        ax.set_ylim(bottom=0.0)
        ax.set_xlabel((self.mixture.feature_names or ("",))[0], color=INK)
        ax.set_ylabel("density", color=INK)
        columns = 1 + (self.mixture.n_components > 12)
        place_of_legend = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
        ax.legend(frameon=False, fontsize=9 - columns, ncols=columns, **place_of_legend)
        dress(ax, "Density", self.note)

    def _curve_places(self) -> FloatArray:
        """Give places all along the axis, and more where a component is so narrow that it would fall between them."""
        spread = self.mixture.deviations[:, 0]
        near = self.mixture.means[:, 0] + spread * np.linspace(-4.0, 4.0, 81)[:, None]
        return np.union1d(np.linspace(*self._reach(0), LINE_POINTS), near)[:, None]

    def _draw_contours(self, ax: Axes, masses: Sequence[float]) -> None:
        x, y = (np.linspace(*self._reach(axis), GRID_POINTS) for axis in (0, 1))
        grid = np.stack(np.meshgrid(x, y), axis=-1)  # (n, n, 2)
        density = np.exp(self.mixture.log_density(grid.reshape(-1, 2))).reshape(grid.shape[:2])
        levels, kept = _levels(density, masses)
        size = float(np.clip(12_000.0 / max(len(self.points), 1), 3.0, 16.0))
        kwargs = {"color": QUIET, "alpha": 0.5, "linewidth": 0.0, "zorder": 2, "rasterized": len(self.points) > 2_000}
        ax.scatter(self.points[:, 0], self.points[:, 1], s=size, **kwargs, gid="rows")
        if levels:
            tints = [(*BLUE, 0.5 * (rank + 1) / len(levels)) for rank in range(len(levels))]
            ax.contourf(x, y, density, levels=[*levels, np.inf], colors=tints, zorder=1)
            lines = ax.contour(x, y, density, levels=levels, colors=[BLUE], linewidths=1.1, zorder=3)
            if self.mixture.n_components <= MOST_LABELED:
                names = {level: f"{100.0 * mass:g}%" for level, mass in zip(levels, reversed(kept), strict=True)}
                ax.clabel(lines, fmt=names, fontsize=8)
        for component, color in enumerate(colors_of(self.mixture.n_components)):
            draw_center(ax, self.mixture, component, color)
        labels = self.mixture.feature_names or ("", "")
        ax.set_xlabel(labels[0], color=INK)
        ax.set_ylabel(labels[1], color=INK)
        held = f"contours hold {listed(kept)} of the probability" if levels else ""
        dress(ax, "Density", " · ".join(part for part in (self.note, held) if part))

    def _reach(self, axis: int) -> tuple[float, float]:
        """Give an interval that holds the points and three standard deviations of every component that has weight."""
        spread = self.mixture.deviations[:, axis]
        real = self.mixture.weights > 1e-3
        means = self.mixture.means[:, axis]
        low = min(float(np.min((means - 3.0 * spread)[real], initial=np.inf)), float(self.points[:, axis].min()))
        high = max(float(np.max((means + 3.0 * spread)[real], initial=-np.inf)), float(self.points[:, axis].max()))
        return low, high


def _levels(density: FloatArray, masses: Sequence[float]) -> tuple[list[float], list[float]]:
    """Give the densities above which lie the masses, rising, and the masses that have a level of their own, rising.

    The region of highest density (Hyndman 1996) of each mass, on a grid of equal cells.
    """
    falling = np.sort(density, axis=None)[::-1]
    held = np.cumsum(falling) / np.sum(falling)
    found = {float(falling[np.searchsorted(held, mass)]): mass for mass in masses}
    levels = sorted(found)
    return levels, sorted(found[level] for level in levels)
