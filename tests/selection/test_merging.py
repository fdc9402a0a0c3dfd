"""Components of one cluster are merged before clusters are."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from mixfold import AutoGaussianMixture, GaussianMixture, Mixture
from mixfold.errors import InputError
from mixfold.selection import Merging, elbow

RNG = np.random.default_rng(0)
CROSS = np.concatenate([RNG.normal(size=(200, 2)) * scale for scale in ([5.0, 0.4], [0.4, 5.0])])
SHAPES = np.concatenate([CROSS, *(RNG.normal([x, 20.0 - x], 1.0, (200, 2)) for x in (0.0, 20.0))])
"""A cross, which takes two components, and two round clusters."""
TRUTH = np.repeat([0, 1, 2], [400, 200, 200])


def entropy(shares: np.ndarray) -> float:
    return -float(sum(t * np.log(t) for t in shares.ravel() if t > 0.0))


def test_a_cross_of_two_components_is_one_cluster() -> None:
    model = AutoGaussianMixture(range(1, 7), covariance_types=["full"], random_state=0).fit(SHAPES)
    assert model.n_components_ == 4
    assert adjusted_rand_score(TRUTH, model.cluster_labels(SHAPES, 3)) > 0.99
    assert adjusted_rand_score(TRUTH, model.predict(SHAPES)) < 0.9


def test_each_step_is_the_pair_that_lowers_the_entropy_most() -> None:
    shares = RNG.dirichlet(np.full(5, 0.4), size=80)
    merging = Merging.of_responsibilities(shares)
    current = shares
    for size in range(5, 1, -1):
        assert merging.entropies[size - 1] == pytest.approx(entropy(current))
        options = []
        for i in range(size):
            for j in range(i + 1, size):
                union = np.delete(current, j, axis=1)
                union[:, i] = current[:, i] + current[:, j]
                options.append((entropy(union), union))
        current = min(options, key=lambda option: option[0])[1]
    assert merging.entropies[0] == pytest.approx(0.0, abs=1e-12)


def test_weights_count_as_rows() -> None:
    shares, counts = RNG.dirichlet(np.ones(4), size=30), RNG.integers(0, 4, 30)
    weighted = Merging.of_responsibilities(shares, counts.astype(float))
    repeated = Merging.of_responsibilities(np.repeat(shares, counts, axis=0))
    np.testing.assert_allclose(weighted.entropies, repeated.entropies, atol=1e-9)
    for size in range(1, 5):
        np.testing.assert_array_equal(weighted.groups(size), repeated.groups(size))


def test_groups_are_nested_and_numbered_by_their_first_component() -> None:
    merging = Merging.of_responsibilities(RNG.dirichlet(np.ones(7), size=60))
    for size in range(1, 8):
        groups = merging.groups(size)
        assert list(dict.fromkeys(groups.tolist())) == list(range(size))
        if size > 1:
            pairs = {(int(fine), int(coarse)) for fine, coarse in zip(groups, merging.groups(size - 1), strict=True)}
            assert len(pairs) == size, "a cluster was torn apart"


def test_as_many_clusters_as_components_are_the_components() -> None:
    model = GaussianMixture(3, random_state=0).fit(SHAPES)
    labels = model.cluster_labels(SHAPES, 3)
    assert adjusted_rand_score(labels, model.predict(SHAPES)) == 1.0


@pytest.mark.parametrize(("entropies", "expected"), [([0.0], 1), ([0.0, 3.0], 2), ([0, 0.1, 0.2, 0.3, 5, 10], 4)])
def test_the_elbow_is_where_two_lines_meet(entropies: list[float], expected: int) -> None:
    assert elbow(np.array(entropies)) == expected


@pytest.mark.parametrize("n_clusters", [0, 4, 1.5, "two"])
def test_numbers_of_clusters_out_of_range_are_refused(n_clusters: object) -> None:
    mixture = Mixture([0.4, 0.3, 0.3], [[0.0], [1.0], [9.0]], [1.0, 1.0, 1.0], "spherical")
    with pytest.raises(InputError, match="from 1 to the number of components, 3"):
        Merging.of(mixture, [[0.0], [9.0]]).groups(n_clusters)  # type: ignore[arg-type]
