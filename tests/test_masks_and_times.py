"""Masked values, dates, times and durations are refused wherever numbers come in."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mixfold.errors import InputError
from mixfold.validation import array_of_shape, rows_of, weights_of

DAYS = np.array(["2024-01-01", "NaT"], dtype="M8[us]")


@pytest.mark.parametrize(
    "times",
    [
        DAYS[:, None],
        (DAYS - DAYS[0])[:, None],
        DAYS[:, None].astype(object),
        [[dt.date(2024, 1, 1)], [dt.date(2024, 1, 2)]],
        [[DAYS[0]], [DAYS[1]]],
        pd.DataFrame({"when": DAYS, "x": [1.0, 2.0]}),
        pd.DataFrame({"when": pd.to_datetime(DAYS).tz_localize("UTC")}),
        pd.DataFrame({"when": pd.to_datetime(DAYS).to_period("D")}),
        pl.DataFrame({"when": DAYS, "x": [1.0, 2.0]}),
        pl.DataFrame({"when": DAYS - DAYS[0]}),
        pa.table({"when": DAYS, "x": [1.0, 2.0]}),
    ],
    ids=lambda times: type(times).__module__ + "." + type(times).__name__,
)
def test_dates_and_durations_are_no_numbers(times: Any) -> None:
    with pytest.raises(InputError, match="X must hold numbers, but holds .* Leave dates and times out"):
        rows_of(times)


def test_masked_values_are_refused_and_arrays_without_any_taken() -> None:
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(InputError, match=r"X must have a value in every place, but 1 of 4 are masked"):
        rows_of(np.ma.masked_equal(values, 3.0))
    with pytest.raises(InputError, match="1 of 4 are masked"):
        rows_of([np.ma.masked_equal(row, 3.0) for row in values])
    with pytest.raises(InputError, match="sample_weight must have a value in every place"):
        weights_of(np.ma.masked_equal([1.0, 2.0], 2.0), values)
    with pytest.raises(InputError, match="`means_init` must have a value in every place"):
        array_of_shape(np.ma.masked_equal(values, 3.0), (2, 2), "means_init", "(n_components, n_features)")
    assert rows_of(np.ma.masked_array(values)).tolist() == values.tolist()
