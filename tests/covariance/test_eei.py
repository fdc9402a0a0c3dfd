"""One diagonal for all: what is theirs alone."""

from __future__ import annotations

import numpy as np

from mixfold.covariance import Tied
from mixfold.covariance.eei import EEI
from tests.examples import NO_PRIOR, learned, statistics_of


def test_the_variances_are_the_diagonal_of_the_tied_covariance() -> None:
    tied = learned(Tied(), statistics_of(Tied(), 3, 4), NO_PRIOR)
    actual = learned(EEI, statistics_of(EEI, 3, 4), NO_PRIOR)
    np.testing.assert_allclose(actual, np.tile(np.diag(tied), (3, 1)), rtol=1e-11)


def test_parameters_are_counted() -> None:
    assert EEI.n_parameters(3, 4) == 4
