"""Pilots in one call, against those that are made step by step."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.fitting import pilots
from mixfold.fitting.invariant_coordinates import InvariantCoordinates
from mixfold.fitting.pilots import Pilot, families
from tests.examples import blobs

pytestmark = pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")


def both(
    monkeypatch: pytest.MonkeyPatch, rows: np.ndarray, n_components: int, *, may_differ: bool = True, step: float = 1e-9
) -> list[Pilot]:
    """Give the pilot of one call, and that of many."""
    family, _ = families(is_matrix=True)
    monkeypatch.setattr(InvariantCoordinates, "precision", np.float64)
    weights = np.random.default_rng(1).uniform(0.5, 2.0, len(rows))
    coordinates = InvariantCoordinates.of(rows, weights, family)
    found = []
    for widest in (pilots.WIDE_FEATURES, 0):
        monkeypatch.setattr(pilots, "WIDE_FEATURES", widest)
        spread = np.full(rows.shape[1], step)
        pilot = Pilot.of(rows, weights, coordinates, spread, n_components, may_differ=may_differ)
        assert pilot is not None
        found.append(pilot)
    monkeypatch.undo()
    return found


def assert_same(one: Pilot, other: Pilot) -> None:
    np.testing.assert_allclose(one.parameters.weights, other.parameters.weights, rtol=1e-7)
    np.testing.assert_allclose(one.parameters.means, other.parameters.means, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(one.parameters.covariances, other.parameters.covariances, rtol=1e-7, atol=1e-9)
    np.testing.assert_array_equal(one.labels, other.labels)
    np.testing.assert_allclose(one.apart.counts, other.apart.counts, rtol=1e-6)
    np.testing.assert_allclose(one.apart.scatters, other.apart.scatters, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("n_rows", "n_components", "n_features", "separation"),
    [
        (200, 2, 1, 2.0),
        (300, 3, 2, 3.0),
        (400, 5, 3, 2.0),
        (300, 4, 9, 2.5),
        (900, 8, 10, 1.0),
        (120, 20, 2, 5.0),
        (1500, 4, 30, 2.5),  # of which three starts meet
        (1500, 15, 30, 1.0),  # and of which they do not
        (300, 4, 9, 1e5),  # so far apart that what lies within would be lost in what lies between
    ],
)
def test_one_call_finds_what_steps_find(
    monkeypatch: pytest.MonkeyPatch, n_rows: int, n_components: int, n_features: int, separation: float
) -> None:
    rows = blobs(n_rows, n_components, n_features, separation=separation, seed=3)[0]
    assert_same(*both(monkeypatch, rows, n_components))


@pytest.mark.parametrize(
    ("n_components", "n_features", "separation"), [(2, 2, 2.5), (4, 9, 2.5), (8, 10, 2.5), (4, 9, 40.0), (4, 9, 1e4)]
)
def test_single_precision_finds_the_same_optimum(
    monkeypatch: pytest.MonkeyPatch, n_components: int, n_features: int, separation: float
) -> None:
    rows = blobs(900, n_components, n_features, separation=separation, seed=3)[0]
    family, _ = families(is_matrix=True)
    coordinates = InvariantCoordinates.of(rows, np.ones(900), family)
    assert coordinates.precision is np.float32
    found = []
    for precision in (np.float32, np.float64):
        monkeypatch.setattr(InvariantCoordinates, "precision", precision)
        found.append(Pilot.of(rows, np.ones(900), coordinates, np.full(n_features, 1e-9), n_components))
    single, double = found
    assert adjusted_rand_score(single.labels, double.labels) > 0.99
    deviations = np.sqrt(np.diag(double.parameters.covariances))
    within = double.parameters.covariances / deviations / deviations[:, None]
    np.testing.assert_allclose(single.parameters.covariances / deviations / deviations[:, None], within, atol=0.01)
    np.testing.assert_allclose(np.sort(single.apart.counts), np.sort(double.apart.counts), rtol=0.02)


def crossed() -> np.ndarray:
    """Give two clusters that cross, which equal covariances do not fit."""
    random = np.random.default_rng(1)
    return np.concatenate([random.normal(size=(300, 2)) * [6.0, 0.3], random.normal(size=(300, 2)) * [0.3, 6.0]])


def test_free_components_are_told_by_both(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = both(monkeypatch, crossed(), 2)
    assert_same(one, other)
    smallest = np.linalg.eigvalsh(one.apart.scatters / one.apart.counts[:, None, None])
    assert np.all(smallest[:, 0] < 0.02 * smallest[:, 1])


def test_nothing_is_told_apart_where_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = both(monkeypatch, crossed(), 2, may_differ=False)
    assert_same(one, other)
    assert len(one.apart.counts) == 0


def test_jitter_of_recorded_steps_is_counted_by_both(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.round(crossed())
    assert_same(*both(monkeypatch, rows, 2, step=1.0 / 12.0))


def test_columns_side_by_side_make_no_difference() -> None:
    rows, weights = np.asfortranarray(crossed()), np.ones(600)
    family, _ = families(is_matrix=True)
    found = []
    for each in (rows, np.ascontiguousarray(rows)):
        coordinates = InvariantCoordinates.of(each, weights, family)
        found.append(Pilot.of(each, weights, coordinates, np.full(2, 1e-9), 2))
    one, other = found
    assert one is not None
    assert other is not None
    assert_same(one, other)
