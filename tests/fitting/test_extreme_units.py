"""Units in which squares of the data's spread cannot be held."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.errors import InputError
from mixfold.fitting.extreme_units import refuse_extreme_units


@pytest.mark.parametrize(("unit", "single"), [(1e-154, False), (1e155, False), (1e-17, True), (1e20, True)])
def test_features_whose_squares_cannot_be_held_are_refused(unit: float, single: bool) -> None:
    rows = np.random.default_rng(0).normal(size=(50, 2)) * [1.0, unit]
    with pytest.raises(InputError, match="deviation of feature 1"):
        refuse_extreme_units(rows, single=single)


@pytest.mark.parametrize(("unit", "single"), [(1e-150, False), (1e150, False), (0.0, False), (1e-13, True)])
def test_others_are_not(unit: float, single: bool) -> None:
    refuse_extreme_units(np.random.default_rng(0).normal(size=(50, 2)) * [1.0, unit], single=single)
