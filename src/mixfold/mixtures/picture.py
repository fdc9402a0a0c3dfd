"""The components of a mixture as a picture: SVG, which needs no library."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np

from mixfold.typing import FloatArray

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture

WIDTH, HEIGHT, MARGIN = 260, 200, 22
"""In pixels; names of features stand in the margin."""
REACH = 2.5
"""Standard deviations around each mean that the picture shows."""
N_POINTS = 201
"""Of a curve."""
MOST_COMPONENTS = 200
"""How many are drawn: those of the largest weight."""
INK = "#33608c"


def picture_of(mixture: Mixture) -> str:
    """Draw a mixture: the density of one feature, or of more an ellipse of two standard deviations a component.

    The two features are those whose means lie furthest apart, in units of their deviation within components. The
    heavier a component, the darker its ellipse.

    Parameters
    ----------
    mixture : Mixture

    Returns
    -------
    picture : str
        An element ``svg``, in which names are escaped.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures.picture import picture_of
    >>> picture_of(Mixture([0.5, 0.5], [[0.0], [4.0]], [1.0, 1.0], "spherical")).count("<path")
    1
    """
    features = _features_apart(mixture)
    names = [str(mixture.feature_names[at]) if mixture.feature_names else f"x{at}" for at in features]
    drawn = _curve(mixture) if len(features) == 1 else _ellipses(mixture.marginal([int(at) for at in features]))
    title = f"{mixture.n_components} components" if mixture.n_components > 1 else "1 component"
    across = f'<text x="{WIDTH / 2}" y="{HEIGHT - 6}" text-anchor="middle">{html.escape(names[0])}</text>'
    upward = ""
    if len(names) > 1:
        at = f"translate(14 {HEIGHT / 2}) rotate(-90)"
        upward = f'<text transform="{at}" text-anchor="middle">{html.escape(names[1])}</text>'
    frame = (
        f'<rect x="{MARGIN}" y="2" width="{WIDTH - MARGIN - 2}" height="{HEIGHT - MARGIN - 2}" fill="none" '
        'stroke="#999" stroke-width="0.5"/>'
    )
    return (
        f'<svg role="img" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" font-size="11" '
        f'fill="currentColor" font-family="sans-serif"><title>{title}</title>{drawn}{frame}{across}{upward}</svg>'
    )


def _features_apart(mixture: Mixture) -> FloatArray:
    """Choose the two features that tell components apart, in their order."""
    within = np.sqrt(mixture.weights @ mixture.deviations**2)
    between = np.sqrt(mixture.weights @ (mixture.means - mixture.mean) ** 2)
    return np.sort(np.argsort(-between / within, kind="stable")[:2])


def _curve(mixture: Mixture) -> str:
    low, high = _ends(mixture)
    x = np.linspace(low[0], high[0], N_POINTS)
    density = np.exp(np.asarray(mixture.log_density(x[:, None])))
    places = _placed(np.column_stack([x, density]), np.array([low[0], 0.0]), np.array([high[0], 1.05 * density.max()]))
    line = " L".join(f"{left:.1f} {top:.1f}" for left, top in places)
    return f'<path d="M{line}" fill="none" stroke="{INK}" stroke-width="1.5"/>'


def _ellipses(mixture: Mixture) -> str:
    low, high = _ends(mixture)
    heaviest = np.argsort(-mixture.weights, kind="stable")[:MOST_COMPONENTS]
    scale = np.array([WIDTH - MARGIN - 2, -(HEIGHT - MARGIN - 2)]) / (high - low)
    centers = _placed(mixture.means, low, high)
    drawn = []
    for k in heaviest:
        values, vectors = np.linalg.eigh(mixture.component_covariances[k] * np.outer(scale, scale))
        radii = 2.0 * np.sqrt(np.maximum(values, 0.0))
        angle = np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1]))
        opacity = 0.1 + 0.5 * mixture.weights[k] / mixture.weights[heaviest[0]]
        left, top = centers[k]
        drawn.append(
            f'<ellipse cx="{left:.1f}" cy="{top:.1f}" rx="{radii[1]:.1f}" ry="{radii[0]:.1f}" '
            f'transform="rotate({angle:.1f} {left:.1f} {top:.1f})" fill="{INK}" fill-opacity="{opacity:.2f}" '
            f'stroke="{INK}" stroke-width="0.8"/>'
        )
    return "".join(drawn)


def _ends(mixture: Mixture) -> tuple[FloatArray, FloatArray]:
    met = mixture.weights > 0.0
    reach = REACH * mixture.deviations[met]
    return np.min(mixture.means[met] - reach, axis=0), np.max(mixture.means[met] + reach, axis=0)


def _placed(points: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Give the pixels of points (n, 2): from the left, and from the top."""
    shares = (points - low) / (high - low)
    left = MARGIN + shares[:, 0] * (WIDTH - MARGIN - 2)
    top = 2 + (1.0 - shares[:, 1]) * (HEIGHT - MARGIN - 2)
    return np.column_stack([left, top])
