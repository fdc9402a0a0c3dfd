"""`RowsSeen`: pictures of what is known of rows beside their values: what they lack, which are odd, their errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Self

import numpy as np

from mixfold.engines import to_numpy
from mixfold.estimators.missing import unmasked
from mixfold.estimators.strata import Facts
from mixfold.mixtures import Mixture
from mixfold.plotting.report.drawing import themes
from mixfold.sources import ArraySource
from mixfold.typing import BoolArray, FloatArray, IntArray
from mixfold.validation import rows_of

MOST_FEATURES, MOST_STRIPS = 24, 48
"""Columns of the picture of missing values, those that lack most, and strips of rows."""
MOST_POINTS, MOST_BARS = 2000, 120
"""Rows that are drawn, and how many with their errors."""
WIDTH, HEIGHT, LEFT, BELOW = 720, 420, 64, 44
"""Of the picture of rows, and the room for its axes."""


@dataclass(frozen=True, slots=True)
class RowsSeen:
    """What is known of the rows of a page.

    Attributes
    ----------
    lacks : ndarray of bool of shape (n, n_features)
        Which values are missing.
    labels : ndarray of int of shape (n,)
        The cluster of each row; -1 where it belongs to none.
    deviations : ndarray of shape (n, n_features) or None
        Standard deviations of the errors that rows were measured with.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.plotting.report.rows_seen import RowsSeen
    >>> seen = RowsSeen(np.array([[True, False], [False, False]]), np.array([0, -1]), None)
    >>> seen.n_missing, seen.n_held_off
    (1, 1)
    """

    lacks: BoolArray
    labels: IntArray
    deviations: FloatArray | None = None

    @classmethod
    def of(cls, estimator: Any, X: Any, values: FloatArray, noise: Any = None) -> Self:
        """Ask an estimator which rows it holds off.

        Parameters
        ----------
        estimator : estimator with a `mixture_`
        X : array-like of shape (n_rows, n_features)
        values : ndarray of shape (n_rows, n_features)
            The same, NaN where one is missing.
        noise : array-like, optional
            As `GaussianMixture.fit` takes it.
        """
        said = {} if noise is None else {"noise": noise}
        labels = np.asarray(estimator.predict(X, **said)).astype(np.int64)
        variances = None if noise is None else Facts.of(ArraySource(values), noise).noise
        if variances is not None and variances.ndim == 3:
            variances = np.diagonal(variances, axis1=1, axis2=2)
        deviations = None if variances is None else np.broadcast_to(np.sqrt(variances), values.shape)
        return cls(np.isnan(values), labels, deviations)

    @property
    def n_missing(self) -> int:
        """How many values are missing."""
        return int(np.count_nonzero(self.lacks))

    @property
    def n_held_off(self) -> int:
        """How many rows belong to no cluster."""
        return int(np.count_nonzero(self.labels < 0))

    @property
    def has_rows(self) -> bool:
        """Whether there is more to draw of rows than their clusters."""
        return self.n_held_off > 0 or self.deviations is not None

    def in_order(self, order: IntArray) -> RowsSeen:
        """Give the same with features in another order."""
        deviations = None if self.deviations is None else self.deviations[:, order]
        return RowsSeen(self.lacks[:, order], self.labels, deviations)

    def missing_picture(self, names: Sequence[str]) -> str:
        """Draw where values are missing, as SVG: a column for each feature, and from above to below the rows."""
        shares = np.mean(self.lacks, axis=0)
        shown = np.sort(np.argsort(-shares, kind="stable")[:MOST_FEATURES])
        strips = [part for part in np.array_split(self.lacks, min(MOST_STRIPS, len(self.lacks))) if len(part)]
        high, wide = max(4.0, 240.0 / len(strips)), min(80.0, (WIDTH - LEFT) / len(shown))
        height = high * len(strips)
        parts = [_text(LEFT - 8, 34, "row 1", "end"), _text(LEFT - 8, 22 + height, f"{len(self.lacks):,}", "end")]
        for at, feature in enumerate(shown.tolist()):
            x = LEFT + at * wide
            parts.append(
                _text(x + 0.45 * wide, 16, f"{shares[feature]:.0%}" if shares[feature] >= 0.005 else "0", "middle")
            )
            parts.append(_box(x, 24, 0.9 * wide, height, "currentColor", 0.07))
            for place, strip in enumerate(strips):
                share = float(np.mean(strip[:, feature]))
                if share:
                    parts.append(_box(x, 24 + place * high, 0.9 * wide, high, "var(--accent)", 0.15 + 0.85 * share))
            label = escape(names[feature])
            turned = f'transform="rotate(35 {x + 0.2 * wide:.1f} {height + 40:.1f})"'
            parts.append(_text(x + 0.2 * wide, height + 40, label, "start", turned))
        said = f"{self.n_missing} values are missing; of each column, from the first row above to the last below"
        return _picture(WIDTH, height + 110.0, parts, said)

    def rows_picture(self, mixture: Mixture, rows: FloatArray, names: Sequence[str]) -> str:
        """Draw rows in two features as SVG: crosses belong to no cluster, lines are standard deviations of errors."""
        x, y = self._plane(mixture, rows)
        drawn = self._drawn(len(rows))
        points = rows[drawn][:, [x, y]] if x != y else np.stack([rows[drawn, x], self.labels[drawn]], axis=1)
        low, high = np.min(points, axis=0), np.max(points, axis=0)
        span = np.where(high > low, high - low, 1.0)
        low, span = low - 0.04 * span, 1.08 * span
        scale = np.array([WIDTH - LEFT - 12.0, -(HEIGHT - BELOW - 12.0)]) / span
        places = (points - low) * scale + [LEFT, HEIGHT - BELOW]
        colors, parts = (
            themes(mixture.n_components)[0],
            self._axes(low, span, (names[x], names[y] if x != y else "cluster")),
        )
        for at, (row, (across, down)) in enumerate(zip(drawn.tolist(), places.tolist(), strict=True)):
            label = int(self.labels[row])
            color = "currentColor" if label < 0 else colors[label]
            if self.deviations is not None and at < MOST_BARS:
                wide, tall = np.abs(self.deviations[row, [x, y]] * scale).tolist()
                parts.append(_line(across - wide, down, across + wide, down, color))
                parts += [_line(across, down - tall, across, down + tall, color)] if x != y else []
            if label < 0:
                parts.append(_line(across - 4, down - 4, across + 4, down + 4, color, 1.6, 1.0))
                parts.append(_line(across - 4, down + 4, across + 4, down - 4, color, 1.6, 1.0))
            else:
                parts.append(f'<circle cx="{across:.1f}" cy="{down:.1f}" r="2.4" fill="{color}" fill-opacity="0.65"/>')
        return _picture(WIDTH, HEIGHT, parts, f"{len(drawn)} rows; {self.n_held_off} of all belong to no cluster")

    def _plane(self, mixture: Mixture, rows: FloatArray) -> tuple[int, int]:
        """Choose the features in which rows that are held off lie farthest out, or else clusters differ most."""
        if rows.shape[1] == 1:
            return 0, 0
        total = np.maximum(np.var(rows, axis=0), np.finfo(np.float64).tiny)
        telling = mixture.weights @ (mixture.means - mixture.mean) ** 2 / total
        if self.n_held_off:
            telling = np.mean((rows[self.labels < 0] - np.median(rows, axis=0)) ** 2, axis=0) / total
        x, y = np.sort(np.argsort(-telling, kind="stable")[:2]).tolist()
        return int(x), int(y)

    def _drawn(self, n_rows: int) -> IntArray:
        """Choose rows, in an order that means nothing, those that are held off last and above the others."""
        order = np.random.default_rng(0).permutation(n_rows)
        is_odd = self.labels[order] < 0
        return np.concatenate([order[~is_odd][:MOST_POINTS], order[is_odd][:MOST_POINTS]])

    @staticmethod
    def _axes(low: FloatArray, span: FloatArray, names: tuple[str, str]) -> list[str]:
        right, bottom = WIDTH - 12.0, HEIGHT - BELOW
        parts = [_line(LEFT, bottom, right, bottom, "currentColor"), _line(LEFT, 12, LEFT, bottom, "currentColor")]
        for share in (0.04, 0.5, 0.96):
            value = low + share * span
            parts.append(_text(LEFT + share * (right - LEFT), bottom + 16, f"{value[0]:.4g}", "middle"))
            parts.append(_text(LEFT - 6, bottom - share * (bottom - 12) + 4, f"{value[1]:.4g}", "end"))
        parts.append(_text(0.5 * (LEFT + right), bottom + 36, escape(names[0]), "middle"))
        turned = f'transform="rotate(-90 14 {0.5 * bottom:.1f})"'
        return [*parts, _text(14, 0.5 * bottom, escape(names[1]), "middle", turned)]


def seen_of(estimator: Any, X: Any, noise: Any = None) -> tuple[RowsSeen | None, Any]:
    """Give what is known of rows beside their values, None where that is nothing, and the rows completed.

    Parameters
    ----------
    estimator : estimator with a `mixture_`
    X : array-like, data frame or tensor of shape (n_rows, n_features)
    noise : array-like, optional
        As `GaussianMixture.fit` takes it.
    """
    holds_off = vars(estimator).get("outlier_share_", 0.0) > 0.0
    values = to_numpy(rows_of(unmasked(X), estimator=estimator, n_features=estimator.mixture_.n_features, gaps=True))
    lacks = bool(np.isnan(values).any())
    if not (lacks or holds_off or noise is not None):
        return None, X
    return RowsSeen.of(estimator, X, values, noise), estimator.impute(X) if lacks else X


def _picture(width: float, height: float, parts: Sequence[str], said: str) -> str:
    style = f'style="max-width:{width:.0f}px;width:100%;height:auto;font-size:12px"'
    return f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{said}" {style}>{"".join(parts)}</svg>'


def _text(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor" {more}>{text}</text>'


def _box(x: float, y: float, wide: float, high: float, color: str, opacity: float) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.2f}"'
    return f'<rect {place} fill="{color}" fill-opacity="{opacity:.2f}"/>'


def _line(x: float, y: float, to_x: float, to_y: float, color: str, width: float = 1.0, opacity: float = 0.45) -> str:
    place = f'x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}"'
    return f'<line {place} stroke="{color}" stroke-width="{width}" stroke-opacity="{opacity}"/>'
