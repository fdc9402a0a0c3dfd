"""`SegmentationDisplay`: an image beside its segments, and what each segment is."""

from __future__ import annotations

from typing import Any, Self, final

import numpy as np

from mixfold.plotting.canvas import QUIET, Axes, axes_or_new, counted, dress, percent
from mixfold.plotting.palette import colors_of
from mixfold.typing import Array, FloatArray, IntArray

MOST_PIXELS = 1024
"""Larger images are drawn coarser, by leaving pixels out."""
MOST_IN_LEGEND, MOST_CHANNELS = 24, 3
LETTERS = 8.5
"""Points of the letters of the legend."""


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
        ax = axes_or_new(ax)
        height, width = self.labels.shape
        step = -(-max(height, width) // MOST_PIXELS)
        colors = colors_of(len(self.mean_colors))
        ax.imshow(colors[self.labels[::step, ::step]], extent=(0, width, height, 0), interpolation="nearest")
        number = len(self.mean_colors)
        shown = self._in_legend(_lines_beside(ax))
        self._draw_legend(ax, shown, colors)
        left = number - len(shown)
        smaller = "one smaller segment is" if left == 1 else f"{left} smaller segments are"
        hidden = f" · {smaller} not in the legend" if left else ""
        dress(ax, counted(number, "segment"), f"{width:,} x {height:,} pixels{hidden}")
        ax.spines[:].set_visible(False)
        ax.set_xticks([])
        ax.set_yticks([])
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _in_legend(self, most: int) -> IntArray:
        """Give the largest segments, in the order of their labels."""
        return np.sort(np.argsort(-self.n_pixels, kind="stable")[:most])

    def _draw_legend(self, ax: Axes, shown: IntArray, colors: FloatArray) -> None:
        """Give a line for each segment: its color in the picture, its mean color, its number, share and mean."""
        from matplotlib.legend_handler import HandlerTuple  # noqa: PLC0415  (optional extra)
        from matplotlib.patches import Patch  # noqa: PLC0415

        shares = self.n_pixels / self.n_pixels.sum()
        digits = ".1f" if self.white > 2.0 else ".4g"
        border: dict[str, Any] = {"linewidth": 0.5, "edgecolor": QUIET}
        handles, texts = [], []
        for segment in shown:
            mean = self.mean_colors[segment]
            drawn = Patch(facecolor=tuple(colors[segment]), **border), Patch(facecolor=self._light(mean), **border)
            values = ", ".join(f"{value:{digits}}" for value in mean[:MOST_CHANNELS])
            handles.append(drawn)
            texts.append(f"{segment}: {percent(shares[segment])} · {values}")
        named = (
            ", ".join(self.channels) if len(self.channels) <= MOST_CHANNELS else f"the first {MOST_CHANNELS} channels"
        )
        ax.legend(
            handles,
            texts,
            title=f"label: share · mean of\n{named}",
            handler_map={tuple: HandlerTuple(ndivide=None, pad=0.4)},
            handlelength=3.2,
            handleheight=1.3,
            alignment="left",
            frameon=False,
            fontsize=LETTERS,
            title_fontproperties={"size": LETTERS},
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
        )

    def _light(self, mean: FloatArray) -> tuple[float, float, float]:
        """Give a mean as a color: RGB as it is, else the gray of the first channel."""
        channels = mean if len(mean) == 3 else np.repeat(mean[:1], 3)
        red, green, blue = np.clip(channels / self.white, 0.0, 1.0).tolist()
        return red, green, blue


def _lines_beside(ax: Axes) -> int:
    """Give how many lines a legend beside these axes has room for."""
    height = ax.get_position().height * ax.figure.get_figheight() * 72.0
    return int(np.clip(height / (1.8 * LETTERS) - 2.0, 1, MOST_IN_LEGEND))
