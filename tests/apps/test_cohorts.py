"""How those score whom a background does not know."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.apps.cohorts import Cohort, Impostor, impostor_scores_of, restored, splits, stored
from mixfold.errors import InputError


def _at(mean: float) -> Mixture:
    return Mixture([1.0], [[mean]], [[1.0]], "diag")


@pytest.fixture
def cohort() -> Cohort:
    strangers = [Impostor(np.array([[1.0], [3.0]]), "anna"), Impostor(np.array([[-1.0]]), 7)]
    return Cohort(_at(0.0), strangers, {"anna": _at(2.0), "ben": _at(-2.0)})


def test_everybody_is_a_stranger_once_and_never_learned_from_there() -> None:
    everybody = [Impostor(np.zeros((1, 1)), person) for person in ("a", "b", "a", "c", "d", "d", "e")]
    parts = list(splits(everybody, 3))
    assert len(parts) == 3
    for learned, strangers in parts:
        assert len(learned) + len(strangers) == len(everybody)
        assert not {one.person for one in learned} & {one.person for one in strangers}
    assert sorted(one.person for _, strangers in parts for one in strangers) == sorted("abacdde")


def test_ratios_are_means_over_the_frames_of_each_recording(cohort: Cohort) -> None:
    # log N(x; m, 1) - log N(x; 0, 1) = m x - m^2 / 2
    ratios = cohort.ratios([np.array([[1.0], [3.0]]), np.array([[-1.0]])])
    np.testing.assert_allclose(ratios, [[2.0, -6.0], [-4.0, 0.0]], atol=1e-12)


def test_strangers_get_their_best_score_by_whom_they_are_not(cohort: Cohort) -> None:
    alone = Cohort(_at(0.0), cohort.impostors[:1], {"anna": _at(2.0)})  # nobody here is a stranger to the only speaker
    scores, people = impostor_scores_of([cohort, alone, Cohort(_at(0.0), [], cohort.speakers)])
    np.testing.assert_allclose(scores, [-6.0, 0.0], atol=1e-12)
    assert people.tolist() == [0, 1]


def test_cohorts_come_back_as_they_were_stored(cohort: Cohort) -> None:
    cohorts = [cohort, Cohort(_at(1.0), [], cohort.speakers)]
    again = restored(*stored(cohorts))
    assert [one.background for one in again] == [one.background for one in cohorts]
    assert again[0].speakers == cohort.speakers
    assert [one.person for one in again[0].impostors] == ["anna", 7]
    np.testing.assert_array_equal(again[0].impostors[0].rows, cohort.impostors[0].rows)


def test_rows_that_are_not_as_many_as_announced_are_refused(cohort: Cohort) -> None:
    fields, arrays = stored([cohort])
    with pytest.raises(InputError, match="not as many as announced"):
        restored(fields, {**arrays, "stranger_rows": arrays["stranger_rows"][:-1]})
