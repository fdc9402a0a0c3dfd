"""How a fit ends, in words."""

from __future__ import annotations

import pytest

from mixfold.fitting import Outcome


@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_outcome_is_explained_by_a_sentence(outcome: Outcome) -> None:
    assert outcome.value[0].isupper()
    assert outcome.value.endswith(".")


def test_an_outcome_prints_as_words() -> None:
    assert str(Outcome.ITERATION_LIMIT) == "iteration limit"
