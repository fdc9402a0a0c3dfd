"""Lines that keep a rate: by ranks of rows, by ranks of people, and by a normal distribution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mixfold.apps.calibration import n_allowed, p_values_of, rate_bound, refuse_too_few, threshold_of
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


@pytest.mark.parametrize(("within", "least"), [(0.0, 0.04), (0.7, 0.025), (3.0, 0.015)])
def test_with_five_people_normal_scores_are_accepted_at_most_at_a_rate_that_ranks_cannot_tell(
    within: float, least: float
) -> None:
    random, accepted = np.random.default_rng(0), []
    heard = np.arange(10) < np.array([3, 10, 10, 5, 10])[:, None]
    for _ in range(1000):
        scores = random.normal(size=(6, 1)) + within * random.normal(size=(6, 10))
        threshold = threshold_of(scores[:5][heard], np.nonzero(heard)[0], 0.05, assume_normal=True)
        accepted.append(np.mean(scores[5] >= threshold))
    assert least < np.mean(accepted) < 0.055


def test_one_recording_a_person_is_enough_for_normal_scores_and_one_person_is_not() -> None:
    scores = np.array([-1.0, 0.0, 1.0])
    expected = stats.t.ppf(0.9, 2) * np.sqrt(1.0 + 1.0 / 3.0)  # the usual prediction bound of three values
    assert threshold_of(scores, np.arange(3), 0.1, assume_normal=True) == pytest.approx(expected)
    with pytest.raises(InputError, match="at least 2 people"):
        threshold_of(scores, np.zeros(3, dtype=int), 0.1, assume_normal=True)


def test_a_p_value_is_at_most_alpha_just_where_the_score_is_below_that_of_the_allowed_rank() -> None:
    held_out = np.sort(np.random.default_rng(0).normal(size=99))
    scores = np.concatenate([held_out, np.random.default_rng(1).normal(size=500)])
    for alpha in (0.01, 0.05, 0.29):
        flagged = scores < held_out[n_allowed(alpha, 99) - 1]
        np.testing.assert_array_equal(p_values_of(scores, held_out) <= alpha * (1.0 + 1e-12), flagged)


def test_the_rate_of_a_calibration_is_below_its_bound_as_often_as_said() -> None:
    random, n = np.random.default_rng(0), 40
    lines = np.sort(random.uniform(size=(4000, n)), axis=1)[:, n_allowed(0.1, n) - 1]  # the rate, for uniform scores
    assert np.mean(lines <= rate_bound(0.1, n, 0.9)) == pytest.approx(0.9, abs=0.015)


def test_too_few_rows_for_a_rate_are_refused_with_the_number_that_it_takes() -> None:
    refuse_too_few(0.01, 99, 198, 0.5)
    with pytest.raises(InputError, match="Give at least 198 rows"):
        refuse_too_few(0.01, 98, 196, 0.5)
    with pytest.raises(InputError, match="leave at least 2 rows"):
        refuse_too_few(0.5, 3, 4, 0.75)
