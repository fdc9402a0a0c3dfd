"""Who speaks in a recording."""

from __future__ import annotations

import dataclasses

import pytest

from mixfold.apps import Identification
from mixfold.apps.identification import UNKNOWN


def test_an_identification_names_the_nearest_though_nobody_is_recognized() -> None:
    found = Identification("call.wav", speaker=UNKNOWN, nearest="ann", score=0.4, threshold=0.7)
    assert (found.speaker, found.nearest) == ("unknown", "ann")
    assert found.score < found.threshold


def test_an_identification_is_a_value() -> None:
    found = Identification("call.wav", "ann", "ann", 0.9, 0.7)
    assert found == Identification("call.wav", "ann", "ann", 0.9, 0.7)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.speaker = "bob"
