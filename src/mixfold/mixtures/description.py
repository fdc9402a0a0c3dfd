"""The numbers of a mixture for people: as text, and as a table of HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mixfold.typing import FloatArray

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture

MOST_FEATURES, MOST_COMPONENTS = 6, 40
"""How many a description shows; it says how many more there are."""
MOST_DECIMALS = 6


@final
@dataclass(frozen=True, slots=True)
class Description:
    """The weight of each component, and its mean ± standard deviation of each feature.

    Attributes
    ----------
    title : str
    weights : ndarray of shape (n_components,)
    means, deviations : ndarray of shape (n_components, n_features)
    feature_names : sequence of str or None

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.mixtures import Description
    >>> print(Description("Two", np.array([0.75, 0.25]), np.array([[0.0], [10.0]]), np.ones((2, 1)), ["size"]).text())
    Two
    component  weight          size
            0  0.7500   0.00 ± 1.00
            1  0.2500  10.00 ± 1.00
    """

    title: str
    weights: FloatArray
    means: FloatArray
    deviations: FloatArray
    feature_names: Sequence[str] | None

    def text(self) -> str:
        """Give lines of text, columns flush right."""
        lines = [self._head(), *self._body()]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        return "\n".join([self.title, *table, *self._rest()])

    def html(self, picture: str = "") -> str:
        """Give a table, which notebooks show, and beside it a picture in HTML; names are escaped."""
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in self._head())
        body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>" for line in self._body())
        rest = "".join(f"<p>{line}</p>" for line in self._rest())
        caption = f'<caption style="text-align: left">{html.escape(self.title)}</caption>'
        table = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}"
        row = "display: flex; flex-wrap: wrap; align-items: flex-start; gap: 1em"
        return f'<div style="{row}"><div>{table}</div>{picture}</div>' if picture else table

    def _head(self) -> list[str]:
        names = self.feature_names or [f"x{index}" for index in range(self.means.shape[1])]
        return ["component", "weight", *names[:MOST_FEATURES]]

    def _body(self) -> list[list[str]]:
        columns = [
            with_deviations(self.means[:MOST_COMPONENTS, index], self.deviations[:MOST_COMPONENTS, index])
            for index in range(min(self.means.shape[1], MOST_FEATURES))
        ]
        shown = enumerate(self.weights[:MOST_COMPONENTS])
        return [[str(k), f"{weight:.4f}", *(column[k] for column in columns)] for k, weight in shown]

    def _rest(self) -> list[str]:
        k, d = self.means.shape
        rest = [(k - MOST_COMPONENTS, "component"), (d - MOST_FEATURES, "feature")]
        return [f"... and {more} more {what}{'s' * (more > 1)}" for more, what in rest if more > 0]


def description_of(mixture: Mixture) -> Description:
    """Give the description of a mixture, its sizes and family in the title.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures.description import description_of
    >>> description_of(Mixture([1.0], [[0.0]], [1.0], "spherical")).title
    "Mixture of 1 component in 1 feature, covariance_type='spherical', 2 free parameters"
    """
    k, d = mixture.means.shape
    title = (
        f"Mixture of {k} component{'s' * (k > 1)} in {d} feature{'s' * (d > 1)}, "
        f"covariance_type={mixture.covariance_type!r}, {mixture.n_parameters} free parameters"
    )
    return Description(title, mixture.weights, mixture.means, mixture.deviations, mixture.feature_names)


def with_deviations(means: FloatArray, deviations: FloatArray) -> list[str]:
    """Write means and deviations with as many decimals as give the smallest deviation three digits.

    Parameters
    ----------
    means, deviations : ndarray of shape (n,)

    Returns
    -------
    texts : list of str

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.mixtures import with_deviations
    >>> with_deviations(np.array([1.0, 20.0]), np.array([0.5, 4.0]))
    ['1.000 ± 0.500', '20.000 ± 4.000']
    """
    least = max(float(np.min(deviations)), np.finfo(np.float64).tiny)
    decimals = 2 - int(np.floor(np.log10(least)))
    kind = f".{max(decimals, 0)}f" if decimals <= MOST_DECIMALS else ".4g"
    return [f"{mean:{kind}} ± {deviation:{kind}}" for mean, deviation in zip(means, deviations, strict=True)]
