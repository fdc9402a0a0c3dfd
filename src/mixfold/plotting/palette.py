"""Colors and markers of components: safe for color-blind readers, readable on white.

The eight hues are those of Okabe & Ito (2008) without black, and without yellow, which white paper does not carry, and
two dark ones of Tol (2021). From the ninth component on they come again darker, then lighter, with another marker.
"""

from __future__ import annotations

import numpy as np

from mixfold.typing import FloatArray

HUES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#332288", "#882255")
SHADES = (0.0, -0.4, 0.45)
"""How far each round of hues goes towards black (negative) or white."""
MARKERS = "os^DvPX*"


def colors_of(n_components: int) -> FloatArray:
    """Give the color of each component, (n_components, 3), sRGB from 0 to 1.

    Examples
    --------
    >>> colors_of(2).round(2).tolist()
    [[0.0, 0.45, 0.7], [0.9, 0.62, 0.0]]
    """
    return np.array([_color(component) for component in range(n_components)])


def marker_of(component: int) -> str:
    """Give the marker of a component; the first eight share the circle.

    Examples
    --------
    >>> marker_of(7), marker_of(8)
    ('o', 's')
    """
    return MARKERS[component // len(HUES) % len(MARKERS)]


def blended(shares: FloatArray, colors: FloatArray) -> FloatArray:
    """Mix colors as light mixes: the mean of their linear intensities.

    Parameters
    ----------
    shares : ndarray of shape (n_rows, n_components)
        Rows sum to one.
    colors : ndarray of shape (n_components, 3)
        sRGB.

    Returns
    -------
    mixed : ndarray of shape (n_rows, 3)
        sRGB, by the power law 2.2 that approximates IEC 61966-2-1.

    Examples
    --------
    >>> blended(np.array([[0.5, 0.5]]), np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])).round(2)
    array([[0.73, 0.  , 0.73]])
    """
    return np.clip(shares @ colors**2.2, 0.0, 1.0) ** (1.0 / 2.2)


def _color(component: int) -> FloatArray:
    hue = HUES[component % len(HUES)]
    rgb = np.array([int(hue[at : at + 2], 16) / 255.0 for at in (1, 3, 5)])
    shade = SHADES[component // len(HUES) % len(SHADES)]
    return rgb * (1.0 + shade) if shade < 0.0 else rgb + (1.0 - rgb) * shade
