"""`OutlierDisplay`: which rows a detector flags, and where it draws the line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, final

import numpy as np
import numpy.typing as npt

from mixfold.mixture import Mixture
from mixfold.plotting.canvas import INK, QUIET, Axes, axes_or_new, dress, percent
from mixfold.plotting.outline import draw_outlines
from mixfold.plotting.palette import HUES
from mixfold.plotting.plane import Features, plane_of
from mixfold.plotting.rows import MAX_ROWS, drawable, drawn_rows, fitted_mixture
from mixfold.typing import FloatArray, IntArray

NORMAL, FLAGGED = "0.55", HUES[4]
GRID = 200
"""Points along each side where the density is computed for the line."""
LABELED = 5
"""The most unusual rows get their number, if there is room."""
LABEL = 46.0, 11.0
"""Width and height of a number, in points."""


@final
class OutlierDisplay:
    """Flagged rows among the others, on the two features that move flagged rows most.

    With two features the line that the detector draws is shown exactly; with one the log density is the second axis. Of
    more features, ellipses hold 50% and 90% of each component on the axes drawn.

    Parameters
    ----------
    points : ndarray of shape (n_drawn, 2)
    scores : ndarray of shape (n_drawn,)
        Log densities of these rows.
    numbers : ndarray of int of shape (n_drawn,)
        The number of each row in the data, the first being 1.
    offset : float
        Rows whose score is less are flagged.
    mixture : Mixture
        On the axes drawn; its feature names label them.
    n_rows, n_flagged : int
        Of all rows, drawn or not.
    is_exact : bool
        Whether the axes are all features, so that the line can be shown.
    note : str
        What the picture leaves out.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import MixtureOutlierDetector
    >>> from mixfold.plotting import OutlierDisplay, new_figure
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> detector = MixtureOutlierDetector(1, contamination=0.05, random_state=0).fit(X)
    >>> display = OutlierDisplay.from_estimator(detector, X, ax=new_figure().subplots())
    >>> display.ax_.get_title("left")
    '10 of 200 rows are flagged'
    """

    ax_: Axes
    figure_: Any

    def __init__(
        self,
        *,
        points: FloatArray,
        scores: FloatArray,
        numbers: IntArray,
        offset: float,
        mixture: Mixture,
        n_rows: int,
        n_flagged: int,
        is_exact: bool,
        note: str = "",
    ) -> None:
        self.points, self.scores, self.numbers = points, scores, numbers
        self.offset = offset
        self.mixture = mixture
        self.n_rows, self.n_flagged = n_rows, n_flagged
        self.is_exact = is_exact
        self.note = note

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: npt.ArrayLike,
        *,
        features: Features | None = None,
        feature_names: Sequence[str] | None = None,
        max_rows: int = MAX_ROWS,
        ax: Axes | None = None,
    ) -> Self:
        """Draw what a fitted detector flags.

        Parameters
        ----------
        estimator : MixtureOutlierDetector
        X : array-like, data frame or tensor of shape (n_rows, n_features)
        features : int, str, or one or two of them, optional
            Which features are drawn. By default all of one or two; of more, the two with the largest summed
            contribution to the distances of flagged rows (of all rows, if none is flagged).
        feature_names : sequence of str, optional
            By default those of `X` or of the detector.
        max_rows : int, default=10000
            Of more rows that are not flagged a random sample is drawn; flagged ones are all drawn.
        ax : matplotlib Axes, optional
            By default those of a new pyplot figure.

        Returns
        -------
        display : OutlierDisplay
        """
        mixture = fitted_mixture(estimator)
        rows, names = drawable(mixture, X, estimator, feature_names)
        scores, offset = np.asarray(mixture.log_density(rows)), float(estimator.offset_)
        flagged = scores < offset
        if features is None and mixture.n_features > 2:
            explained = estimator.explain(X).contributions[flagged if flagged.any() else slice(None)]
            features = [int(feature) for feature in np.sort(np.argsort(-explained.sum(axis=0))[:2])]
        plane = plane_of(mixture, rows, names, features)
        drawn, note = drawn_rows(int(np.sum(~flagged)), max_rows)
        chosen = np.concatenate([np.flatnonzero(~flagged)[drawn], np.flatnonzero(flagged)])
        points = plane.rows(rows[chosen])
        return cls(
            points=np.column_stack([points, scores[chosen]]) if points.shape[1] == 1 else points,
            scores=scores[chosen],
            numbers=chosen + 1,
            offset=offset,
            mixture=plane.mixture(mixture),
            n_rows=len(rows),
            n_flagged=int(flagged.sum()),
            is_exact=len(plane.axes) == mixture.n_features,
            note=" · ".join(part for part in (plane.note, note.replace("rows", "other rows")) if part),
        ).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw, again if wanted, on `ax` or on those of a new pyplot figure."""
        ax = axes_or_new(ax)
        flagged = self.scores < self.offset
        size = float(np.clip(12_000.0 / max(len(self.points), 1), 5.0, 24.0))
        style = {"linewidth": 0.0, "rasterized": len(self.points) > 2_000}
        ax.scatter(*self.points[~flagged].T, s=size, color=NORMAL, alpha=0.6, zorder=2, gid="other rows", **style)
        ax.scatter(*self.points[flagged].T, s=max(size, 16.0), color=FLAGGED, zorder=4, gid="flagged rows", **style)
        held = self._draw_line(ax)
        self._number(ax, np.argsort(self.scores)[: min(LABELED, int(np.sum(flagged)))])
        labels = self.mixture.feature_names or ("", "")
        ax.set_xlabel(labels[0], color=INK)
        ax.set_ylabel(labels[1] if self.mixture.n_features == 2 else "log density (nats)", color=INK)
        share = percent(self.n_flagged / self.n_rows) if self.n_flagged else ""
        notes = (f"{share} of them" if 0 < self.n_flagged < self.n_rows else "", self.note, held)
        title = f"{self.n_flagged:,} of {self.n_rows:,} rows are flagged"
        dress(ax, title, " · ".join(part for part in notes if part))
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _number(self, ax: Axes, positions: IntArray) -> None:
        """Write the numbers of some rows, the most unusual first, each where it hides none before it."""
        places = ax.transData.transform(self.points[positions]) * 72.0 / ax.figure.dpi  # (n, 2), in points
        written: list[FloatArray] = []
        for position, place in zip(positions, places, strict=True):
            if any(np.all(np.abs(place - other) < LABEL) for other in written):
                continue
            written.append(place)
            style = {"xytext": (5, 4), "textcoords": "offset points", "fontsize": 8.5, "zorder": 5}
            ax.annotate(f"row {self.numbers[position]}", self.points[position], color=INK, **style)

    def _draw_line(self, ax: Axes) -> str:
        """Draw where the detector begins to flag, or as much of it as these axes can tell; say which."""
        if self.mixture.n_features == 1:
            if self.is_exact:
                ax.axhline(self.offset, color=FLAGGED, linewidth=1.2, linestyle="--", zorder=1, gid="line")
                return "rows below the line are flagged"
            return ""
        if not self.is_exact:
            for component in range(self.mixture.n_components):
                draw_outlines(ax, self.mixture, component, (0.5, 0.9), QUIET)
            return "ellipses hold 50% and 90% of a component"
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        margin = 0.08 * (high - low) + np.finfo(np.float64).tiny
        sides = np.linspace(low - margin, high + margin, GRID).T  # (2, grid)
        grid = np.stack(np.meshgrid(*sides), axis=-1)  # (grid, grid, 2)
        density = np.asarray(self.mixture.log_density(grid.reshape(-1, 2))).reshape(GRID, GRID)
        if density.min() < self.offset < density.max():
            line = ax.contour(*sides, density, levels=[self.offset], colors=[FLAGGED], linewidths=1.2, linestyles="--")
            line.set_gid("line")
        return "rows outside the line are flagged"
