"""Fits, predictions, selections and applications have the bits that were recorded."""

from __future__ import annotations

import numpy as np
import pytest

from tests.golden.cases import CASES, compute
from tests.golden.record import entry, environment, load

RECORDED = load()


@pytest.mark.parametrize("name", list(CASES))
def test_a_case_has_the_bits_that_were_recorded_or_elsewhere_the_numbers(name: str) -> None:
    found, recorded = entry(compute(name)), RECORDED["cases"][name]
    if environment() == RECORDED["environment"]:
        assert found["bits"] == recorded["bits"], f"{name}: {found['numbers']} was {recorded['numbers']}"
    for array, numbers in recorded["numbers"].items():
        if array == "n_iter":
            continue  # a step more or less is rounding
        np.testing.assert_allclose(found["numbers"][array], numbers, rtol=1e-3, atol=1e-3, err_msg=array)


def test_nothing_is_recorded_that_is_not_computed() -> None:
    assert RECORDED["cases"].keys() == CASES.keys()
