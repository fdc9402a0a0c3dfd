"""Moves that did not pay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mixfold.covariance import family_for
from mixfold.fold import Fold
from mixfold.models import GammaBelief, Point, PriorScale, Problem, StickPrior
from mixfold.search.found_components import Found
from mixfold.search.tried_moves import TriedMoves
from tests.examples import blobs

ROWS, LABELS = blobs(150, 3, 2)
FOLD = Fold.of_rows(ROWS + 20.0 * LABELS[:, None])
SCALE = PriorScale.of(FOLD, family_for("full"), StickPrior(GammaBelief()))


def found_at(labels: np.ndarray, at: int = 1) -> Found:
    model, shares = SCALE.first[at], np.eye(np.max(labels) + 1)[labels]
    start = model.maximize(FOLD.centered_moments(lambda rows: shares[rows.span], shares.shape[1], model.structure))
    problem = Problem(FOLD, model)
    return Found(problem, Point.at(problem, start))


def test_a_component_keeps_its_name_in_another_place_and_beside_others() -> None:
    tried = TriedMoves()
    first, second, third = tried.names(found_at(LABELS))
    assert tried.names(found_at((LABELS + 1) % 3)) == [third, first, second]
    assert len({first, second, third}) == 3
    rest = np.where(LABELS == 0, 0, np.where(np.arange(150) % 3, 1, 2))
    name, *others = tried.names(found_at(rest))
    assert name == first
    assert not {second, third} & set(others)


def test_it_has_another_one_where_its_rows_have_other_evidence() -> None:
    tried = TriedMoves()
    names = tried.names(found_at(LABELS))
    assert not set(names) & set(tried.names(found_at(LABELS, 0)))  # under another prior
    found = found_at(LABELS)
    shifted = replace(
        found, point=replace(found.point, parameters=replace(found.posterior, means=found.posterior.means + 9.0))
    )
    assert not set(names) & set(tried.names(shifted))  # in another place


def test_a_move_is_new_once_whatever_the_order_of_its_components() -> None:
    tried, names = TriedMoves(), [5, 7]
    assert tried.is_new(names, (0, 1))
    assert not tried.is_new(names, (1, 0))
    assert tried.is_new(names, (0,))
