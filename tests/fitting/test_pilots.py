"""Components of equal covariance are the pilot, and those of free ones where rows tell the two apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.fitting import em_steps, em_steps_together, pilot_race, pilots
from mixfold.fitting.invariant_coordinates import InvariantCoordinates
from mixfold.fitting.pilots import Pilot, affordable, families
from mixfold.statistics import SufficientStatistics

RNG = np.random.default_rng(0)
APART = np.repeat([[0.0, 0.0], [20.0, 0.0], [0.0, 20.0]], 100, axis=0)
ALIKE = RNG.normal(size=(300, 2)) + APART
UNLIKE = np.repeat([[3.0, 0.2], [0.2, 3.0], [1.0, 1.0]], 100, axis=0) * RNG.normal(size=(300, 2)) + APART


def pilot_of(rows: np.ndarray, *, is_matrix: bool = True, n_components: int = 3, deadline: float = np.inf) -> Pilot:
    family, _ = families(is_matrix=is_matrix)
    coordinates = InvariantCoordinates.of(rows, np.ones(len(rows)), family)
    spread = np.full(rows.shape[1], 1e-9)
    pilot = Pilot.of(rows, np.ones(len(rows)), coordinates, spread, n_components, deadline, is_matrix=is_matrix)
    assert pilot is not None
    return pilot


@pytest.mark.parametrize("is_matrix", [True, False])
@pytest.mark.parametrize("rows", [ALIKE, UNLIKE])
def test_clusters_that_lie_apart_are_found(rows: np.ndarray, is_matrix: bool) -> None:
    labels = pilot_of(rows, is_matrix=is_matrix).labels
    assert sorted(np.bincount(labels)) == [100, 100, 100]
    assert all(len(set(labels[first : first + 100])) == 1 for first in (0, 100, 200))


def test_where_steps_are_dear_there_are_fewer_and_at_last_from_one_start() -> None:
    found = [affordable(products, 7) for products in (10**4, 10**6, 10**7, 10**8, 10**9)]
    assert found == [(7, 50), (7, 28), (7, 3), (6, 3), (1, 3)]
    n_starts, n_steps = affordable(10**8, 7)
    assert n_starts * n_steps * 10**8 <= pilots.MOST_NUMBERS


def test_one_start_and_no_steps_are_enough_where_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def counted(*arguments: Any) -> list[Any]:
        made.append(len(arguments[1]))
        return em_steps_together(*arguments)

    monkeypatch.setattr(pilot_race, "em_steps_together", counted)
    assert sorted(np.bincount(pilot_of(ALIKE, deadline=-np.inf).labels)) == [100, 100, 100]
    assert made == [1]


@pytest.mark.parametrize(("rows", "made"), [("alike", [3]), ("mixed", [3, 4])])
def test_where_the_first_starts_meet_no_more_are_made(
    rows: str, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def counted(problem: Any, starts: Any, *arguments: Any) -> list[Any]:
        if isinstance(starts[0], SufficientStatistics):
            begun.append(len(starts))
        return em_steps_together(problem, starts, *arguments)

    monkeypatch.setattr(pilots, "WIDE_FEATURES", 0)  # step by step
    monkeypatch.setattr(pilot_race, "em_steps_together", counted)
    pilot_of(ALIKE if rows == "alike" else np.random.default_rng(0).uniform(size=(300, 2)))
    assert begun == made


def test_where_steps_are_dear_the_best_of_a_few_starts_makes_those_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, steps = [], []

    def begun(*arguments: Any) -> list[Any]:
        made.append(len(arguments[1]))
        return em_steps_together(*arguments)

    def gone_on(*arguments: Any) -> Any:
        steps.append(arguments[2])
        return em_steps(*arguments)

    monkeypatch.setattr(pilots, "PILOT_NUMBERS", 1e4)
    monkeypatch.setattr(pilot_race, "em_steps_together", begun)
    monkeypatch.setattr(pilot_race, "em_steps", gone_on)
    rows = np.random.default_rng(0).normal(size=(400, 6))  # in which no two starts come to the same
    assert Pilot.of(rows, np.ones(400), InvariantCoordinates.identity(6), np.full(6, 1e-9), 4, is_matrix=False)
    assert made == [3, 1]
    assert steps == [5, 5]


def test_rows_of_each_component_by_themselves_add_up_to_what_lies_within() -> None:
    for rows in (ALIKE, UNLIKE):
        pilot = pilot_of(rows)
        within = np.sum(pilot.apart.scatters, axis=0) / np.sum(pilot.apart.counts)
        np.testing.assert_allclose(within, pilot.parameters.covariances, rtol=1e-3, atol=1e-6)


def crossed() -> np.ndarray:
    """Give two clusters that cross: with equal covariances there are two others, side by side."""
    random = np.random.default_rng(1)
    return np.concatenate([random.normal(size=(300, 2)) * [6.0, 0.3], random.normal(size=(300, 2)) * [0.3, 6.0]])


def test_free_components_are_taken_where_rows_tell_them() -> None:
    apart = pilot_of(crossed(), n_components=2).apart
    smallest = np.linalg.eigvalsh(apart.scatters / apart.counts[:, None, None])
    assert np.all(smallest[:, 0] < 0.02 * smallest[:, 1])


def test_where_time_is_over_equal_components_are_enough() -> None:
    pilot = pilot_of(crossed(), n_components=2, deadline=-np.inf)
    assert pilot.parameters.means.shape == (2, 2)
    assert len(pilot.apart.counts) == 0  # which tells nothing of likeness


def test_clusters_apart_in_one_direction_are_found_though_none_is_wider_where_all_are_made_alike() -> None:
    # White coordinates make a square of four groups: halves across the narrow gap are as good as across the wide one.
    corners = np.repeat([[0.0, 0.0], [20.0, 0.0], [0.0, 9.0], [20.0, 9.0]], 40, axis=0)
    for seed in range(4):
        rows = corners + np.random.default_rng(seed).normal(size=(160, 2))
        model = GaussianMixture(2, random_state=seed).fit(rows)
        assert np.sort(model.means_[:, 0]) == pytest.approx([0.0, 20.0], abs=0.5)


@pytest.mark.parametrize("seed", [1, 4])
def test_a_column_of_two_values_leads_no_pilot_to_a_lower_optimum(seed: int) -> None:
    random = np.random.default_rng(seed)
    side, angle = np.repeat([1.0, -1.0], 150), np.tile(np.linspace(0.0, np.pi, 150), 2)
    crescents = side[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) - side[:, None] * [0.5, 0.25]
    crescents += 0.05 * random.normal(size=(300, 2))
    rows = np.column_stack([crescents, random.integers(0, 2, 300)])
    without, beside = (GaussianMixture(2, random_state=0).fit_predict(one) for one in (crescents, rows))
    assert abs(np.mean(without == beside) - 0.5) > 0.48


def test_a_column_of_five_values_leads_no_pilot_to_a_lower_optimum() -> None:
    random = np.random.default_rng(19)
    groups, mixed = np.arange(200) % 2, random.normal(size=(6, 6))
    rows = random.normal(size=(200, 6)) @ mixed + 2.0 * np.outer(groups, random.normal(size=6))
    rows = np.column_stack([rows, random.integers(1, 6, 200)])
    assert (
        abs(np.mean(GaussianMixture(2, random_state=0).fit_predict(rows) == groups) - 0.5) > 0.3
    )  # .05 by all columns


def test_starts_are_made_by_features_of_many_values_where_there_are_some() -> None:
    random = np.random.default_rng(0)
    grades, others = random.integers(1, 6, (300, 2)).astype(float), random.normal(size=(300, 3))
    rows = np.column_stack([grades, others + grades[:, :1]])
    coordinates = InvariantCoordinates.of(rows, np.ones(300), families(is_matrix=True)[0])
    inside, spread = coordinates.into(rows), np.array([1.0, 1.0, 0.0, 0.0, 0.0]) / 24.0
    fine = pilots._finely_recorded(inside, coordinates, spread)
    assert fine.shape == (300, 3)
    assert np.max(np.abs(np.corrcoef(fine.T, grades.T)[:3, 3:])) < 0.6
    for of_one_kind in (np.zeros(5), np.full(5, 1.0 / 24.0)):
        assert pilots._finely_recorded(inside, coordinates, of_one_kind) is inside


def test_few_rows_make_no_component_of_one_or_two_of_them() -> None:
    random = np.random.default_rng(3)
    rows = random.normal(size=(23, 3)) + np.outer(np.arange(23) > 7, [2.5, 0.0, 0.0])
    assert np.min(np.bincount(pilot_of(rows, n_components=2).labels, minlength=2)) > 3


def test_rows_that_are_hardly_more_than_their_features_have_no_direction_without_width() -> None:
    rows = np.random.default_rng(0).normal(size=(12, 10))
    pilot, (tied, _) = pilot_of(rows, n_components=2), families(is_matrix=True)
    assert np.linalg.eigvalsh(pilot.parameters.covariances)[0] < 1e-3
    widened = pilot.widened(tied, rows, 12.0, 10).parameters.covariances
    assert np.linalg.eigvalsh(widened)[0] > 2.0 / 14.0 * 2.0**-0.2
    np.testing.assert_allclose(14.0 * widened - 12.0 * pilot.parameters.covariances, 2.0**0.8 * np.eye(10), atol=1e-9)
    more = np.concatenate([rows, np.random.default_rng(1).normal(size=(2, 10))])
    assert pilot.widened(tied, more, 14.0, 10) is pilot
    assert pilot.widened(tied, more, 13.0, 10) is not pilot
    copied = pilot.widened(tied, np.repeat(rows, 2, axis=0), 24.0, 10).parameters.covariances
    assert np.linalg.eigvalsh(copied)[0] > 2.0 / 26.0 * 2.0**-0.2


@pytest.mark.parametrize("seed", range(4))
def test_one_row_more_than_features_in_single_precision_is_fitted(seed: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(11, 10)).astype(np.float32)
    for copies in (rows, np.repeat(rows, 2, axis=0)):
        found = GaussianMixture(2, random_state=0).fit(copies)
        assert all(np.linalg.eigvalsh(each)[0] > 1e-5 for each in found.covariances_)
