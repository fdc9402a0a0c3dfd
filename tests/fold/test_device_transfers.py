"""Rows that leave an accelerator in each walk are told of once."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from mixfold.engines import ArrayEngine
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold, device_transfers
from mixfold.observations import Complete, OwnNoise
from mixfold.rows import Marks
from mixfold.sources import ArraySource
from mixfold.structures import FULL
from tests.examples import blobs, potentials_of


def test_one_warning_says_which_rows_travel_and_what_to_do() -> None:
    device_transfers._tell.cache_clear()
    with pytest.warns(
        RuntimeWarning, match=r"Rows of one kind are computed on the processor.* from cuda:0\. Pass them"
    ):
        device_transfers._tell("Rows of one kind", "cuda:0")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        device_transfers._tell("Rows of one kind", "cuda:0")


@pytest.mark.parametrize("kind", ["noise of their own", "linked"])
def test_walks_tell_of_rows_that_travel(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(device_transfers, "is_on_accelerator", lambda _: True)
    monkeypatch.setattr(device_transfers, "_tell", lambda what, _: told.append(what))
    rows = pytest.importorskip("torch").tensor(blobs(60, 2, 2)[0])
    facts, seen = {
        "noise of their own": (Marks(noise=np.full((60, 2), 0.1)), OwnNoise()),
        "linked": (Marks(links=np.r_[0, 0, 1, 1, np.full(56, -1)]), Complete()),
    }[kind]
    fold = Fold(ArraySource(rows, facts), ArrayEngine(), LocalExecutor(), (seen,))
    fold.statistics(potentials_of(FULL, 2, 2), FULL)
    assert told
    assert all(kind in what for what in told)
