"""How many components a sweep tries that goes up by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mixfold.covariance import family_for
from mixfold.parameters import n_free_parameters, n_own_parameters
from mixfold.search.evidence import features_at_once

FEWEST_ROWS = 5
"""For each component on average."""


def most_components(n_rows: float, n_features: int, families: Sequence[str]) -> int:
    """Give the ceiling of a sweep that goes up by itself: the most components that may be an answer.

    A fifth of the rows; and as many as leave one of the families fewer free parameters than there are rows. Means alone
    take D numbers each, so that spheres of equal size are fewer than n / (D + 1), and full covariances far fewer. Where
    features are independent and rows fewer than a few for each, one feature counts (`features_at_once`).

    Parameters
    ----------
    n_rows : float
    n_features : int
    families : sequence of str

    Examples
    --------
    >>> from mixfold.search.ceiling import most_components
    >>> most_components(100, 2, ["EII"]), most_components(100, 9, ["EII"]), most_components(100, 9, ["full"])
    (20, 9, 1)
    >>> most_components(60, 40, ["EII"])
    12
    """

    def most(name: str) -> int:
        family = family_for(name)
        at_once = features_at_once(family, n_rows, n_features)
        one, each = n_free_parameters(family, 1, at_once), n_own_parameters(family, at_once)
        return math.ceil((n_rows - one) / (each + 1))

    return max(1, min(int(n_rows) // FEWEST_ROWS, max(most(name) for name in families)))
