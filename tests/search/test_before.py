"""What a wave sees of cells that were computed before it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mixfold.fold import Fold
from mixfold.search import Sweep
from mixfold.search.before import Before


def test_the_lowest_of_the_families_that_contain_one_is_given_and_none_that_was_not_computed() -> None:
    rows = np.random.default_rng(0).normal(size=(60, 3))
    full, tied, diag = Sweep(Fold.of_rows(rows), [2], ["full", "tied", "diag"], "bic", 0).run().cells
    assert Before(full, [full, tied, diag]).containing("EEI") is min((full, tied, diag), key=lambda cell: cell.reach)
    assert Before(full, [full, replace(tied, parameters=None)]).containing("EEI") is full
    assert Before(full, [full, diag]).containing("tied") is full
    assert Before(full, [full]).containing("full") is None
