"""Many different starts: no single way of starting finds the best optimum of every data set.

They cycle through ways that find different optima, and look at a bounded sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice

import numpy as np

from mixfold.engines.groups import Group
from mixfold.initialization.kmeans import KMeans, rows_of_a_call
from mixfold.parameters import Parameters
from mixfold.search.sample import MOST_PAIRWISE_ROWS, OF_MANY_VALUES, WITHIN, Sample
from mixfold.search.start import Start
from mixfold.search.trajectory import EM_STEPS_PER_LOOK
from mixfold.statistics import SufficientStatistics
from mixfold.typing import FloatArray, IntArray

WAYS: tuple[tuple[str, int, float], ...] = (
    ("k-means", 0, 0.0),
    ("groups", 0, 0.3),
    ("k-means", 1, 0.0),
    ("wide groups", 0, 1.0),
    ("k-means++", 0, 0.0),
    ("random rows", 0, 0.0),
    ("groups", 1, 0.5),
    ("k-means++", 1, 0.0),
    ("k-means", 2, 0.0),
)
"""In which random starts are made, each once in a search of usual effort: in the first, the second or the last metric,
and groups of what share of an even split."""
STARTS_AT_A_TIME = 5
"""Starts that race together: when the best two of all meet on one optimum, no more are made. The first are cheap."""


def starting_values(
    sample: Sample,
    n_components: int,
    n_random: int,
    random_state: np.random.RandomState,
    *,
    with_alike: bool = True,
    shared_out: bool = False,
) -> Iterator[Start]:
    """Yield starts, in the sample's family.

    Parameters
    ----------
    sample : Sample
    n_components : int
    n_random : int
        Number of random starts; the components of equal covariance are added.
    random_state : RandomState
    with_alike : bool
        Whether the components of equal covariance, which are the same each time, come first.
    shared_out : bool
        Whether starts are what rows say that are shared out, and not what the sample's model makes of it: EM with that
        model begins with the same.
    """
    k, few = n_components, sample.part(MOST_PAIRWISE_ROWS, random_state)
    in_one_call = sample.part(rows_of_a_call(k, sample.rows.shape[1]), random_state)
    names = [name for name in sample.spaces if name not in (OF_MANY_VALUES, WITHIN)]
    metrics = names[0], names[-1], list(sample.spaces)[-1]

    def made(kind: str, metric: str, share: float) -> Start:
        rows: SufficientStatistics | Parameters
        if kind == "random rows":
            rows = random_rows(sample, k, random_state)
        elif share:
            rows = groups(few, k, metric, share, random_state)
        else:
            rows = kmeans(in_one_call, k, metric, random_state, 0 if kind == "k-means++" else EM_STEPS_PER_LOOK)
        return start(f"{kind}, {metric}" if kind != "random rows" else kind, rows)

    def start(name: str, rows: SufficientStatistics | Parameters) -> Start:
        if shared_out and isinstance(rows, Parameters):
            rows = sample.shared_out_as(rows)
        elif not shared_out and isinstance(rows, SufficientStatistics):
            rows = sample.model(k).maximize(rows)
        return Start(name, rows, sample.family)

    if with_alike:
        yield start("equal covariances", sample.alike(k))
    yield from (made(kind, metrics[at], share) for kind, at, share in islice(cycle(WAYS), n_random))


def kmeans(
    sample: Sample,
    n_components: int,
    metric_name: str,
    random_state: np.random.RandomState,
    n_steps: int = EM_STEPS_PER_LOOK,
) -> SufficientStatistics:
    """Share rows out between the clusters of a few Lloyd iterations from k-means++, in a metric."""
    space, structure = sample.spaces[metric_name], sample.family.structure
    clusters = KMeans(n_seedings=3 if n_steps else 1, max_iterations=n_steps)(
        sample.over_space(metric_name), n_components, structure, random_state
    )
    return space.statistics_back(clusters)


def groups(
    sample: Sample, n_components: int, metric_name: str, share: float, random_state: np.random.RandomState
) -> SufficientStatistics:
    """Give each component a random row and its nearest neighbors, `share` of an even split of all rows."""
    seeds = draw_rows(sample, n_components, random_state)
    return sample.shared_out(neighbors(sample.spaces[metric_name].rows, seeds, share / n_components))


def random_rows(sample: Sample, n_components: int, random_state: np.random.RandomState) -> Parameters:
    """Give components centered on random rows, with the data's covariance scaled to a K-th of its volume."""
    k, d = n_components, sample.rows.shape[1]
    means = sample.rows[draw_rows(sample, k, random_state)]
    covariances = np.repeat((k ** (-2.0 / d) * sample.scale)[None], k, axis=0)
    return Parameters(np.full(k, 1.0 / k), means, covariances)


def draw_rows(sample: Sample, n_rows: int, random_state: np.random.RandomState) -> IntArray:
    """Draw indices of rows in proportion to their weights, without replacement where there are enough."""
    n = len(sample.rows)
    if np.count_nonzero(sample.weights) < n_rows:
        return random_state.choice(n, n_rows, p=sample.weights / np.sum(sample.weights))
    with np.errstate(divide="ignore"):
        waits = random_state.exponential(size=n) / sample.weights  # who comes first, and then, and so on
    first = np.argpartition(waits, n_rows - 1)[:n_rows]
    return np.asarray(first[np.argsort(waits[first])])


def neighbors(space: FloatArray, seeds: IntArray, share: float) -> Group:
    """Give each of some rows those nearest to it: a share of all, but enough for a covariance."""
    n, d = space.shape
    return Group(space, seeds, min(n - 1, max(d + 2, int(share * n))))
