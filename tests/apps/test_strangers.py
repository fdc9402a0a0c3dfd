"""The threshold between known and unknown voices counts people."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.apps.strangers import threshold_of
from mixfold.errors import CalibrationWarning, InputError


def test_a_new_stranger_is_accepted_at_most_at_the_wanted_rate() -> None:
    """Scores of a person lie around a mean of its own, so that 19 people of five recordings are no 95 strangers."""
    random, accepted = np.random.default_rng(0), []
    for _ in range(2000):
        scores = random.normal(size=(20, 1)) + 0.2 * random.normal(size=(20, 5))
        accepted.append(np.mean(scores[19] >= threshold_of(scores[:19].ravel(), np.repeat(np.arange(19), 5), 0.1)))
    assert 0.06 < np.mean(accepted) < 0.11


def test_a_person_of_many_recordings_counts_as_one() -> None:
    scores = np.concatenate([np.arange(9.0), np.full(100, 10.0)])
    people = np.concatenate([np.arange(9), np.full(100, 9)])
    assert 8.0 < threshold_of(scores, people, 2.0 / 11.0) < 8.1


def test_a_rate_that_people_can_just_tell_lies_above_all_of_them() -> None:
    assert threshold_of(np.arange(19.0), np.arange(19), 0.05) == np.nextafter(18.0, np.inf)


def test_fewer_people_are_warned_of_and_nobody_passes_below_them() -> None:
    with pytest.warns(CalibrationWarning, match="at least 19 people"):
        assert threshold_of(np.arange(18.0), np.arange(18), 0.05) == np.nextafter(17.0, np.inf)


def test_without_strangers_there_is_no_threshold() -> None:
    with pytest.raises(InputError, match="needs recordings of strangers"):
        threshold_of(np.zeros(0), np.zeros(0, dtype=int), 0.05)
