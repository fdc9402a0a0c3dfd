"""The picture shows the entropy of each number of clusters, and marks the choice."""

import numpy as np

from mixfold.plotting import EntropyDisplay
from mixfold.search import CombinedComponents

SHARES = np.random.default_rng(0).dirichlet(np.full(6, 0.3), size=100)


def test_heights_are_entropies_per_row(ax, drawn):
    combined = CombinedComponents.of_responsibilities(SHARES)
    EntropyDisplay(combined=combined).plot(ax)
    np.testing.assert_allclose(drawn(ax, "entropy").get_ydata(), combined.entropies / 100.0)


def test_the_ring_is_where_merging_ends_unless_told_otherwise(ax, drawn):
    combined = CombinedComponents.of_responsibilities(SHARES)
    display = EntropyDisplay(combined=combined).plot(ax)
    assert drawn(ax, "choice").get_offsets()[0, 0] == combined.n_clusters
    ax.clear()
    EntropyDisplay(combined=combined, n_clusters=2).plot(ax)
    assert drawn(ax, "choice").get_offsets()[0, 0] == 2
    assert ax.get_title("left") == "Two clusters of six components"
    assert display.combined is combined


def test_a_single_component_can_be_drawn(ax):
    EntropyDisplay(combined=CombinedComponents.of_responsibilities(np.ones((5, 1)))).plot(ax)
    assert ax.get_title("left") == "One cluster of one component"


def test_a_fitted_estimator_is_merged_on_its_rows(faithful, ax):
    model, X = faithful
    display = EntropyDisplay.from_estimator(model, X, ax=ax)
    np.testing.assert_allclose(display.combined.entropies, CombinedComponents.of(model.mixture_, X).entropies)


def test_the_dashed_lines_lie_over_the_curve_and_reach_beyond_it(ax, drawn):
    EntropyDisplay(combined=CombinedComponents.of_responsibilities(SHARES)).plot(ax)
    curve = drawn(ax, "entropy")
    dashed = [line for line in ax.get_lines() if line.get_gid() == "line"]
    assert dashed
    for line in dashed:
        assert line.get_zorder() > curve.get_zorder()
        assert line.get_linewidth() > curve.get_linewidth()
        assert line.get_color() != curve.get_color()
    assert min(line.get_xdata()[0] for line in dashed) < 1.0


def test_no_entropy_below_zero_has_room(ax):
    EntropyDisplay(combined=CombinedComponents.of_responsibilities(np.array([[0.9, 0.1], [0.2, 0.8]]))).plot(ax)
    low, high = ax.get_ylim()
    assert -0.05 * high <= low <= 0.0
