"""The unit of weights says nothing about how many rows there are."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.search.effective_sample_size import effective_rows, effective_weights

WEIGHTS = np.random.default_rng(0).uniform(0.5, 1.5, 50)


@pytest.mark.parametrize("unit", [1e-300, 1.0 / 50.0, 250.0, 1e300])
def test_the_unit_of_weights_does_not_matter(unit: float) -> None:
    assert effective_rows(unit * WEIGHTS) == pytest.approx(effective_rows(WEIGHTS))
    np.testing.assert_allclose(effective_weights(unit * WEIGHTS), effective_weights(WEIGHTS))


def test_weights_sum_to_the_effective_number_and_keep_their_ratios() -> None:
    scaled = effective_weights(WEIGHTS)
    assert np.sum(scaled) == pytest.approx(np.sum(WEIGHTS) ** 2 / np.sum(WEIGHTS**2))
    np.testing.assert_allclose(scaled / scaled[0], WEIGHTS / WEIGHTS[0])


@pytest.mark.parametrize("weight", [0.1, 1.0 / 3.0, 7.5])
def test_equal_weights_are_ones(weight: float) -> None:
    np.testing.assert_array_equal(effective_weights(np.full(11, weight)), np.ones(11))


def test_one_row_of_nearly_all_weight_is_hardly_more_than_one() -> None:
    assert effective_rows(np.append(np.full(10, 0.5), 5e5)) == pytest.approx(1.0, abs=1e-4)


def test_whole_numbers_say_how_often_a_row_is_there() -> None:
    weights = np.array([0.0, 3.0, 1.0, 2.0])
    assert effective_rows(weights) == 6.0
    assert effective_weights(weights) is weights


def test_weights_of_tensors_stay_tensors() -> None:
    torch = pytest.importorskip("torch")
    assert isinstance(effective_weights(torch.tensor(WEIGHTS)), torch.Tensor)
