"""`SegmentationDisplay`: an image beside its segments, and what each segment is."""

from __future__ import annotations

from typing import Any, Self, final

import numpy as np

from mixfold.plotting.canvas import INK, QUIET, Axes, axes_or_new, dress, percent
from mixfold.plotting.palette import colors_of
from mixfold.typing import Array, FloatArray

MOST_PIXELS = 1024
"""Larger images are drawn coarser, by leaving pixels out."""
MOST_IN_LEGEND = 24


@final
class SegmentationDisplay:
    """The labels of an image, and a legend with the mean color and the share of each segment.

    Parameters
    ----------
    labels : ndarray of int of shape (height, width)
    mean_colors : ndarray of shape (n_segments, n_channels)
    n_pixels : ndarray of int of shape (n_segments,)
    channels : tuple of str
        Names of the channels; red, green and blue are shown as a color, one channel as a gray.
    white : float
        The value of full light in `mean_colors`, 255 for uint8.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.apps import segment
    >>> from mixfold.plotting import SegmentationDisplay, new_figure
    >>> image = np.zeros((20, 30), dtype=np.uint8)
    >>> image[5:15, 5:15] = 200
    >>> segmentation = segment(image, 2, random_state=0)
    >>> display = SegmentationDisplay.from_segmentation(segmentation, white=255.0, ax=new_figure().subplots())
    >>> display.ax_.get_title("left")
    'Two segments'
    """

    ax_: Axes
    figure_: Any

    def __init__(
        self, *, labels: Array, mean_colors: FloatArray, n_pixels: Array, channels: tuple[str, ...], white: float
    ) -> None:
        self.labels, self.mean_colors, self.n_pixels = labels, mean_colors, n_pixels
        self.channels = channels
        self.white = white

    @classmethod
    def from_segmentation(cls, segmentation: Any, *, white: float, ax: Axes | None = None) -> Self:
        """Draw a `Segmentation`.

        Parameters
        ----------
        segmentation : Segmentation
        white : float
            The value of full light, 255 for uint8.
        ax : matplotlib Axes, optional
            By default those of a new pyplot figure.

        Returns
        -------
        display : SegmentationDisplay
        """
        d = segmentation.mixture.n_features
        return cls(
            labels=segmentation.labels,
            mean_colors=segmentation.mean_colors,
            n_pixels=segmentation.n_pixels,
            channels=segmentation.mixture.feature_names or tuple(f"channel {index}" for index in range(d)),
            white=white,
        ).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw, again if wanted, on `ax` or on those of a new pyplot figure."""
        from matplotlib.patches import Rectangle  # noqa: PLC0415  (optional extra)

        ax = axes_or_new(ax)
        height, width = self.labels.shape
        step = -(-max(height, width) // MOST_PIXELS)
        colors = colors_of(len(self.mean_colors))
        ax.imshow(colors[self.labels[::step, ::step]], extent=(0, width, height, 0), interpolation="nearest")
        shares = self.n_pixels / self.n_pixels.sum()
        order = np.argsort(-shares, kind="stable")
        shown = order[:MOST_IN_LEGEND]
        line = 1.0 / max(len(shown) + 1, 10)  # of the height of the axes
        columns = {"label": 0.03, "mean": 0.1, "share": 0.19, f"mean of {', '.join(self.channels[:3])}": 0.27}
        for name, left in columns.items():
            self._write(ax, 1.0 + left, 1.0 - line / 2, name, QUIET)
        swatch = {"transform": ax.transAxes, "clip_on": False, "linewidth": 0.5, "edgecolor": QUIET}
        for place, segment in enumerate(shown):
            bottom = 1.0 - (place + 1.9) * line
            swatches = [(0.03, colors[segment]), (0.1, self._light(self.mean_colors[segment]))]
            for left, color in swatches:
                ax.add_patch(Rectangle((1.0 + left, bottom), 0.055, 0.8 * line, facecolor=color, **swatch))
            digits = ".1f" if self.white > 2.0 else ".4g"
            values = ", ".join(f"{value:{digits}}" for value in self.mean_colors[segment][:3])
            cells = {0.19: percent(shares[segment]), 0.27: values}
            for left, text in cells.items():
                self._write(ax, 1.0 + left, bottom + 0.4 * line, text, INK)
            self._write(ax, 1.058, bottom + 0.4 * line, str(segment), "white", ha="center", fontweight="bold")
        number = len(self.mean_colors)
        hidden = f" · {number - len(shown)} smaller segments are not in the legend" if number > len(shown) else ""
        counted = {1: "One segment", 2: "Two segments", 3: "Three segments"}.get(number, f"{number} segments")
        dress(ax, counted, f"{width:,} x {height:,} pixels{hidden}")
        ax.spines[:].set_visible(False)
        ax.set_xticks([])
        ax.set_yticks([])
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _light(self, mean: FloatArray) -> FloatArray:
        """Give a mean as a color: RGB as it is, else the gray of the first channel."""
        channels = mean if len(mean) == 3 else np.repeat(mean[:1], 3)
        return np.clip(channels / self.white, 0.0, 1.0)

    def _write(self, ax: Axes, x: float, y: float, text: str, color: str, **style: Any) -> None:
        ax.text(x, y, text, transform=ax.transAxes, va="center", fontsize=8.5, color=color, clip_on=False, **style)
