"""How those score whom a background does not know."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.apps.panels import Panel, Stranger, restored, splits, stored, stranger_scores_of
from mixfold.errors import InputError


def _at(mean: float) -> Mixture:
    return Mixture([1.0], [[mean]], [[1.0]], "diag")


@pytest.fixture
def panel() -> Panel:
    strangers = [Stranger(np.array([[1.0], [3.0]]), "anna"), Stranger(np.array([[-1.0]]), 7)]
    return Panel(_at(0.0), strangers, {"anna": _at(2.0), "ben": _at(-2.0)})


def test_everybody_is_a_stranger_once_and_never_learned_from_there() -> None:
    everybody = [Stranger(np.zeros((1, 1)), person) for person in ("a", "b", "a", "c", "d", "d", "e")]
    parts = list(splits(everybody, 3))
    assert len(parts) == 3
    for learned, strangers in parts:
        assert len(learned) + len(strangers) == len(everybody)
        assert not {one.person for one in learned} & {one.person for one in strangers}
    assert sorted(one.person for _, strangers in parts for one in strangers) == sorted("abacdde")


def test_ratios_are_means_over_the_frames_of_each_recording(panel: Panel) -> None:
    # log N(x; m, 1) - log N(x; 0, 1) = m x - m^2 / 2
    ratios = panel.ratios([np.array([[1.0], [3.0]]), np.array([[-1.0]])])
    np.testing.assert_allclose(ratios, [[2.0, -6.0], [-4.0, 0.0]], atol=1e-12)


def test_strangers_get_their_best_score_by_whom_they_are_not(panel: Panel) -> None:
    alone = Panel(_at(0.0), panel.strangers[:1], {"anna": _at(2.0)})  # nobody here is a stranger to the only speaker
    scores, people = stranger_scores_of([panel, alone, Panel(_at(0.0), [], panel.speakers)])
    np.testing.assert_allclose(scores, [-6.0, 0.0], atol=1e-12)
    assert people.tolist() == [0, 1]


def test_panels_come_back_as_they_were_stored(panel: Panel) -> None:
    panels = [panel, Panel(_at(1.0), [], panel.speakers)]
    again = restored(*stored(panels))
    assert [one.background for one in again] == [one.background for one in panels]
    assert again[0].speakers == panel.speakers
    assert [one.person for one in again[0].strangers] == ["anna", 7]
    np.testing.assert_array_equal(again[0].strangers[0].rows, panel.strangers[0].rows)


def test_rows_that_are_not_as_many_as_announced_are_refused(panel: Panel) -> None:
    fields, arrays = stored([panel])
    with pytest.raises(InputError, match="not as many as announced"):
        restored(fields, {**arrays, "stranger_rows": arrays["stranger_rows"][:-1]})
