"""Cluster the chunks of a text by their embeddings, softly: the step of RAPTOR that its summaries are made of.

RAPTOR (Sarthi et al. 2024) reduces embeddings to some ten dimensions, fits a mixture for each number of clusters, takes
the one of least BIC, and puts a chunk into every cluster that it belongs to with a probability above a threshold. Here
one sweep finds the number, and stops when BIC has turned. No component collapses on equal chunks, and 97 000 chunks are
a matter of a minute or two.

    python -m examples.recipes.chunk_clusters [CHUNKS]
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
import numpy.typing as npt

from mixfold import AutoGaussianMixture

MOST_TO_CHOOSE_ON = 20_000
"""Chunks that the number of clusters is chosen on; the mixture of that number is then fitted to all."""


def mixture_of_chunks(embeddings: npt.ArrayLike, most: int = 50, random_state: int = 0, **settings: Any) -> Any:
    """Fit the mixture whose number of components has the least BIC.

    Parameters
    ----------
    embeddings : array-like of shape (n_chunks, n_dimensions)
        Reduced to few dimensions, as RAPTOR's are by UMAP.
    most : int
        Clusters at most.
    random_state : int
    **settings
        Of `AutoGaussianMixture`, such as ``n_jobs=2``.
    """
    rows = np.asarray(embeddings)
    most = min(most, len(rows) - 1)
    sampled = rows
    if len(rows) > MOST_TO_CHOOSE_ON:
        sampled = rows[np.random.default_rng(random_state).choice(len(rows), MOST_TO_CHOOSE_ON, replace=False)]
    settings = {"covariance_types": ["full"], "random_state": random_state, **settings}
    chosen = AutoGaussianMixture(range(1, most + 1), **settings).fit(sampled).best_estimator_
    if sampled is rows:
        return chosen
    start = {"weights_init": chosen.weights_, "means_init": chosen.means_, "precisions_init": chosen.precisions_}
    return type(chosen)(**{**chosen.get_params(), **start}).fit(rows)


def gmm_cluster(
    embeddings: npt.ArrayLike, threshold: float = 0.1, random_state: int = 0, most: int = 50
) -> tuple[list[npt.NDArray[np.intp]], int]:
    """Give the clusters of each chunk, several for some, and how many clusters there are: RAPTOR's ``GMM_cluster``."""
    mixture = mixture_of_chunks(embeddings, most, random_state)
    shares = mixture.predict_proba(np.asarray(embeddings))
    return [np.flatnonzero(row > threshold) for row in shares], mixture.n_components


def main(n_chunks: int) -> None:
    """Cluster chunks about 60 topics, and say how long it took."""
    random = np.random.default_rng(0)
    topics = random.normal(0.0, 3.0, (60, 12))
    chunks = topics[random.integers(60, size=n_chunks)] + random.normal(size=(n_chunks, 12))
    began = time.perf_counter()
    clusters, n_clusters = gmm_cluster(chunks, most=96)
    seconds = time.perf_counter() - began
    several = np.mean([len(one) > 1 for one in clusters])
    print(f"{n_chunks} chunks: {n_clusters} clusters, {several:.1%} of the chunks in several, {seconds:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 97_000)
