"""Components of one cluster are merged before clusters are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.datasets import load_wine, make_blobs, make_moons
from sklearn.metrics import adjusted_rand_score

from mixfold import AutoGaussianMixture, GaussianMixture, Mixture
from mixfold.datasets import load_faithful
from mixfold.errors import InputError
from mixfold.search import CombinedComponents, elbow, has_one_mode

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
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.full(5, 0.4), size=80)
    combined = CombinedComponents.of_responsibilities(shares)
    current = shares
    for size in range(5, 1, -1):
        assert combined.entropies[size - 1] == pytest.approx(entropy(current))
        options = []
        for i in range(size):
            for j in range(i + 1, size):
                union = np.delete(current, j, axis=1)
                union[:, i] = current[:, i] + current[:, j]
                options.append((entropy(union), union))
        current = min(options, key=lambda option: option[0])[1]
    assert combined.entropies[0] == pytest.approx(0.0, abs=1e-12)


def test_weights_count_as_rows() -> None:
    rng = np.random.default_rng(0)
    shares, counts = rng.dirichlet(np.ones(4), size=30), rng.integers(0, 4, 30)
    weighted = CombinedComponents.of_responsibilities(shares, counts.astype(float))
    repeated = CombinedComponents.of_responsibilities(np.repeat(shares, counts, axis=0))
    np.testing.assert_allclose(weighted.entropies, repeated.entropies, atol=1e-9)
    for size in range(1, 5):
        np.testing.assert_array_equal(weighted.groups(size), repeated.groups(size))


def test_groups_are_nested_and_numbered_by_their_first_component() -> None:
    rng = np.random.default_rng(0)
    combined = CombinedComponents.of_responsibilities(rng.dirichlet(np.ones(7), size=60))
    for size in range(1, 8):
        groups = combined.groups(size)
        assert list(dict.fromkeys(groups.tolist())) == list(range(size))
        if size > 1:
            pairs = {(int(fine), int(coarse)) for fine, coarse in zip(groups, combined.groups(size - 1), strict=True)}
            assert len(pairs) == size, "a cluster was torn apart"


def test_as_many_clusters_as_components_are_the_components() -> None:
    model = GaussianMixture(3, random_state=0).fit(SHAPES)
    labels = model.cluster_labels(SHAPES, 3)
    assert adjusted_rand_score(labels, model.predict(SHAPES)) == 1.0


def test_clear_clusters_stay_as_many_as_they_are() -> None:
    rows, truth = make_blobs(800, n_features=4, centers=8, cluster_std=1.0, random_state=0)
    model = GaussianMixture(8, random_state=0).fit(rows)
    assert np.mean(np.max(model.predict_proba(rows), axis=1) > 0.99) > 0.9
    assert adjusted_rand_score(truth, model.cluster_labels(rows)) > 0.95


def test_three_wines_stay_three() -> None:
    wine = load_wine()
    rows = (wine.data - wine.data.mean(axis=0)) / wine.data.std(axis=0)
    labels = GaussianMixture(3, covariance_type="diag", random_state=0).fit(rows).cluster_labels(rows)
    assert adjusted_rand_score(wine.target, labels) > 0.85


def test_components_of_one_cluster_are_merged_unasked() -> None:
    rows = load_faithful().data  # of three components two share the long eruptions
    model = AutoGaussianMixture(range(1, 5), covariance_types=["tied"], tie_break=None, random_state=0).fit(rows)
    assert (model.n_components_, model.n_clusters_) == (3, 2)
    assert np.max(model.cluster_labels(rows)) == 1


@pytest.mark.parametrize(("apart", "n_clusters"), [(1.8, 1), (2.2, 2)])
def test_two_normals_are_one_cluster_where_their_density_has_one_mode(apart: float, n_clusters: int) -> None:
    mixture = Mixture([0.5, 0.5], [[0.0], [apart]], [1.0, 1.0], "spherical")
    combined = CombinedComponents.of(mixture, mixture.sample(40_000, random_state=0)[0])
    assert combined.misclassified[0] == pytest.approx(norm.cdf(-0.5 * apart), abs=0.01)
    assert combined.n_clusters == n_clusters


def test_merging_ends_before_the_first_two_clusters_that_are_apart() -> None:
    # The two of the middle share half of their rows, and nothing with the others.
    rng = np.random.default_rng(0)
    shares = np.zeros((400, 4))
    shares[:100, 0] = shares[300:, 3] = 1.0
    shares[100:300, 1:3] = rng.dirichlet([0.5, 0.5], 200)
    combined = CombinedComponents.of_responsibilities(shares)
    assert combined.n_clusters == 3
    assert combined.groups().tolist() == [0, 1, 1, 2]
    assert combined.misclassified[1] < combined.misclassified[2]


def line(n: int, seed: int) -> np.ndarray:
    """Rows along a curve without noise, which any number of Gaussians only cut into pieces."""
    along = np.random.default_rng(seed).uniform(0.0, 2.0, n)
    return np.column_stack([along, np.sin(along)])


def test_pieces_of_one_shape_between_which_nothing_is_missing_are_one_cluster() -> None:
    rows = line(600, 0)
    model = GaussianMixture(5, random_state=0).fit(rows)
    by_shares = CombinedComponents.of_responsibilities(model.predict_proba(rows))
    assert by_shares.n_clusters > 1
    assert CombinedComponents.of(model.mixture_, rows).n_clusters == 1
    assert np.all(model.cluster_labels(rows) == 0)


def test_a_gap_keeps_pieces_apart() -> None:
    rows = np.concatenate([line(400, 0), line(400, 1) + np.array([0.0, 3.0])])
    model = GaussianMixture(8, random_state=0).fit(rows)
    labels = model.cluster_labels(rows)
    assert adjusted_rand_score(np.repeat([0, 1], 400), labels) == 1.0


def test_gaussians_that_overlap_stay_two_though_a_dip_between_them_cannot_be_seen() -> None:
    mixture = Mixture([0.4, 0.4, 0.2], [[0.0], [2.6], [60.0]], [1.0, 1.0, 1.0], "spherical")
    rows = mixture.sample(300, random_state=0)[0]
    assert has_one_mode(rows[rows[:, 0] < 30.0, 0])
    assert CombinedComponents.of(mixture, rows).n_clusters == 3


def test_a_gap_before_few_rows_is_not_lost_among_many() -> None:
    # Three pieces of a long strip, and a short one behind a gap: of all rows the dip would see one mode.
    long, short = np.linspace(0.0, 30.0, 2000), np.linspace(31.0, 31.5, 30)
    rows = np.concatenate([long, short])[:, None]
    pieces = np.concatenate([np.minimum(long // 10.0, 2.0), np.full(30, 3.0)]).astype(int)
    assert has_one_mode(rows[:, 0])
    combined = CombinedComponents.of_responsibilities(np.eye(4)[pieces], rows=rows)
    assert combined.groups().tolist() == [0, 0, 0, 1]


def test_skewed_rows_are_one_cluster_though_their_components_share_few_rows() -> None:
    rows = np.random.default_rng(2).exponential(size=(400, 2))
    mixture = GaussianMixture(2, random_state=0).fit(rows).mixture_
    assert CombinedComponents.of_responsibilities(mixture.responsibilities(rows), rows=rows).n_clusters == 2
    assert CombinedComponents.of(mixture, rows).n_clusters == 1


@pytest.mark.parametrize("n_components", [2, 4])
def test_flat_rows_are_one_cluster(n_components: int) -> None:
    rows = np.random.default_rng(0).uniform(size=(1000, 1))
    mixture = GaussianMixture(n_components, random_state=0).fit(rows).mixture_
    assert CombinedComponents.of_responsibilities(mixture.responsibilities(rows)).n_clusters == n_components
    assert CombinedComponents.of(mixture, rows).n_clusters == 1


def rings(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows on two rings around one center."""
    random = np.random.default_rng(seed)
    inner = np.arange(n) < n // 3
    angle, radius = random.uniform(0.0, 2.0 * np.pi, n), np.where(inner, 1.0, 2.5) + 0.1 * random.normal(size=n)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]), inner


def test_rings_come_out_whole() -> None:
    rows, inner = rings(600, 0)
    mixture = GaussianMixture(14, random_state=0).fit(rows).mixture_
    combined = CombinedComponents.of(mixture, rows)
    assert combined.n_clusters == 2
    assert adjusted_rand_score(inner, combined.labels(mixture.responsibilities(rows))) > 0.99


def test_crescents_come_out_whole() -> None:
    rows, moon = make_moons(500, noise=0.06, random_state=0)
    mixture = GaussianMixture(8, random_state=0).fit(rows).mixture_
    combined = CombinedComponents.of(mixture, rows)
    assert combined.n_clusters == 2
    assert adjusted_rand_score(moon, combined.labels(mixture.responsibilities(rows))) > 0.95


def test_three_long_gaussians_end_to_end_are_no_curve() -> None:
    mixture = Mixture([0.4, 0.3, 0.3], [[0.0, 0.0], [9.0, 0.0], [18.0, 0.0]], [[9.0, 1.0]] * 3, "diag")
    rows = mixture.sample(600, random_state=0)[0]
    assert CombinedComponents.of(mixture, rows).n_clusters == 3


def test_weights_that_count_rows_are_rows_and_others_say_nothing_of_gaps() -> None:
    rng = np.random.default_rng(0)
    rows = line(300, 0)
    mixture = GaussianMixture(4, random_state=0).fit(rows).mixture_
    counts = rng.integers(1, 3, 300).astype(float)
    counted = CombinedComponents.of(mixture, rows, counts)
    repeated = CombinedComponents.of(mixture, np.repeat(rows, counts.astype(int), axis=0))
    assert counted.n_clusters == repeated.n_clusters
    np.testing.assert_array_equal(counted.groups(), repeated.groups())
    shares = mixture.responsibilities(rows)
    halves = CombinedComponents.of(mixture, rows, counts / 2.0)
    assert halves.n_clusters == CombinedComponents.of_responsibilities(shares, counts / 2.0).n_clusters


def test_new_rows_get_the_clusters_that_the_fit_found(tmp_path: Path) -> None:
    rows = np.concatenate([line(300, 0), line(300, 1) + np.array([0.0, 3.0])])
    model = AutoGaussianMixture([6], covariance_types=["full"], random_state=0).fit(rows)
    assert model.n_clusters_ == 2 == len(set(model.clusters_))
    new = line(40, 2) + np.array([0.0, 3.0])
    assert len(set(model.cluster_labels(new))) == 1
    assert set(model.cluster_labels(new)) == set(model.cluster_labels(rows[300:]))
    model.save(tmp_path / "model.npz")
    np.testing.assert_array_equal(AutoGaussianMixture.load(tmp_path / "model.npz").clusters_, model.clusters_)


def test_a_component_without_rows_is_no_error() -> None:
    shares = np.column_stack([np.ones(5), np.zeros(5)])
    assert CombinedComponents.of_responsibilities(shares).n_clusters == 2


@pytest.mark.parametrize(
    ("entropies", "expected"), [([0.0], 1), (np.array([0.0, 3.0]), 2), ([0, 0.1, 0.2, 0.3, 5, 10], 4)]
)
def test_the_elbow_is_where_two_lines_meet(entropies: list[float], expected: int) -> None:
    assert elbow(np.array(entropies)) == expected


@pytest.mark.parametrize("n_clusters", [0, 4, 1.5, "two"])
def test_numbers_of_clusters_out_of_range_are_refused(n_clusters: object) -> None:
    mixture = Mixture([0.4, 0.3, 0.3], [[0.0], [1.0], [9.0]], [1.0, 1.0, 1.0], "spherical")
    with pytest.raises(InputError, match="from 1 to the number of components, 3"):
        CombinedComponents.of(mixture, [[0.0], [9.0]]).groups(n_clusters)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_rows_in_other_units_have_the_same_clusters(seed: int) -> None:
    rows = load_wine().data
    units = np.exp(np.random.default_rng(seed).normal(0.0, 3.0, rows.shape[1]))
    before, after = (
        CombinedComponents.of(GaussianMixture(4, random_state=0).fit(some).mixture_, some)
        for some in (rows, rows * units)
    )
    assert before.n_clusters == after.n_clusters == 4
    np.testing.assert_array_equal(before.groups(2), after.groups(2))
    np.testing.assert_allclose(after.p_values, before.p_values, rtol=1e-6)
