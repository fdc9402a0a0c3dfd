"""The table of the sums: every reader of it has every sum."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest

from mixfold import sums
from mixfold.engines import ArrayEngine, Assignment, ChunkSums, NativeEngine
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.rows import Rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import STRUCTURES, Structure
from mixfold.sums import SUMS
from tests.examples import potentials_of


def test_every_sum_is_a_field_of_statistics() -> None:
    assert {one.name for one in SUMS} <= {field.name for field in fields(SufficientStatistics)}


@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda structure: structure.name)
def test_places_follow_one_another_to_the_width_of_a_row(structure: Structure) -> None:
    places = sums.places(4, 3, structure.shape(4, 3), with_degrees=True)
    assert [place.name for place in places] == [one.name for one in SUMS]
    assert [place.at.start for place in places] == [0, *(place.at.stop for place in places[:-1])]
    assert places[-1].at.stop == ChunkSums.width(np.zeros((4, 3)), structure, with_degrees=True)


@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda structure: structure.name)
def test_sums_of_the_array_engine_have_the_shapes_of_the_table(structure: Structure) -> None:
    rows = np.random.default_rng(0).normal(size=(20, 3))
    potentials = replace(potentials_of(structure, 4, 3), degrees=np.ones(4))
    statistics = ArrayEngine().statistics(Rows(rows), potentials, structure)
    for one in SUMS:
        assert np.shape(getattr(statistics, one.name)) == one.shape(4, 3, structure.shape(4, 3))


def test_the_table_is_printed_where_the_package_cannot_be_imported() -> None:
    printed = subprocess.run(
        [sys.executable, "-I", "-S", sums.__file__], check=True, capture_output=True, text=True
    ).stdout
    assert printed == sums.as_cpp()
    assert [line.partition("(")[2].partition(",")[0] for line in printed.splitlines()] == [one.name for one in SUMS]


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
def test_the_kernels_refuse_rows_of_another_width_than_the_table_has() -> None:
    rows, potentials = np.zeros((5, 3)), potentials_of(STRUCTURES[0], 2, 3)
    room = ChunkSums.empty(potentials.center, STRUCTURES[0], 1)
    wider = ChunkSums(room.center, room.structure, np.zeros((1, room.values.shape[1] + 1)), room.next_chunk)
    with pytest.raises(ValueError, match="sums must be"):
        NativeEngine().statistics_of_chunks(Rows(rows), potentials, Assignment.SOFT, None, 5, wider)
