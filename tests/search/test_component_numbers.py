"""How probable numbers of components are."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import family_for
from mixfold.fitting import Stopping
from mixfold.fold import Fold
from mixfold.models import GammaBelief, Point, PriorScale, Problem, StickPrior
from mixfold.search.component_moves import find_components, with_best_prior
from mixfold.search.component_numbers import component_probabilities, surest
from mixfold.search.found_components import Found
from mixfold.typing import FloatArray, IntArray

STOPPING = Stopping(1e-6, 1000)


def looked_at(rows: FloatArray, most: int = 6, stopping: Stopping = STOPPING) -> tuple[Found, dict[int, float]]:
    fold, family = Fold.of_rows(rows), family_for("full")
    scale = PriorScale.of(fold, family, StickPrior(GammaBelief()))
    labels = (rows[:, 0] > np.mean(rows)).astype(int)
    start = fold.centered_moments(lambda chunk: np.eye(2)[labels[chunk.span]], 2, family.structure)
    found = find_components(fold, scale, start, STOPPING, most)
    return found, component_probabilities(found, scale, stopping, most)


def two(apart: float) -> FloatArray:
    random = np.random.default_rng(0)
    return np.concatenate([random.normal(0.0, 1.0, size=(60, 1)), random.normal(apart, 1.0, size=(60, 1))])


def test_two_that_lie_apart_are_nearly_certain() -> None:
    here, probabilities = looked_at(two(9.0))
    assert sum(probabilities.values()) == pytest.approx(1.0)
    assert max(probabilities, key=probabilities.__getitem__) == len(here.counts) == 2
    assert probabilities[2] > 0.8
    assert 1 not in probabilities or probabilities[1] < 1e-6


def test_a_search_goes_on_where_another_number_has_more_evidence() -> None:
    fold, family = Fold.of_rows(two(9.0)), family_for("full")
    scale = PriorScale.of(fold, family, StickPrior(GammaBelief()))
    whole = fold.centered_moments(lambda chunk: np.ones((chunk.n, 1)), 1, family.structure)
    problem = Problem(fold, scale.first[0])
    one = Found(problem, Point.at(problem, problem.model.maximize(whole)))
    reached = list[Found]()
    found, probabilities = surest(one, scale, STOPPING, most=4, reached=reached)
    assert len(found.counts) == max(probabilities, key=probabilities.__getitem__) == 2
    assert [len(end.counts) for end in reached[-2:]] == [2, 2]  # back from one component less, and from one more


def test_two_that_overlap_are_less_certain_than_two_that_lie_apart() -> None:
    _, probabilities = looked_at(two(3.0))
    assert 1e-3 < probabilities[1] < 0.99
    assert list(probabilities) == sorted(probabilities)


def test_no_more_are_asked_about_than_there_may_be() -> None:
    assert max(looked_at(two(9.0), most=2)[1]) == 2


def test_of_numbers_that_no_time_was_left_for_nothing_is_said() -> None:
    assert looked_at(two(9.0), stopping=Stopping(1e-6, 1000, deadline=0.0))[1] == {2: 1.0}


def test_rows_that_are_shared_wrongly_between_as_many_are_shared_anew() -> None:
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 40)
    rows = np.array([[0.0, 0.0], [0.0, 12.0], [40.0, 6.0]])[labels] + random.normal(size=(120, 2))
    fold, family = Fold.of_rows(rows), family_for("full")
    scale = PriorScale.of(fold, family, StickPrior(GammaBelief()))
    problem = Problem(fold, scale.first[0])

    def climbed_from(pair: IntArray) -> Found:
        shares = np.eye(2)[pair[labels]]
        start = fold.centered_moments(lambda chunk: shares[chunk.span], 2, family.structure)
        found = Found(problem, Point.at(problem, problem.model.maximize(start))).climbed(STOPPING)
        return with_best_prior(found, scale, STOPPING)

    wrong, right = climbed_from(np.array([0, 1, 0])), climbed_from(np.array([0, 0, 1]))
    assert len(wrong.counts) == len(right.counts) == 2
    assert wrong.log_evidence < right.log_evidence - 10.0
    assert surest(wrong, scale, STOPPING, most=2)[0].log_evidence == pytest.approx(right.log_evidence, abs=0.1)
