"""Starts of pilots that meet are enough, and the best of all is found where they do not."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import Prior, family_for
from mixfold.engines import StoppingRule
from mixfold.engines.pilot_fits import PilotRules
from mixfold.fitting import em_steps_together, pilot_race
from mixfold.fitting.pilot_race import PilotStart, raced
from mixfold.fold import Fold
from mixfold.initialization import KMeans
from mixfold.models import Penalized, Problem
from tests.examples import blobs

ONE_COLUMN, SEEDED = np.random.default_rng(5).normal(size=(300, 1)), KMeans(n_seedings=1, max_iterations=0)
ROWS = blobs(300, 3, 2, separation=8.0, seed=1)[0]
PROBLEM = Problem(Fold.of_rows(ROWS), Penalized(family_for("tied"), Prior.from_rows(0.01, 0.01 * np.eye(2))))
BEST = raced(
    PROBLEM, [PilotStart(ROWS, KMeans(), 0)], 3, PilotRules(1, 0.0, 50, 100, StoppingRule(5, 1e-9, optimism=10.0))
)


def raced_from(
    monkeypatch: pytest.MonkeyPatch, spaces: list[np.ndarray], *, n_first: int = 2, fewest: int = 0
) -> tuple[list[int], float]:
    """Give how many starts each round had, and how far below the best optimum they end."""
    made = []

    def counted(problem, starts, *rest):  # type: ignore[no-untyped-def]
        made.append(len(starts))
        return em_steps_together(problem, starts, *rest)

    monkeypatch.setattr(pilot_race, "em_steps_together", counted)
    starts = [PilotStart(space, SEEDED, seed, fewest) for seed, space in enumerate(spaces)]
    rules = PilotRules(n_first, 1e-4, 5, 0, StoppingRule(5, 1e-6, optimism=10.0))
    end = raced(PROBLEM, starts, 3, rules)
    assert BEST is not None
    return made, np.inf if end is None else BEST.objective - end.objective


def test_others_are_not_made_where_the_first_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    made, below = raced_from(monkeypatch, [ROWS] * 5)
    assert made == [2]
    assert below < 1e-4


def test_others_are_made_where_the_first_end_at_different_heights(monkeypatch: pytest.MonkeyPatch) -> None:
    made, below = raced_from(
        monkeypatch, [ONE_COLUMN, ROWS, ROWS, ROWS]
    )  # the first shares rows out by nothing of theirs
    assert made == [2, 2]
    assert below < 1e-4


def test_others_are_made_where_the_first_have_too_few_rows_of_a_component(monkeypatch: pytest.MonkeyPatch) -> None:
    made, below = raced_from(monkeypatch, [ROWS] * 4, fewest=200)
    assert (made, below) == ([2, 2], np.inf)
