"""The mean field of the labels descends its free energy, and agrees with exact sums where they can be made."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from mixfold.apps import potts
from mixfold.typing import FloatArray


def shares_of(height: int, width: int, k: int, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).dirichlet(np.ones(k), size=(height, width))


def test_no_smoothness_leaves_the_responsibilities_as_they_are() -> None:
    shares = shares_of(7, 5, 3)
    np.testing.assert_allclose(potts.smoothed(shares, 0.0, 4), shares)


@pytest.mark.parametrize("smoothness", [0.3, 1.0, 5.0])
def test_every_sweep_lowers_the_free_energy(smoothness: float) -> None:
    shares = shares_of(16, 13, 4)
    energies = [potts.free_energy(potts.smoothed(shares, smoothness, n), shares, smoothness) for n in range(12)]
    assert (np.diff(energies) <= 1e-9 * abs(energies[0])).all()
    assert energies[-1] < energies[0]


def test_the_free_energy_bounds_the_exact_log_partition_function() -> None:
    shares, smoothness = shares_of(2, 3, 2), 0.7
    logs = []
    for labels in product(range(2), repeat=6):
        z = np.array(labels).reshape(2, 3)
        agreement = np.sum(z[1:] == z[:-1]) + np.sum(z[:, 1:] == z[:, :-1])
        logs.append(np.sum(np.log(np.take_along_axis(shares, z[..., None], 2))) + smoothness * agreement)
    exact = -np.logaddexp.reduce(logs)
    found = potts.free_energy(potts.smoothed(shares, smoothness, 50), shares, smoothness)
    assert exact <= found <= exact + 0.5


def test_the_field_obeys_its_fixed_point() -> None:
    shares, smoothness = shares_of(9, 8, 3), 0.5
    field = potts.smoothed(shares, smoothness, 200)
    framed = np.pad(field, ((1, 1), (1, 1), (0, 0)))
    for row, column in np.ndindex(9, 8):
        r, c = row + 1, column + 1
        neighbors = framed[r - 1, c] + framed[r + 1, c] + framed[r, c - 1] + framed[r, c + 1]
        scores = np.log(shares[row, column]) + smoothness * neighbors
        np.testing.assert_allclose(field[row, column], np.exp(scores - np.logaddexp.reduce(scores)), atol=1e-9)


def test_a_pixel_reaches_as_far_as_it_is_said_to_and_no_further() -> None:
    one, other = shares_of(1, 31, 2), shares_of(1, 31, 2)
    other[0, 15] = other[0, 15][::-1]
    n_sweeps = 3
    changed = np.flatnonzero(
        (potts.smoothed(one, 1.0, n_sweeps) != potts.smoothed(other, 1.0, n_sweeps)).any(axis=2)[0]
    )
    assert np.abs(changed - 15).max() <= potts.reach(n_sweeps)
    assert np.abs(changed - 15).max() >= potts.reach(n_sweeps) - 1


def test_responsibilities_that_underflow_to_zero_stay_finite() -> None:
    shares = np.zeros((4, 4, 2))
    shares[..., 0] = 1.0
    field = potts.smoothed(shares, 2.0, 5)
    assert np.isfinite(field).all()
    assert (field.argmax(axis=2) == 0).all()
