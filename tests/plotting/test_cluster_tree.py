"""The tree shows how components merge, what is below the cut in colors, and how far apart splits are."""

import numpy as np
import pytest

from mixfold.plotting import ClusterTreeDisplay
from mixfold.search import CombinedComponents

SHARES = np.random.default_rng(0).dirichlet(np.full(6, 0.3), size=100)


def lines(ax, gid):
    return [line for line in ax.get_lines() if line.get_gid() == gid]


@pytest.mark.parametrize("n_clusters", [1, 2, 6])
def test_what_is_below_the_cut_has_a_color_for_each_cluster(ax, n_clusters):
    ClusterTreeDisplay(combined=CombinedComponents.of_responsibilities(SHARES), n_clusters=n_clusters).plot(ax)
    assert (len(lines(ax, "within")), len(lines(ax, "between"))) == (6 - n_clusters, n_clusters - 1)
    (cut,) = lines(ax, "cut")
    assert all(max(line.get_ydata()) < cut.get_ydata()[0] for line in lines(ax, "within"))
    assert all(max(line.get_ydata()) > cut.get_ydata()[0] for line in lines(ax, "between"))
    leaves = [dot for dot in ax.collections if dot.get_gid() == "leaf"]
    assert len({tuple(dot.get_facecolor()[0]) for dot in leaves}) == n_clusters


def test_splits_say_how_far_apart_they_are(ax):
    rows = np.concatenate([np.linspace(0.0, 1.0, 50), np.linspace(5.0, 6.0, 50)])[:, None]
    combined = CombinedComponents.of_responsibilities(np.eye(2)[np.repeat([0, 1], 50)], rows=rows)
    ClusterTreeDisplay(combined=combined).plot(ax)
    assert "< 0.1 %, p < 0.001" in {text.get_text() for text in ax.texts}
    assert ax.get_title("left") == "Two clusters of two components"


def test_no_lines_cross(ax):
    ClusterTreeDisplay(combined=CombinedComponents.of_responsibilities(SHARES)).plot(ax)
    merges = lines(ax, "within") + lines(ax, "between")
    for merge in merges:
        low, height, high = merge.get_xdata()[0], merge.get_ydata()[1], merge.get_xdata()[-1]
        legs = [(other.get_xdata()[end], other.get_ydata()[end]) for other in merges for end in (0, -1)]
        assert not [x for x, end in legs if low < x < high and end > height]


def test_a_single_component_can_be_drawn(ax):
    ClusterTreeDisplay(combined=CombinedComponents.of_responsibilities(np.ones((5, 1)))).plot(ax)
    assert ax.get_title("left") == "One cluster of one component"


def test_a_fitted_estimator_is_merged_on_its_rows(faithful, ax):
    model, X = faithful
    display = ClusterTreeDisplay.from_estimator(model, X, ax=ax)
    np.testing.assert_array_equal(display.combined.tree, CombinedComponents.of(model.mixture_, X).tree)
