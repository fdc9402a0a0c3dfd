"""Rows along curves without noise are told from all others, and one curve from the next."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.search import CombinedComponents
from mixfold.search.curves import pieces_of_curves
from mixfold.typing import FloatArray


def helices(n: int, turn: float, apart: float = 0.0) -> FloatArray:
    """One curve in space, or two that wind around each other."""
    along = np.random.default_rng(0).uniform(0.0, 6.0, n)
    phase = along * turn + np.where(np.arange(n) % 2 == 1, apart, 0.0)
    return np.column_stack([along, np.cos(phase), np.sin(phase)])


@pytest.mark.parametrize("n", [40, 400, 3000])
def test_a_curve_is_one_piece(n: int) -> None:
    assert np.max(pieces_of_curves(helices(n, 1.5))) == 0


def test_curves_that_wind_around_each_other_are_two() -> None:
    pieces = pieces_of_curves(helices(600, 1.0, apart=np.pi))
    assert np.array_equal(pieces, np.arange(600) % 2)


def test_a_curve_is_cut_at_a_long_gap_only() -> None:
    rows = np.column_stack([np.linspace(-1.0, 1.0, 200), np.linspace(-1.0, 1.0, 200) ** 2])
    assert np.max(pieces_of_curves(np.delete(rows, np.s_[100:104], axis=0))) == 0
    assert np.max(pieces_of_curves(np.delete(rows, np.s_[100:130], axis=0))) == 1


def test_rows_with_noise_are_along_no_curve() -> None:
    random = np.random.default_rng(0)
    rows = helices(400, 1.0)
    assert pieces_of_curves(rows + 0.2 * random.standard_normal(rows.shape)) is None
    assert pieces_of_curves(random.integers(0, 9, (300, 2)).astype(float)) is None
    assert pieces_of_curves(random.standard_normal((300, 1))) is None


def test_repeated_rows_and_constant_features_change_nothing() -> None:
    rows = np.repeat(helices(100, 1.0, apart=np.pi), 3, axis=0)
    pieces = pieces_of_curves(np.column_stack([rows, np.ones(300)]))
    assert np.array_equal(pieces, np.repeat(np.arange(100) % 2, 3))


def test_chords_of_a_curve_are_one_cluster_and_those_of_two_are_two() -> None:
    rows = helices(400, 1.0, apart=np.pi)
    chords = 2 * (rows[:, 0] // 1.5).astype(int) + np.arange(400) % 2  # four pieces of each curve
    means = np.array([np.mean(rows[chords == chord], axis=0) for chord in range(8)])
    covariances = np.array([np.cov(rows[chords == chord].T) for chord in range(8)])
    mixture = Mixture(np.full(8, 0.125), means, covariances, "full")
    assert CombinedComponents.of(mixture, rows).groups().tolist() == [0, 1] * 4
    one = Mixture(np.full(4, 0.25), means[::2], covariances[::2], "full")
    assert CombinedComponents.of(one, rows[::2]).n_clusters == 1


def test_two_modes_of_a_feature_and_functions_of_it_are_no_curve() -> None:
    random = np.random.default_rng(0)
    values = random.standard_normal(300) + 5.0 * (np.arange(300) % 2) + 10.0
    assert pieces_of_curves(np.column_stack([values, -values])) is None
    assert pieces_of_curves(np.column_stack([values, np.log(values)])) is None
    assert np.max(pieces_of_curves(np.column_stack([values[::2], -values[::2]]))) == 0
