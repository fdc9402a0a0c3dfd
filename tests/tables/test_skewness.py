"""Which columns are said to be better clustered by their logarithms."""

import numpy as np
import pytest

from mixfold.mixtures import Mixture
from mixfold.plotting import Report
from mixfold.tables.skewness import about_skewed_columns

RANDOM = np.random.default_rng(0)
NORMAL = RANDOM.normal(size=500)
AMOUNTS = np.exp(1.5 * NORMAL)
FAR_GROUPS = np.where(RANDOM.random(500) < 0.05, 900.0, 10.0) * np.exp(0.01 * NORMAL)


@pytest.mark.parametrize(
    "column", [AMOUNTS, 1e-200 * AMOUNTS, np.where(NORMAL < -1.0, 0.0, AMOUNTS)], ids=["plain", "tiny", "zeros"]
)
def test_amounts_that_span_factors_are_named(column):
    rows = np.column_stack([column, NORMAL])
    rows[3] = np.nan
    assert about_skewed_columns(rows, ["price", "height"]).startswith("'price' is never negative")


@pytest.mark.parametrize(
    "column",
    [
        NORMAL,
        np.exp(0.1 * NORMAL),
        -AMOUNTS,
        AMOUNTS - 1.0,
        FAR_GROUPS,
        np.full(500, 7.0),
        np.zeros(500),
        np.full(500, np.nan),
    ],
    ids=["normal", "nearly normal", "negative", "of both signs", "far groups", "constant", "zero", "missing"],
)
def test_of_other_columns_nothing_is_said(column):
    assert not about_skewed_columns(column[:, None], ["x0"])


def test_few_values_say_nothing():
    assert not about_skewed_columns(np.array([[1.0], [1.1], [1.2], [900.0]]), ["x0"])


def test_the_report_names_them():
    rows = np.column_stack([AMOUNTS, 2.0 * AMOUNTS])
    mixture = Mixture([1.0], [[0.0, 0.0]], [1.0], "spherical")
    assert "&#39;price&#39;, &#39;tax&#39; are never negative" in Report(mixture, rows, ["price", "tax"]).html
