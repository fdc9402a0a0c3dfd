"""What goes down to an engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold.engines import ArrayEngine
from mixfold.potentials import Potentials
from mixfold.structures import FULL, STRUCTURES, Factors, Structure
from tests.examples import dense_whiteners, potentials_of

structures = pytest.mark.parametrize("structure", [*STRUCTURES, Factors(2)], ids=lambda s: s.name)


def test_nearest_scores_minus_half_the_squared_distance() -> None:
    potentials = Potentials.nearest(np.array([[0.0, 0.0], [3.0, 4.0]]))
    assert potentials.offset.tolist() == [0.0, 0.0]
    assert ArrayEngine().log_density(np.array([[3.0, 4.0]]), potentials)[0] == pytest.approx(np.log1p(np.exp(-12.5)))


def test_nearest_takes_whole_numbers() -> None:
    assert Potentials.nearest(np.array([[1], [2]])).center.dtype == np.float64


def test_an_average_has_the_weights_of_components_times_shares_in_its_offsets() -> None:
    each = [Potentials.nearest(np.zeros((k, 1))).beside(0.0, 0.0, None) for k in (1, 2)]
    shares = np.array([0.25, 0.75])
    log_weights = Potentials.averaged(each, shares).log_weights
    assert log_weights is not None
    np.testing.assert_allclose(np.exp(log_weights), [0.25, 0.75, 0.75])


@structures
def test_sizes_come_from_the_centers(structure: Structure) -> None:
    potentials = potentials_of(structure, 4, 3)
    assert (potentials.n_components, potentials.n_features) == (4, 3)


@structures
def test_coloring_undoes_whitening(structure: Structure) -> None:
    potentials = potentials_of(structure, 3, 4)
    noise = np.random.default_rng(0).normal(size=(20, 4))
    for component, whitener in enumerate(dense_whiteners(potentials)):
        rows = potentials.color(component, noise)
        np.testing.assert_allclose((rows - potentials.center[component]) @ whitener.T, noise, atol=1e-12)


@structures
def test_coloring_no_noise_gives_no_rows(structure: Structure) -> None:
    assert potentials_of(structure, 2, 3).color(1, np.empty((0, 3))).shape == (0, 3)


def test_potentials_cannot_be_reassigned() -> None:
    with pytest.raises(AttributeError):
        potentials_of(FULL).offset = np.zeros(3)  # type: ignore[misc]


def test_rows_under_heavy_tails_are_not_jittered() -> None:
    heavy = replace(potentials_of(FULL, 2, 2), degrees=np.ones(2))
    assert heavy.jittered(np.zeros(())) is heavy
    with pytest.raises(ValueError, match="only be jittered under Gaussian scores"):
        heavy.jittered(np.ones(()))


def test_a_component_alone_is_gaussian_and_has_no_background() -> None:
    alone = replace(potentials_of(FULL, 2, 2), degrees=np.ones(2), background=0.0).alone(1)
    assert alone.degrees is None
    assert not alone.has_background
