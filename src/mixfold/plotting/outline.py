"""The outline of a component: the smallest region that holds a chosen share of its probability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import chi2

from mixfold.errors import InputError
from mixfold.mixtures import Mixture
from mixfold.plotting.canvas import INK, Axes


def radius_of(mass: float, n_features: int) -> float:
    """Give the Mahalanobis radius within which a Gaussian has probability `mass`: the root of a chi-square quantile.

    Raises
    ------
    InputError
        If `mass` does not lie between 0 and 1.

    Examples
    --------
    >>> round(radius_of(0.5, 2), 4)
    1.1774
    """
    if not 0.0 < mass < 1.0:
        message = f"A probability mass must lie between 0 and 1, got {mass:g}. Use 0.9 for 90 %."
        raise InputError(message)
    return float(np.sqrt(chi2.ppf(mass, n_features)))


def draw_outlines(ax: Axes, mixture: Mixture, component: int, masses: Sequence[float], color: Any) -> None:
    """Draw the ellipses of a component in the plane, or its intervals as bars at the height of its number."""
    from matplotlib.patches import Ellipse  # noqa: PLC0415  (optional extra)

    mean, covariance = mixture.means[component], mixture.component_covariances[component]
    values, vectors = np.linalg.eigh(covariance)
    lengths = 2.0 * np.sqrt(values)
    for rank, mass in enumerate(sorted(masses)):
        radius = radius_of(mass, mixture.n_features)
        gid = f"outline {component} {mass:g}"
        if mixture.n_features == 1:
            reach = radius * lengths[0] / 2.0
            width = 5.0 / (1.0 + 1.5 * rank)
            ends = [mean[0] - reach, mean[0] + reach]
            ax.plot(ends, [component] * 2, color=color, linewidth=width, solid_capstyle="butt", zorder=3, gid=gid)
            continue
        angle = float(np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1])))
        size = {"width": radius * lengths[1], "height": radius * lengths[0], "angle": angle}
        style = {"linewidth": 1.8 / (1.0 + 0.4 * rank), "facecolor": "none", "edgecolor": color}
        ax.add_patch(Ellipse(tuple(mean), **size, **style, zorder=3, gid=gid))


def draw_center(ax: Axes, mixture: Mixture, component: int, color: Any) -> None:
    """Mark the mean of a component with its number."""
    x = mixture.means[component, 0]
    y = mixture.means[component, 1] if mixture.n_features == 2 else component
    size = 150.0 if mixture.n_components < 10 else 90.0
    ax.scatter([x], [y], s=size, color=[color], edgecolor="white", linewidth=1.4, zorder=4, gid=f"center {component}")
    # White letters on dark disks, dark letters on light ones: by the luminance of the disk.
    luminance = float(np.dot(np.asarray(color)[:3] ** 2.2, (0.2126, 0.7152, 0.0722)))
    text = {
        "fontsize": 8.5 if size > 100.0 else 6.5,
        "fontweight": "bold",
        "color": "white" if luminance < 0.4 else INK,
    }
    ax.text(x, y, str(component), ha="center", va="center_baseline", zorder=5, clip_on=True, **text)
