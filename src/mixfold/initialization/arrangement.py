"""The order of rows in memory: where components are many, an engine is quicker on neighbors side by side."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from mixfold.fold import SAMPLE_ROWS, Fold
from mixfold.fold.known import KnownByThread
from mixfold.fold.sampling import seeded
from mixfold.initialization.kmeans import GROUP_STEPS, MANY, KMeans
from mixfold.potentials import Potentials
from mixfold.sources import ArraySource, in_memory
from mixfold.structures import SPHERICAL


def side_by_side(fold: Fold, n_components: int) -> Fold:
    """Give a fold over the rows in an order in which those of about sqrt(K) clusters lie together.

    So rows of a component lie in few chunks, and an engine that rules components out from where several rows are
    (`native/score_bounds.hpp`) finds them there. A copy of the rows is made; the fold itself is given where components
    are few, rows are few, in files or seen in part, or the engine has no use for it.

    Parameters
    ----------
    fold : Fold
    n_components : int

    Returns
    -------
    fold : Fold

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.initialization import side_by_side
    >>> fold = Fold.of_rows(np.zeros((20_000, 2)))
    >>> side_by_side(fold, n_components=100) is fold
    True
    """
    source = fold.source
    if n_components < MANY or source.n_rows <= SAMPLE_ROWS or not source.is_in_memory:
        return fold
    if fold.engine.batch is None or not fold.is_complete or fold.is_over:
        return fold
    random_state = seeded(0)
    sketch = fold.on_rows(fold.sample(random_state))
    groups = KMeans(1, GROUP_STEPS)(sketch, round(math.sqrt(n_components)), SPHERICAL, random_state)
    order = np.argsort(np.asarray(fold.labels(Potentials.nearest(groups.means))), kind="stable")
    rows = in_memory(source).take(order)
    return replace(fold, source=ArraySource(rows.values, rows.marks), known=KnownByThread())
