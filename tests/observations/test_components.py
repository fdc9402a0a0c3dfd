"""The components that potentials are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold.covariance import FAMILIES
from mixfold.errors import InputError
from mixfold.observations import Components, refuse_other_than_normal
from mixfold.structures import FULL, STRUCTURES, Factors, Structure
from tests.examples import dense_whiteners, parameters_of, potentials_of


@pytest.mark.parametrize("structure", [*STRUCTURES, Factors(2)], ids=lambda structure: structure.name)
def test_covariances_are_those_that_whiteners_invert(structure: Structure) -> None:
    potentials = potentials_of(structure, 3, 4)
    whiteners, covariances = dense_whiteners(potentials), Components.of(potentials).covariances
    identity = whiteners @ covariances @ np.swapaxes(whiteners, 1, 2)
    np.testing.assert_allclose(identity, np.broadcast_to(np.eye(4), (3, 4, 4)), atol=1e-10)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_weights_are_those_of_the_parameters(family) -> None:
    parameters = parameters_of(family, 3, 2)
    components = Components.of(parameters.potentials(family))
    np.testing.assert_allclose(np.exp(components.log_weights), parameters.weights, rtol=1e-12)


def test_heavy_tails_with_noise_are_refused_and_a_background_stays() -> None:
    potentials = potentials_of(FULL, 2, 2)
    tails = replace(potentials, degrees=np.array([4.0, 4.0]))
    refuse_other_than_normal(tails)
    with pytest.raises(InputError, match="got degrees of freedom"):
        refuse_other_than_normal(tails, has_noise=True)
    assert Components.of(replace(potentials, background=-3.0)).dense.background == -3.0
    with pytest.raises(InputError, match="need a background whose sides are known"):
        refuse_other_than_normal(replace(potentials, background=-3.0))
