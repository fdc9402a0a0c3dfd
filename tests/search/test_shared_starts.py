"""The starts of a sweep: raced in a sample, made of hierarchies, and of the answer to one component less."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.fitting import em_steps
from mixfold.search.race import N_STAYING
from mixfold.search.shared_starts import SharedStarts, halved
from mixfold.search.split_merge import merged
from tests.search.problems import three_blobs, true_components


@pytest.fixture(scope="module")
def search():
    return three_blobs()


@pytest.fixture(scope="module")
def starts(search):
    return SharedStarts.of(search.sample, 0)


def objective(search, components):
    return em_steps(search.problem, components, 50).point.objective


def two_merged(mixture):
    return merged(mixture, (0, 1))


def test_one_component_starts_at_all_rows(search, starts):
    (start,) = starts.race(1, None)
    np.testing.assert_allclose(start.components.means[0], np.average(search.sample.rows, axis=0), atol=1e-5)


def test_a_race_gives_its_best_first_and_no_more_than_stay(search, starts):
    raced = starts.race(3, None)
    assert 0 < len(raced) <= N_STAYING
    ends = [objective(search, start.components) for start in raced]
    assert ends[0] >= max(ends) - 1e-3
    assert ends[0] >= objective(search, true_components(search)) - 1e-6


def test_a_smaller_mixture_takes_part_split(search, starts):
    smaller = two_merged(true_components(search))
    names = [start.name for start in starts._entries(3, smaller)]
    assert "split" in names
    assert "split" not in [start.name for start in starts._entries(3, None)]
    assert "split" not in [start.name for start in starts._entries(4, smaller)]


def test_where_work_is_short_components_of_few_rows_get_one_start_and_not_more(search, starts, monkeypatch):
    monkeypatch.setattr("mixfold.search.shared_starts.has_few_each", lambda *_: True)
    usual, brief = starts.race(3, None), starts.race(3, None, is_short=True)
    assert len(brief) == 1 <= len(usual)
    assert objective(search, usual[0].components) >= objective(search, brief[0].components) - 1e-6


def test_a_hierarchy_is_made_once_and_the_same_seed_repeats_the_race(search, starts):
    again = SharedStarts.of(search.sample, 0)
    for one, two in zip(starts.race(3, None), again.race(3, None), strict=True):
        assert one.name == two.name
        np.testing.assert_array_equal(one.components.means, two.components.means)


def test_two_components_that_are_merged_are_found_again_when_they_are_halved(search):
    whole = true_components(search)
    back = halved(search.sample, two_merged(whole), 3)
    assert back is not None
    assert len(back.weights) == 3
    assert np.sum(back.weights) == pytest.approx(1.0)
    assert objective(search, back) == pytest.approx(objective(search, whole), abs=1e-4)


def test_halving_keeps_mean_and_covariance_of_the_mixture(search):
    before = true_components(search)
    after = halved(search.sample, before, 4)
    assert after is not None
    for order in (1, 2):
        moments = []
        for one in (before, after):
            mean = one.weights @ one.means
            offset = one.means - mean
            inside = np.tensordot(one.weights, one.covariances, axes=1)
            moments.append(mean if order == 1 else inside + (one.weights[:, None] * offset).T @ offset)
        np.testing.assert_allclose(moments[1], moments[0], atol=1e-9)


def test_a_component_of_too_few_rows_is_not_halved(search):
    assert halved(search.sample, true_components(search), 1000) is None
