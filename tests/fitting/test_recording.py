"""How columns were recorded is found from their values."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.fitting.recording import Recorded, recorded_step, robust_variance, rows_between, value_variance

RNG = np.random.default_rng(0)
NORMAL = RNG.normal(size=2000)


@pytest.mark.parametrize("step", [1e-3, 0.1, 0.25, 1.0, 7.0, 25.0])
@pytest.mark.parametrize("precision", [np.float64, np.float32])
def test_the_step_of_rounded_values_is_found(step: float, precision: type) -> None:
    values = (np.round(NORMAL * 10.0) * step).astype(precision).astype(float)
    assert recorded_step(values) == pytest.approx(step, rel=1e-5)


def test_a_step_that_no_two_values_differ_by_is_found() -> None:
    assert recorded_step(np.tile([0.0, 6.0, 15.0, 25.0], 20)) == pytest.approx(1.0)


@pytest.mark.parametrize("values", [NORMAL, NORMAL.astype(np.float32).astype(float), np.exp(NORMAL), np.zeros(40)])
def test_continuous_and_constant_values_have_no_step(values: np.ndarray) -> None:
    assert recorded_step(values) == 0.0


@pytest.mark.parametrize("shift", [0.0, 1e5, -3.7])
def test_a_step_does_not_depend_on_where_zero_is(shift: float) -> None:
    assert recorded_step(np.round(NORMAL, 1) + shift) == pytest.approx(0.1, rel=1e-6)


def test_seconds_since_1970_have_steps_of_one() -> None:
    assert recorded_step(1.7e9 + np.arange(1000.0)) == 1.0


def test_of_few_rows_only_decimals_are_told() -> None:
    few = np.array([1.0, 1.0, 1.0, 10.0, 10.0, 10.0])
    assert recorded_step(few) == 1.0
    assert recorded_step(np.tile(few, 10)) == 9.0
    assert recorded_step(few, n_rows=60.0) == 9.0


@pytest.mark.parametrize("n_values", [3, 5, 10])
def test_telling_equally_frequent_values_apart_gains_nothing(n_values: int) -> None:
    values = np.tile(np.arange(float(n_values)), 20)
    spread = value_variance(values, np.ones(len(values)), 1.0, float(np.var(values)))
    gain = 0.5 * np.log((np.var(values) + spread) / spread)  # of log density, from one component to one for each value
    assert gain == pytest.approx(np.log(n_values), abs=1e-9)


@pytest.mark.parametrize("n_categories", [2, 3, 5])
def test_telling_categories_apart_by_their_indicators_gains_nothing(n_categories: int) -> None:
    indicators = np.tile(np.eye(n_categories), (20, 1))
    spread = value_variance(indicators[:, 0], np.ones(len(indicators)), 1.0, float(np.var(indicators[:, 0])))
    within = spread * np.eye(n_categories)
    whole = np.cov(indicators.T, bias=True) + within
    gain = 0.5 * (np.linalg.slogdet(whole)[1] - np.linalg.slogdet(within)[1])
    assert gain <= np.log(n_categories) + 1e-9


def test_a_value_that_most_rows_share_is_spread_so_that_a_component_of_it_gains_nothing() -> None:
    rng = np.random.default_rng(0)
    share = 0.6
    values = np.append(np.zeros(600), rng.exponential(size=400))
    spread = value_variance(values, np.ones(1000), 0.0, 1.0)
    entropy = -share * np.log(share) - (1.0 - share) * np.log(1.0 - share)
    assert 0.5 * share * np.log(1.0 / spread) < entropy


@pytest.mark.parametrize(("share", "expected"), [(0.3, 0.1365), (0.6, 0.8488), (0.9, 1.0), (0.99, 1.7851)])
def test_such_a_column_is_at_most_as_wide_as_its_variance_unless_that_is_needed(share: float, expected: float) -> None:
    values = np.append(np.zeros(round(1000 * share)), np.random.default_rng(0).exponential(size=1000))[:1000]
    assert value_variance(values, np.ones(1000), 0.0, 1.0) == pytest.approx(expected, abs=1e-3)


def test_weights_count_as_repeated_rows() -> None:
    rng = np.random.default_rng(0)
    values, weights = np.round(NORMAL[:200], 2), rng.integers(1, 4, size=200)
    repeated = np.repeat(values, weights)
    one = robust_variance(values, weights.astype(float))
    assert one == pytest.approx(robust_variance(repeated, np.ones(len(repeated))), rel=1e-12)


@pytest.mark.parametrize("far", [1e2, 1e8, -1e150])
def test_a_far_value_does_not_change_the_variance(far: float) -> None:
    variance, lowest, highest = robust_variance(np.append(NORMAL, far), np.ones(2001))
    assert variance == pytest.approx(np.var(NORMAL), rel=1e-12)
    assert not lowest <= far <= highest


def test_what_never_varies_has_no_variance_however_large() -> None:
    assert robust_variance(np.full(7, -1.1e137), np.full(7, 0.3))[0] == 0.0


def test_steps_in_other_decimals_are_as_wide_as_before() -> None:
    values = np.round(NORMAL[:300] * 2.0) / 2.0
    converted = np.round(values / 2.54, 2)
    for one, size in ((values, 1.0), (converted, 1.0 / 2.54)):
        step = recorded_step(one)
        spread = value_variance(one, np.ones(300), step, float(np.var(one)))
        assert spread == pytest.approx((0.5 * size) ** 2 / 12.0, rel=0.1)
    assert recorded_step(converted) < 0.1


def columns_of_kinds(n_rows: int, seed: int) -> np.ndarray:
    """Give continuous, rounded, skew, mostly zero, binary and constant columns, and one with a far value."""
    random = np.random.default_rng(seed)
    normal = random.normal(size=(n_rows, 7))
    normal[:, 1] = np.round(normal[:, 1] * random.choice([1.0, 5.0, 100.0])) * random.choice([0.1, 0.25, 7.0])
    normal[:, 2] = np.exp(4.0 * normal[:, 2])
    normal[random.uniform(size=n_rows) < 0.6, 3] = 0.0
    normal[:, 4] = normal[:, 4] > 0.5
    normal[:, 5] = 3.7
    normal[0, 6] = 1e6
    return normal


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
@pytest.mark.parametrize("n_rows", [1, 2, 20, 31, 500])
@pytest.mark.parametrize("weighted", [False, True])
def test_kernels_find_what_is_found_column_by_column(n_rows: int, weighted: bool) -> None:
    for seed in range(10):
        rows = columns_of_kinds(n_rows, seed)
        weights = np.random.default_rng(seed).uniform(0.1, 2.0, n_rows) if weighted else np.full(n_rows, 0.3)
        one, other = Recorded.of(rows, weights), Recorded.by_column(rows, weights)
        for name in Recorded.__dataclass_fields__:
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9, err_msg=name)


def test_rows_are_not_put_in_order() -> None:
    rows = np.array([[3.0], [1.0], [2.0]])
    Recorded.of(rows, np.ones(3))
    assert rows.ravel().tolist() == [3.0, 1.0, 2.0]


def test_rows_between_are_all_where_they_have_less_than_half_of_the_weight() -> None:
    rows, lowest, highest = np.array([[0.0, 0.0], [0.5, 2.0], [9.0, 0.5]]), np.zeros(2), np.ones(2)
    assert rows_between(rows, np.array([2.0, 1.0, 0.5]), lowest, highest).tolist() == [True, False, False]
    assert rows_between(rows, np.ones(3), lowest, highest).all()
