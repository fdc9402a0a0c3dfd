"""`OutlierDisplay`: which rows a detector flags, and where it draws the line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, final

import numpy as np
import numpy.typing as npt

from mixfold.mixtures import Mixture
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
LETTERS = 8.5
"""Points of the letters of a number."""
FARTHER = 3.0
"""How many times as deep as the highest row is high a row must lie for depths to be drawn shorter."""
MOST_TICKS = 20
STRIP = 0.32
"""Half the width of a component's strip."""


@final
class OutlierDisplay:
    """Flagged rows among the others, and the line between them.

    With two features the line that the detector draws is shown exactly; with one the log density is the second axis. Of
    more features, each component has a strip of its own, in which rows lie at their log density above or below the
    line: no plane shows it, and flagged rows would lie among others. Where `features` chooses a plane all the same,
    ellipses hold 50% and 90% of each component on it.

    Parameters
    ----------
    points : ndarray of shape (n_drawn, 2)
        What is drawn; of strips the component of each row, spread, and the log density above the line.
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
    strangest : sequence of str, optional
        Of strips: the feature that makes each row unusual.

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
        strangest: Sequence[str] | None = None,
    ) -> None:
        self.points, self.scores, self.numbers = points, scores, numbers
        self.offset = offset
        self.mixture = mixture
        self.n_rows, self.n_flagged = n_rows, n_flagged
        self.is_exact = is_exact
        self.note = note
        self.strangest = strangest

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
            Which features are drawn. By default all of one or two; of more, none, but a strip for each component.
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
        drawn, note = drawn_rows(int(np.sum(~flagged)), max_rows)
        chosen = np.concatenate([np.flatnonzero(~flagged)[drawn], np.flatnonzero(flagged)])
        common: dict[str, Any] = {
            "scores": scores[chosen],
            "numbers": chosen + 1,
            "offset": offset,
            "n_rows": len(rows),
            "n_flagged": int(flagged.sum()),
        }
        note = note.replace("rows", "other rows")
        if features is None and mixture.n_features > 2:
            why = estimator.explain(X)
            spread = np.random.default_rng(0).uniform(-STRIP, STRIP, len(chosen))
            points = np.column_stack([why.component[chosen] + spread, scores[chosen] - offset])
            strangest = [names[feature] for feature in why.feature[chosen]]
            display = cls(points=points, mixture=mixture, is_exact=True, note=note, strangest=strangest, **common)
            return display.plot(ax)
        plane = plane_of(mixture, rows, names, features)
        points = plane.rows(rows[chosen])
        return cls(
            points=np.column_stack([points, scores[chosen]]) if points.shape[1] == 1 else points,
            mixture=plane.mixture(mixture),
            is_exact=len(plane.axes) == mixture.n_features,
            note=" · ".join(part for part in (plane.note, note) if part),
            **common,
        ).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw, again if wanted, on `ax` or on those of a new pyplot figure."""
        ax = axes_or_new(ax)
        flagged = self.scores < self.offset
        size = float(np.clip(12_000.0 / max(len(self.points), 1), 5.0, 24.0))
        style = {"linewidth": 0.0, "rasterized": len(self.points) > 2_000}
        ax.scatter(*self.points[~flagged].T, s=size, color=NORMAL, alpha=0.6, zorder=2, gid="other rows", **style)
        ax.scatter(*self.points[flagged].T, s=max(size, 16.0), color=FLAGGED, zorder=4, gid="flagged rows", **style)
        held = self._draw_line(ax) if self.strangest is None else self._draw_strips(ax)
        self._number(ax, np.argsort(self.scores)[: min(LABELED, int(np.sum(flagged)))])
        if self.strangest is None:
            labels = self.mixture.feature_names or ("", "")
            ax.set_xlabel(labels[0], color=INK)
            ax.set_ylabel(labels[1] if self.mixture.n_features == 2 else "log density (nats)", color=INK)
        share = percent(self.n_flagged / self.n_rows) if self.n_flagged else ""
        notes = (f"{share} of them" if 0 < self.n_flagged < self.n_rows else "", self.note, held)
        title = f"{self.n_flagged:,} of {self.n_rows:,} rows are flagged"
        dress(ax, title, " · ".join(part for part in notes if part))
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _draw_strips(self, ax: Axes) -> str:
        """Draw the line across the strips of all components; far below it depths are drawn ever shorter."""
        above = self.points[:, 1]
        ax.axhline(0.0, color=FLAGGED, linewidth=1.2, linestyle="--", zorder=1, gid="line")
        most = max(float(above.max()), 1.0)
        if above.min() < -FARTHER * most:
            ax.set_yscale("symlog", linthresh=most)
        k = self.mixture.n_components
        ax.set_xlim(-0.6, k - 0.4)
        ax.set_xticks(range(0, k, -(-k // MOST_TICKS)))
        ax.set_xlabel("nearest component", color=INK)
        ax.set_ylabel("log density, above the line (nats)", color=INK)
        return "rows below the line are flagged"

    def _number(self, ax: Axes, positions: IntArray) -> None:
        """Write the numbers of some rows, the most unusual first, each where it hides none before it."""
        from matplotlib.patheffects import withStroke  # noqa: PLC0415  (optional extra)

        to_points = 72.0 / ax.figure.dpi
        places = ax.transData.transform(self.points[positions]) * to_points  # (n, 2)
        right_end = ax.get_window_extent().x1 * to_points
        written: list[tuple[float, float, float]] = []  # left and right ends, and heights
        for position, (x, y) in zip(positions, places, strict=True):
            text = f"row {self.numbers[position]}"
            if self.strangest is not None:
                text += f": {self.strangest[position]}"
            width = 0.6 * LETTERS * len(text)
            is_left = x + 5.0 + width > right_end
            left = x - 5.0 - width if is_left else x + 5.0
            if any(left < end and begin < left + width and abs(y - at) < 1.3 * LETTERS for begin, end, at in written):
                continue
            written.append((left, left + width, y))
            style = {"xytext": (-5 if is_left else 5, 4), "ha": "right" if is_left else "left", "fontsize": LETTERS}
            halo = [withStroke(linewidth=2.5, foreground="white")]
            place = {"textcoords": "offset points", "zorder": 5, "path_effects": halo}
            ax.annotate(text, self.points[position], color=INK, **style, **place)

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
