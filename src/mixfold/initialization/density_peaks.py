"""Clusters around rows that are dense and far from denser ones (Rodriguez & Laio 2014)."""

from __future__ import annotations

from typing import ClassVar, final

import numpy as np
from scipy.spatial.distance import cdist

from mixfold.fold import Fold
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray, IntArray

PEAK_ROWS = 2048
"""Rows that are compared pairwise; larger data are sampled."""
NEIGHBOR_SHARE = 0.02
"""The cut-off distance is this quantile of all pairwise distances, in the middle of the 1 to 2 % of the paper."""


@final
class DensityPeaks:
    """Peaks are the K rows of largest density times distance to a denser row; others follow their nearest denser row.

    Clusters may have any shape, which k-means cannot find. Larger data are represented by a sample.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.initialization import DensityPeaks
    >>> from mixfold.structures import DIAGONAL
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> DensityPeaks()(fold, 2, DIAGONAL, np.random.RandomState(0)).means.round(1).ravel()
    array([1., 9.])
    """

    name: ClassVar[str] = "density_peaks"

    def __call__(
        self, fold: Fold, n_components: int, structure: Structure, random_state: np.random.RandomState
    ) -> SufficientStatistics:
        """Cluster a bounded sample and give its statistics."""
        rows = fold.sample(random_state, max(PEAK_ROWS, n_components))
        shares = np.eye(n_components)[peak_labels(rows.values, rows.weights_or_ones, n_components)]
        return fold.on_rows(rows).centered_moments(lambda chunk: shares[chunk.span], n_components, structure)


def peak_labels(rows: FloatArray, weights: FloatArray, n_clusters: int) -> IntArray:
    """Cluster rows by density peaks.

    Parameters
    ----------
    rows : ndarray of shape (n, n_features)
    weights : ndarray of shape (n,)
    n_clusters : int
        At most n.

    Returns
    -------
    labels : ndarray of shape (n,)
        The densest peak is cluster 0.
    """
    distances = cdist(rows, rows)
    positive = distances[distances > 0.0]
    cutoff = float(np.quantile(positive, NEIGHBOR_SHARE)) if len(positive) else 1.0
    density = np.exp(-((distances / cutoff) ** 2)) @ weights
    order = np.argsort(-density, kind="stable")  # from dense to sparse
    denser = np.zeros(len(rows), dtype=np.intp)
    separation = np.empty(len(rows))
    separation[order[0]] = np.max(distances)
    for rank, row in enumerate(order[1:], start=1):
        before = order[:rank]
        denser[row] = before[np.argmin(distances[row, before])]
        separation[row] = distances[row, denser[row]]
    score = density * separation
    score[order[0]] = np.inf  # nothing is denser, so it can follow nobody
    peaks = np.argsort(-score, kind="stable")[:n_clusters]
    labels = np.full(len(rows), -1, dtype=np.intp)
    labels[peaks] = np.arange(n_clusters)
    for row in order:
        if labels[row] < 0:
            labels[row] = labels[denser[row]]
    return labels
