"""Boxes of equal volume along the features: what is theirs alone."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import Diag
from mixfold.covariance.evi import EVI
from mixfold.errors import CollapseError
from tests.examples import NO_PRIOR, learned, statistics_of, with_flat_component


def test_the_shapes_are_those_of_diag_and_the_volumes_equal() -> None:
    own = learned(Diag(), statistics_of(Diag(), 3, 4), NO_PRIOR)
    actual = learned(EVI, statistics_of(EVI, 3, 4), NO_PRIOR)
    volumes = np.prod(actual, axis=1)
    np.testing.assert_allclose(volumes, np.full(3, volumes[0]), rtol=1e-11)
    ratios = actual / own
    np.testing.assert_allclose(ratios, np.tile(ratios[:, :1], (1, 4)), rtol=1e-11)


def test_a_component_without_variance_is_refused() -> None:
    with pytest.raises(CollapseError, match="variance"):
        EVI.whiten(learned(EVI, with_flat_component(statistics_of(EVI)), NO_PRIOR))


def test_parameters_are_counted() -> None:
    assert EVI.n_parameters(3, 4) == 10
