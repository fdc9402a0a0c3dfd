"""Complete rows are the identity."""

from __future__ import annotations

import numpy as np

from mixfold.engines import ArrayEngine
from mixfold.observations import Complete, Components
from mixfold.rows import Rows
from mixfold.structures import FULL
from tests.examples import blobs, potentials_of


def test_both_verbs_give_what_they_were_given() -> None:
    values, potentials = blobs(50, 3, 2)[0], potentials_of(FULL, 3, 2)
    components = Components.of(potentials)
    statistics = ArrayEngine().statistics(Rows(values), potentials, FULL)
    assert Complete().seen(values) is values
    assert Complete().down(components) is potentials
    assert Complete().up(statistics, components) is statistics
    assert np.array_equal(components.means, potentials.center)
