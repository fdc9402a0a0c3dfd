"""A course has the iterations that a tuple of them would have."""

from __future__ import annotations

import copy
import pickle

import pytest

from mixfold.fitting import Iteration
from mixfold.fitting.course import Course

BEFORE = (Iteration(3, 0, -5.0, -5.5, 0.1), Iteration(3, 1, -4.0, -4.5, 0.2))
LEGS = ((0.3, [-3.5, -3.0], [-3.75, -3.25]), (0.4, [-2.5], [-2.75]))
WHOLE = (
    *BEFORE,
    Iteration(3, 2, -3.5, -3.75, 0.3),
    Iteration(3, 3, -3.0, -3.25, 0.3),
    Iteration(3, 4, -2.5, -2.75, 0.4),
)


@pytest.fixture
def course() -> Course:
    return Course(3, BEFORE, LEGS)


def test_steps_are_counted_on_from_those_before(course: Course) -> None:
    assert course == WHOLE
    assert list(course) == list(WHOLE)
    assert len(course) == 5


def test_steps_of_a_start_are_counted_from_one() -> None:
    assert [one.number for one in Course(0, (), LEGS)] == [1, 2, 3]


def test_single_ones_and_spans_are_those_of_the_tuple(course: Course) -> None:
    assert course[-1] == WHOLE[-1]
    assert course[1:3] == WHOLE[1:3]
    assert WHOLE[2] in course


def test_densities_are_shifted_and_nothing_else() -> None:
    shifted = Course(3, BEFORE, LEGS, 1.0)
    assert shifted != WHOLE
    assert [
        one._replace(log_likelihood=one.log_likelihood - 1.0, objective=one.objective - 1.0) for one in shifted
    ] == [*WHOLE]


def test_it_is_true_where_there_are_iterations() -> None:
    assert Course(0, (), LEGS)
    assert not Course(0, (), ())


def test_equal_courses_have_equal_hashes(course: Course) -> None:
    assert hash(course) == hash(Course(3, WHOLE, ()))
    assert course == Course(3, WHOLE, ())
    assert course != "anything else"


def test_copies_and_pickles_have_the_same_iterations(course: Course) -> None:
    assert copy.deepcopy(course) == WHOLE
    assert pickle.loads(pickle.dumps(course)) == WHOLE
