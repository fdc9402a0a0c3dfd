"""Ellipsoids of equal volume with common axes: what is theirs alone."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance.eve import EVE
from mixfold.errors import CollapseError
from tests.examples import NO_PRIOR, learned, statistics_of, with_flat_component


def test_covariances_commute_and_have_one_volume() -> None:
    covariances = learned(EVE, statistics_of(EVE, 3, 4), NO_PRIOR)
    determinants = np.linalg.det(covariances)
    np.testing.assert_allclose(determinants, np.full(3, determinants[0]), rtol=1e-10)
    np.testing.assert_allclose(covariances[0] @ covariances[1], covariances[1] @ covariances[0], atol=1e-11)


def test_a_component_without_variance_is_refused() -> None:
    with pytest.raises(CollapseError, match="NaN"):
        EVE.whiten(learned(EVE, with_flat_component(statistics_of(EVE)), NO_PRIOR))


def test_parameters_are_counted() -> None:
    assert EVE.n_parameters(3, 4) == 16
