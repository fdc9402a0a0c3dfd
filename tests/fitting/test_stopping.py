"""When EM may stop."""

from __future__ import annotations

import math

import pytest

from mixfold.fitting import Stopping
from mixfold.fitting.stopping import is_dear, predicted_gain


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.99])
def test_the_gain_to_come_of_a_linear_ascent_is_exact(rate: float) -> None:
    objectives = [-(rate**step) for step in range(8)]
    assert predicted_gain(objectives) == pytest.approx(rate**7, rel=1e-6)


@pytest.mark.parametrize("objectives", [[], [1.0], [1.0, 2.0]])
def test_nothing_is_predicted_too_early(objectives: list[float]) -> None:
    assert predicted_gain(objectives) == math.inf


@pytest.mark.parametrize("objectives", [[0.0, 1.0, 2.0], [0.0, 1.0, 3.0]])
def test_gains_that_do_not_shrink_are_followed_by_many(objectives: list[float]) -> None:
    assert predicted_gain(objectives) >= 100.0


def test_a_plateau_is_not_the_end() -> None:
    # Steps of 1e-7 that hardly shrink have far more than 1e-6 to gain.
    objectives = [0.0]
    for step in range(20):
        objectives.append(objectives[-1] + 1e-7 * 0.999**step)
    assert not Stopping(1e-6, 100).is_converged(objectives)


def test_one_small_prediction_is_not_enough() -> None:
    assert not Stopping(1e-3, 100).is_converged([0.0, 1.0, 2.0, 2.0001])


def test_rounding_is_no_gain() -> None:
    wavering = [-3.7, -3.7 + 1e-9, -3.7 - 1e-9, -3.7 + 2e-9, -3.7 + 1e-9]
    assert Stopping(1e-12, 100, resolution=1e-8).is_converged(wavering)


def test_an_objective_that_wavers_for_ever_has_converged() -> None:
    # Two states that float32 goes to and fro between: each second step gains more than rounding.
    wavering = [-4.0, -3.9410125, *[-3.9410124, -3.9410125] * 3]
    for end in (len(wavering) - 1, len(wavering)):
        assert Stopping(tol=1e-6, max_iter=10, resolution=1e-8).is_converged(wavering[:end])


def test_a_plateau_is_where_half_of_all_steps_gained_next_to_nothing() -> None:
    stopping = Stopping(1e-9, 100, plateau=1e-3)
    assert stopping.is_on_plateau([-5.0, -4.0, -3.0, -2.9999])
    assert not stopping.is_on_plateau([-5.0, -4.0, -3.0, -2.99])
    assert not Stopping(1e-9, 100).is_on_plateau([-3.0, -3.0, -3.0])


def test_steps_are_dear_by_their_products() -> None:
    assert is_dear(10**6, 10, 10, 51)
    assert not is_dear(10**6, 10, 10, 49)
