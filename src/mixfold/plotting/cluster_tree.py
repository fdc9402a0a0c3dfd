"""`ClusterTreeDisplay`: how components merge into clusters, and how far apart the two of each split are."""

from __future__ import annotations

from typing import Self, final

import numpy as np

from mixfold.estimators.clusters import p_value_in_words
from mixfold.plotting.canvas import INK, Axes, axes_or_new, dress
from mixfold.plotting.combined import CombinedDisplay
from mixfold.plotting.palette import HUES
from mixfold.typing import FloatArray

MOST_TOLD = 6
"""Splits, from the top, of which numbers are written."""


@final
class ClusterTreeDisplay(CombinedDisplay):
    """The tree of components: merged from the bottom up, with the clusters below the line in colors.

    Beside a split is how much of the rows of one of its two clusters the other is expected to take, and the p-value of
    one mode between them. What a person knows may cut it elsewhere: ``cluster_labels(X, n_clusters)``.

    Parameters
    ----------
    combined : CombinedComponents
    n_clusters : int, optional
        The number of clusters that is shown; by default that of `combined`.

    Examples
    --------
    >>> from mixfold import GaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.plotting import ClusterTreeDisplay, new_figure
    >>> X = load_faithful().data
    >>> model = GaussianMixture(5, random_state=0).fit(X)
    >>> display = ClusterTreeDisplay.from_estimator(model, X, ax=new_figure().subplots())
    >>> display.ax_.get_title("left")
    'Two clusters of five components'
    """

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw, again if wanted, on `ax` or on those of a new pyplot figure."""
        ax = axes_or_new(ax)
        k, tree = self.combined.n_components, self.combined.tree
        groups = self.combined.groups(self.n_clusters)
        places = {leaf: float(place) for place, leaf in enumerate(_leaves(tree, k))}
        heights: dict[int, float] = dict.fromkeys(range(k), 0.0)
        cluster = {leaf: int(groups[leaf]) for leaf in range(k)}
        for step, (one, other) in enumerate(tree[:, :2].astype(int), start=1):
            name, is_below = k + step - 1, step <= k - self.n_clusters
            color = HUES[cluster[one] % len(HUES)] if is_below else INK
            x = [places[one], places[one], places[other], places[other]]
            y = [heights[one], step, step, heights[other]]
            gid = "within" if is_below else "between"
            ax.plot(x, y, color=color, linewidth=1.6, solid_joinstyle="round", gid=gid)
            places[name], heights[name] = 0.5 * (places[one] + places[other]), float(step)
            cluster[name] = cluster[one]
            if step > k - 1 - MOST_TOLD:
                # On paper of its own, where it is wider than the split.
                paper = {"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 1.0}
                style = {"ha": "center", "va": "top", "fontsize": 8, "color": INK, "bbox": paper, "zorder": 4}
                ax.text(places[name], step - 0.12, self._told(k - step), **style)
        for leaf in range(k):
            ax.scatter(places[leaf], 0.0, s=34.0, color=HUES[groups[leaf] % len(HUES)], zorder=3, gid="leaf")
        ax.axhline(k - self.n_clusters + 0.5, color=INK, linewidth=1.0, linestyle=(0, (4, 3)), alpha=0.6, gid="cut")
        dress(ax, self.title, "beside a split: rows that one takes of the other, p-value of one mode · dashed: the cut")
        leaves = sorted(range(k), key=lambda leaf: places[leaf])
        ax.set_xticks(range(k), [str(leaf) for leaf in leaves])
        ax.set_xlabel("component", color=INK)
        ax.set_yticks(range(k), [str(k - step) for step in range(k)])
        ax.set_ylabel("number of clusters", color=INK)
        ax.set_ylim(-0.35, k - 0.4)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _told(self, n_after: int) -> str:
        """Say how far apart the two clusters are that become one when there are `n_after`."""
        misclassified, p_value = self.combined.misclassified[n_after - 1], self.combined.p_values[n_after - 1]
        shared = 100.0 * misclassified
        told = "< 0.1 %" if shared < 0.1 else f"{shared:.2g} %"
        return told if np.isnan(p_value) else f"{told}, {p_value_in_words(p_value)}"


def _leaves(tree: FloatArray, k: int) -> list[int]:
    """Give the components in the order in which no lines of the tree cross."""
    below: dict[int, list[int]] = {leaf: [leaf] for leaf in range(k)}
    for step, (one, other) in enumerate(tree[:, :2].astype(int)):
        below[k + step] = below[one] + below[other]
    return below[2 * k - 2]
