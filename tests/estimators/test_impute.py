"""Values that rows lack, filled in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from mixfold import GaussianMixture
from mixfold.errors import InputError
from tests.examples import blobs

COMPLETE, _ = blobs(1500, 3, 3, seed=4)
ROWS = np.where(np.random.default_rng(0).random(COMPLETE.shape) < 0.2, np.nan, COMPLETE)
MODEL = GaussianMixture(3, random_state=0).fit(ROWS)
LACKS = np.isnan(ROWS)


def test_what_is_there_stays_and_what_is_missing_is_what_the_conditioned_mixture_expects() -> None:
    filled = MODEL.impute(ROWS)
    np.testing.assert_array_equal(filled[~LACKS], ROWS[~LACKS])
    row = int(np.flatnonzero(LACKS.sum(axis=1) == 1)[0])
    feature = int(np.flatnonzero(LACKS[row])[0])
    given = {at: ROWS[row, at] for at in range(3) if at != feature}
    rest = MODEL.mixture_.conditional(given)
    assert filled[row, feature] == pytest.approx((rest.weights @ rest.means)[0], rel=1e-10)


def test_nine_of_ten_values_are_within_the_deviations_that_are_said() -> None:
    filled, std = MODEL.impute(ROWS, return_std=True)
    draws = np.array(MODEL.impute(ROWS, 400, random_state=0))
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    assert np.mean((low <= COMPLETE) & (high >= COMPLETE), where=LACKS) == pytest.approx(0.9, abs=0.04)
    assert np.all(std[~LACKS] == 0.0)
    assert np.mean(((COMPLETE - filled)[LACKS] / std[LACKS]) ** 2) == pytest.approx(1.0, abs=0.25)
    np.testing.assert_allclose(draws.std(axis=0)[LACKS].mean(), std[LACKS].mean(), rtol=0.05)


def test_draws_are_repeated_by_their_random_state() -> None:
    one, two = MODEL.impute(ROWS, 2, random_state=1), MODEL.impute(ROWS, 2, random_state=1)
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one[0], one[1])


def test_a_row_without_values_becomes_the_mean() -> None:
    filled = MODEL.impute(np.full((1, 3), np.nan))
    np.testing.assert_allclose(filled[0], MODEL.weights_ @ MODEL.means_, rtol=1e-10)


def test_frames_come_back_as_frames() -> None:
    frame = pd.DataFrame(ROWS, columns=["a", "b", "c"], index=np.arange(len(ROWS)) + 7)
    model = GaussianMixture(3, random_state=0).fit(frame)
    filled, std = model.impute(frame, return_std=True)
    assert filled.columns.tolist() == std.columns.tolist() == ["a", "b", "c"]
    assert filled.index.equals(frame.index)
    assert not filled.isna().any().any()
    drawn = model.impute(pl.from_pandas(frame), 2)[1]
    assert isinstance(drawn, pl.DataFrame)
    assert drawn.columns == ["a", "b", "c"]


def test_complete_rows_come_back_as_they_are() -> None:
    np.testing.assert_array_equal(MODEL.impute(COMPLETE), COMPLETE)


def test_no_draws_are_refused() -> None:
    with pytest.raises(InputError, match="`n_draws` must be a number of at least 1"):
        MODEL.impute(ROWS, 0)


def test_calibrated_draws_are_wider_where_rows_are_few() -> None:
    random = np.random.default_rng(0)
    complete = random.normal(size=(60, 2)) @ random.normal(size=(2, 6)) + random.normal(size=(60, 6))
    rows = np.where(random.random(complete.shape) < 0.2, np.nan, complete)
    model, lacks = GaussianMixture(1, reg_covar=1e-6).fit(rows), np.isnan(rows)
    filled, plain = model.impute(rows, return_std=True)
    drawn, wide = model.impute(rows, 2, return_std=True, random_state=0, calibrated=True)
    ratios = wide[lacks] / plain[lacks]
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-12)
    assert 1.1 < ratios[0] < 1.5
    drawn = np.array(drawn)
    assert np.all(drawn[:, ~lacks] == rows[~lacks])
    away = (drawn - filled)[:, lacks] / wide[lacks]
    assert np.mean(away**2) == pytest.approx(1.0, abs=0.3)


def test_too_few_values_to_calibrate_by_are_refused() -> None:
    with pytest.raises(InputError, match=r"at least 100 values that are not missing, got 3\. Pass the rows"):
        MODEL.impute([[1.0, 2.0, np.nan], [np.nan, 1.0, np.nan]], calibrated=True)
