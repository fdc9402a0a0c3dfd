"""Mixtures of many groups as columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mixfold import GroupedMixtures, fit_many
from mixfold.errors import InputError
from tests.examples import blobs

ROWS = np.concatenate([blobs(80, 2, 2, seed=seed, separation=6.0)[0] for seed in range(3)] + [np.zeros((1, 2))])
LABELS = np.array(["ant"] * 80 + ["bee"] * 80 + ["cat"] * 80 + ["dot"])


def fitted(covariance_type: str = "full") -> GroupedMixtures:
    """Give mixtures of four groups, the last of one row, the third of one component."""
    return fit_many(
        ROWS, groups=LABELS, n_components=[1, 2], covariance_type=covariance_type, reg_covar=1e-3, random_state=0
    )


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical", "VVE"])
def test_the_table_of_components_has_the_numbers_of_the_mixtures(covariance_type: str) -> None:
    many = fitted(covariance_type)
    table = many.components()
    for position, mixture in enumerate(many):
        of_group = table["group"] == many.groups[position]
        if mixture is None:
            assert not of_group.any()
            continue
        np.testing.assert_array_equal(table["weight"][of_group], mixture.weights)
        np.testing.assert_array_equal(table["mean_x1"][of_group], mixture.means[:, 1])
        np.testing.assert_array_equal(table["covariance_x1_x0"][of_group], mixture.component_covariances[:, 1, 0])
        np.testing.assert_array_equal(table["component"][of_group], np.arange(mixture.n_components))


def test_a_mixture_is_found_by_position_and_by_label() -> None:
    many = fitted()
    assert many[1] == many.of("bee") == many[-3] == many[0:2][1]
    with pytest.raises(IndexError):
        many[4]


def test_a_label_that_is_no_groups_is_named() -> None:
    with pytest.raises(InputError, match="got 'eel'"):
        fitted().of("eel")
    with pytest.raises(InputError, match="got 3"):
        fitted().positions([3])


def test_the_summary_has_a_row_for_each_group() -> None:
    many = fitted()
    summary = many.summary()
    assert {len(column) for column in summary.values()} == {4}
    assert summary["n_rows"].tolist() == [80, 80, 80, 1]
    assert [bool(reason) for reason in summary["reason"]] == [False, False, False, many.n_components[3] >= 0]


def test_pandas_gets_the_table() -> None:
    many = fitted()
    frame = many.to_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert len(frame) == len(many.weights)
    assert repr(many).startswith("GroupedMixtures(n_groups=4, ")
