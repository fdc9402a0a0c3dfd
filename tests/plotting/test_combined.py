"""Both pictures of combined components show the estimator's own number of clusters, and say it in one way."""

from copy import copy

import pytest

from mixfold.plotting import ClusterTreeDisplay, EntropyDisplay
from mixfold.plotting.combined import CombinedDisplay
from mixfold.search import CombinedComponents

DISPLAYS = [EntropyDisplay, ClusterTreeDisplay]


@pytest.mark.parametrize("display", DISPLAYS)
def test_an_estimator_s_number_of_clusters_is_shown(display, faithful, ax):
    model, X = faithful
    asked = CombinedComponents.of(model.mixture_, X).n_components

    chosen = copy(model)
    chosen.n_clusters_ = asked
    shown = display.from_estimator(chosen, X, ax=ax)
    assert isinstance(shown, CombinedDisplay)
    assert shown.n_clusters == asked
    assert ax.get_title("left") == shown.title
    assert display.from_estimator(chosen, X, n_clusters=1, ax=ax).title.startswith("One cluster of ")
