"""The page on what goes together says what fits do."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from tests.compositions import NAMES, PAGE, exclude_each_other, tried

TABLE = {
    line.split("|")[1].strip().strip("*"): [word.strip() for word in line.split("|")[2:-1]]
    for line in PAGE.read_text().splitlines()
    if line.startswith("| **")
}
PAIRS = [pair for pair in itertools.combinations(NAMES, 2) if not exclude_each_other(set(pair))]


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_a_pair_goes_together_if_the_page_says_so_and_then_the_objective_never_falls(pair: tuple[str, str]) -> None:
    objectives, (first, second) = tried(set(pair)), pair
    said = "no" if isinstance(objectives, str) else "yes"
    assert (TABLE[first][NAMES.index(second)], TABLE[second][NAMES.index(first)]) == (said, said)
    if not isinstance(objectives, str):
        assert np.all(np.diff(objectives) >= -1e-12 * np.abs(objectives[-1]))


def test_everything_goes_together_but_what_the_table_refuses() -> None:
    several = {"weights", "missing values", "noise of each row", "labels", "a share left out"}
    objectives = tried(several)
    assert not isinstance(objectives, str), objectives
    assert np.all(np.diff(objectives) >= -1e-12 * np.abs(objectives[-1]))
