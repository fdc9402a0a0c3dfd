"""Views: computed once for a stratum, wherever it is first asked for."""

from __future__ import annotations

import pickle

import numpy as np

from mixfold.observations import Complete, Linear, View, Views
from mixfold.structures import DIAGONAL, FULL
from tests.examples import potentials_of


def test_a_view_is_computed_once() -> None:
    views = Views([Complete(), Linear(noise=np.array(1.0))], potentials_of(DIAGONAL, 2, 3))
    assert views.of(1) is views.of(1)


def test_what_travels_does_not_grow_with_the_strata_that_were_asked_for() -> None:
    observations = [Linear.of_features(np.arange(8) != hidden) for hidden in range(8)]
    views = Views(observations, potentials_of(FULL, 5, 8))
    before = len(pickle.dumps(views))
    for stratum in range(8):
        views.of(stratum)
    assert len(pickle.dumps(views)) == before
    again = pickle.loads(pickle.dumps(views))
    np.testing.assert_array_equal(again.of(3).gain, views.of(3).gain)


def test_rows_seen_as_they_are_need_the_scatter_that_is_asked_for_and_others_a_full_one() -> None:
    potentials = potentials_of(DIAGONAL, 2, 3)
    assert View(potentials).asked(DIAGONAL) == DIAGONAL
    assert Views([Linear(noise=np.array(1.0))], potentials).of(0).asked(DIAGONAL) == FULL


def test_complete_rows_need_no_components() -> None:
    views = Views([Complete()], potentials_of(DIAGONAL, 2, 3))
    assert views.of(0).potentials is views.potentials
    assert views.of(0).is_identity
