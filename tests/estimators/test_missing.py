"""Rows that lack values, in fits and in what is asked of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import make_blobs

from mixfold import GaussianMixture
from mixfold.engines import engine_for
from mixfold.errors import InputError
from mixfold.estimators.missing import (
    by_pattern,
    completed,
    fully_observed,
    telling,
    unmasked,
    without_weight_where_empty,
)
from mixfold.estimators.strata import NO_FACTS, Facts, in_strata
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold, has_gaps
from mixfold.rows import Marks
from mixfold.sources import ArraySource
from mixfold.typing import FloatArray
from tests.estimators.rows_with_gaps import COMPLETE, LABELS, ROWS, fitted, with_gaps
from tests.examples import blobs


def log_density_row_by_row(model: GaussianMixture, rows: FloatArray) -> FloatArray:
    """Give the log density of what each row has, by the formula."""
    said = np.zeros(len(rows))
    for at, row in enumerate(rows):
        there = np.flatnonzero(~np.isnan(row))
        scores = []
        for weight, mean, covariance in zip(model.weights_, model.means_, model.covariances_, strict=True):
            away, seen = (row - mean)[there], covariance[np.ix_(there, there)]
            log_norm = len(there) * np.log(2.0 * np.pi) + np.linalg.slogdet(seen)[1]
            scores.append(np.log(weight) - 0.5 * (log_norm + away @ np.linalg.solve(seen, away)))
        said[at] = np.logaddexp.reduce(scores)
    return said


def test_a_row_is_scored_by_the_values_that_it_has() -> None:
    model = fitted()
    np.testing.assert_allclose(
        model.score_samples(ROWS[:300]), log_density_row_by_row(model, ROWS[:300]), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("family", ["full", "tied", "diag", "spherical", "VEI", "EVI", "VVE", "EEV", "VEV", "EVE"])
def test_the_objective_never_falls(family: str) -> None:
    objectives = [iteration.objective for iteration in fitted(covariance_type=family, tol=1e-9).history_]
    assert len(objectives) > 1
    assert np.all(np.diff(objectives) >= -1e-12 * np.abs(objectives[-1]))


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")  # the last steps of these gain little each
def test_factor_analyzers_take_rows_that_lack_values() -> None:
    model = fitted(covariance_type="factor:2", max_iter=5)
    objectives = [iteration.objective for iteration in model.history_]
    assert np.all(np.diff(objectives) >= -1e-12 * np.abs(objectives[-1]))


def test_parameters_are_found_nearly_as_well_as_from_complete_rows() -> None:
    truth = np.stack([COMPLETE[label == LABELS].mean(axis=0) for label in range(3)])
    truth = truth[np.argsort(truth[:, 0])]
    covariances = [np.cov(COMPLETE[label == LABELS].T, bias=True) for label in range(3)]
    order = np.argsort([COMPLETE[label == LABELS, 0].mean() for label in range(3)])
    model = fitted()
    ours = np.argsort(model.means_[:, 0])
    error = np.abs(model.means_[ours] - truth)
    deviations = np.sqrt(np.stack([np.diagonal(covariances[label]) for label in order]) / (len(COMPLETE) / 3))
    # What is lost is a tenth of the rows: errors beside those of complete rows are a third of these deviations.
    assert np.mean(error / deviations) < 0.5


def test_recovery_from_a_tenth_missing_is_within_one_and_a_half_times_that_of_complete_rows() -> None:
    random = np.random.default_rng(0)
    mean, factor = np.array([1.0, -2.0, 0.5]), np.array([[1.0, 0.0, 0.0], [0.8, 0.6, 0.0], [0.5, -0.5, 0.7]])
    complete, lacking = [], []
    for seed in range(20):
        rows = mean + random.normal(size=(200, 3)) @ factor.T
        for errors, given in ((complete, rows), (lacking, with_gaps(rows, seed=seed))):
            model = GaussianMixture(1).fit(given)
            errors.append(
                np.sum((model.means_[0] - mean) ** 2) + np.sum((model.covariances_[0] - factor @ factor.T) ** 2)
            )
    assert np.sqrt(np.mean(lacking)) <= 1.5 * np.sqrt(np.mean(complete))


def test_rows_without_gaps_are_fitted_to_the_same_bits() -> None:
    here, there = fitted(COMPLETE), fitted(COMPLETE, missing="raise")
    np.testing.assert_array_equal(here.covariances_, there.covariances_)
    assert here.n_missing_.tolist() == [0, 0, 0, 0]


def test_threads_change_no_bit() -> None:
    rows = with_gaps(blobs(20000, 3, 3, seed=2)[0])
    one, two = (fitted(rows, n_jobs=n_jobs) for n_jobs in (1, 2))
    np.testing.assert_array_equal(one.covariances_, two.covariances_)
    np.testing.assert_array_equal(one.score_samples(rows), two.score_samples(rows))


def test_single_precision_finds_the_same() -> None:
    double, single = fitted(), fitted(ROWS.astype(np.float32))
    np.testing.assert_allclose(single.means_, double.means_, rtol=1e-3, atol=1e-3)
    assert single.predict_proba(ROWS.astype(np.float32)).dtype == np.float32


def test_a_weight_of_two_counts_twice() -> None:
    weights = np.where(np.arange(len(ROWS)) < 500, 2.0, 1.0)
    model, twice = fitted(sample_weight=weights, tol=1e-10), fitted(np.concatenate([ROWS, ROWS[:500]]), tol=1e-10)
    assert model.score(ROWS, sample_weight=weights) == pytest.approx(
        twice.score(np.concatenate([ROWS, ROWS[:500]])), abs=1e-5
    )
    np.testing.assert_allclose(model.means_, twice.means_, atol=1e-2)


def test_frames_and_masks_say_what_is_missing() -> None:
    means = fitted().means_
    names = ["a", "b", "c", "d"]
    nulls = pl.DataFrame(
        {
            name: [None if np.isnan(value) else value for value in column]
            for name, column in zip(names, ROWS.T.tolist(), strict=True)
        }
    )
    nullable = pd.DataFrame(ROWS, columns=names).astype("Float64")
    nothing = [[None if np.isnan(value) else value for value in row] for row in ROWS.tolist()]
    masked = np.ma.masked_array(np.where(np.isnan(ROWS), -99.0, ROWS), np.isnan(ROWS))
    for rows in (pd.DataFrame(ROWS, columns=names), nullable, nulls, masked, np.array(nothing, dtype=object), nothing):
        np.testing.assert_array_equal(fitted(rows).means_, means)


def test_a_row_without_values_tells_nothing() -> None:
    empty = np.full((5, 4), np.nan)
    rows = np.concatenate([ROWS, empty])
    model, without = fitted(rows), fitted()
    np.testing.assert_array_equal(model.means_, without.means_)
    assert model.bic(rows) == pytest.approx(without.bic(ROWS), rel=1e-12)
    assert model.score(rows) == pytest.approx(without.score(ROWS), rel=1e-12)
    np.testing.assert_allclose(model.score_samples(empty), 0.0, atol=1e-12)
    np.testing.assert_allclose(model.predict_proba(empty), np.tile(model.weights_, (5, 1)), rtol=1e-12)
    assert model.score(empty) == pytest.approx(0.0, abs=1e-12)


def test_what_was_missing_is_counted() -> None:
    assert fitted().n_missing_.tolist() == np.isnan(ROWS).sum(axis=0).tolist()


def test_a_feature_without_values_is_refused() -> None:
    rows = ROWS.copy()
    rows[:, 2] = np.nan
    with pytest.raises(InputError, match=r"feature\(s\) \[2\] have none"):
        fitted(rows)


def test_missing_values_are_refused_where_they_are_not_wanted() -> None:
    with pytest.raises(ValueError, match="NaN"):
        fitted(missing="raise")
    with pytest.raises(ValueError, match="NaN"):
        fitted().mahalanobis(ROWS)


@pytest.mark.parametrize("start", ["kmeans", "random", "density_peaks"])
def test_starts_are_made_on_completed_rows(start: str) -> None:
    assert fitted(init_params=start).score(ROWS) == pytest.approx(fitted().score(ROWS), abs=1.0)


def test_labels_of_all_rows_can_be_the_start() -> None:
    rows = np.concatenate([ROWS, np.full((1, 4), np.nan)])
    model = fitted(rows, labels_init=np.append(LABELS, 0))
    assert np.mean(model.predict(ROWS) == LABELS) > 0.9


def test_a_warm_start_goes_on_from_the_last_fit() -> None:
    model = fitted(warm_start=True)
    before = model.means_
    assert model.fit(ROWS).n_iter_ <= 3
    np.testing.assert_allclose(model.means_, before, atol=1e-2)


def test_batches_may_lack_values() -> None:
    model = GaussianMixture(3, random_state=0)
    for batch in (COMPLETE[:1000], ROWS[1000:], ROWS[:1000]):
        model.partial_fit(batch)
    assert model.score(COMPLETE) == pytest.approx(fitted(COMPLETE).score(COMPLETE), abs=0.1)


def test_criteria_count_what_was_observed() -> None:
    model = fitted()
    assert model.bic(ROWS) == pytest.approx(
        -2.0 * np.sum(model.score_samples(ROWS)) + model.mixture_.n_parameters * np.log(len(ROWS)), rel=1e-3
    )
    assert model.icl(ROWS) >= model.bic(ROWS)


def test_masks_become_gaps_and_other_rows_stay() -> None:
    np.testing.assert_array_equal(unmasked(np.ma.masked_equal([[1, 2]], 2)), [[1.0, np.nan]])
    assert unmasked(ROWS) is ROWS


def test_rows_that_lack_values_say_so_by_themselves_and_complete_ones_need_no_observation() -> None:
    source, (observation,) = in_strata(ArraySource(ROWS))
    assert observation.may_lack
    assert not observation.is_complete
    assert source.marks.strata is None
    assert in_strata(ArraySource(COMPLETE))[1] == ()


def test_rows_of_a_pattern_come_together() -> None:
    source, observations = in_strata(ArraySource(ROWS))
    fold = Fold.of_rows(COMPLETE)
    ordered = by_pattern(Fold(source, fold.engine, fold.executor, observations)).source
    assert isinstance(ordered, ArraySource)
    lacks = np.isnan(ordered.values)
    changes = 1 + np.count_nonzero(np.any(lacks[1:] != lacks[:-1], axis=1))
    assert changes == len(np.unique(lacks, axis=0))
    assert by_pattern(fold) is fold


def test_rows_are_completed_by_what_is_expected_there() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=500)
    rows = np.stack([x, 2.0 * x + 0.1 * random.normal(size=500)], axis=1)
    lacking = rows.copy()
    lacking[:50, 1] = np.nan
    source, observations = in_strata(ArraySource(lacking))
    fold = Fold.of_rows(rows)
    filled = completed(Fold(source, fold.engine, fold.executor, observations))
    assert filled.is_complete
    np.testing.assert_array_equal(filled.taken(np.arange(50, 500)).values, rows[50:])
    found = filled.taken(np.arange(50)).values  # noqa: PD011  (rows, no frame)
    assert np.std(found[:, 1] - rows[:50, 1]) < 0.15


def test_rows_that_have_no_value_lose_their_weight() -> None:
    rows = np.array([[np.nan, np.nan], [1.0, np.nan]])
    assert without_weight_where_empty(rows, None).tolist() == [0.0, 1.0]
    assert without_weight_where_empty(rows, np.array([3.0, 2.0])).tolist() == [0.0, 2.0]
    assert without_weight_where_empty(rows[:1], None) is None
    assert Marks(without_weight_where_empty(COMPLETE, None)).weights is None


def test_sums_that_overflow_are_no_gaps() -> None:
    assert not has_gaps(np.array([[1e308, -1e308], [1e308, -1e308]]))
    assert has_gaps(np.array([[1e308, np.nan]]))


def test_steps_are_found_in_the_values_that_there_are() -> None:
    rows = np.round(np.random.default_rng(0).normal(size=(300, 2)), 1)
    rows[np.arange(300) % 4 > 0, 0] = np.nan  # most values come from the start, on no grid
    model = GaussianMixture(1, random_state=0).fit(rows)
    spread = np.diagonal(model._jitter) if np.ndim(model._jitter) == 2 else model._jitter
    np.testing.assert_allclose(spread, 0.1**2 / 12.0, rtol=0.05)


def test_what_was_missing_is_saved_with_the_model(tmp_path: Path) -> None:
    model = fitted()
    model.save(tmp_path / "model.json")
    np.testing.assert_array_equal(GaussianMixture.load(tmp_path / "model.json").n_missing_, model.n_missing_)


def test_a_search_looks_at_rows_that_lack_nothing_where_they_are_many_and_else_at_completed_ones() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(300, 2))
    rows[::2, 0] = np.nan
    for n, expected in ((300, 150), (120, 120)):
        source, observations = in_strata(ArraySource(rows[:n]))
        fold = Fold(source, engine_for(rows), LocalExecutor(), observations)
        looked_at = fully_observed(fold)
        assert looked_at.is_complete
        assert looked_at.source.n_rows == expected
        assert not np.any(np.isnan(looked_at.source.rows.values))  # type: ignore[attr-defined]


def told_from(rows: FloatArray, facts: Facts = NO_FACTS) -> FloatArray | None:
    source, observations = in_strata(ArraySource(rows), facts)
    told = telling(Fold(source, engine_for(rows), LocalExecutor(), observations))
    if told is None:
        return None
    sample = told.sample(np.random.RandomState(0))
    return np.asarray(sample.values)


def test_rows_that_lack_nothing_and_have_no_noise_tell_how_alike_components_are() -> None:
    whole = ROWS[~np.isnan(ROWS).any(axis=1)]
    told = told_from(ROWS)
    assert told is not None
    np.testing.assert_array_equal(np.sort(told, axis=0), np.sort(whole, axis=0))
    allowed = np.ones((len(ROWS), 3), dtype=bool)
    allowed[:5, 1:] = False
    told = told_from(ROWS, Facts(allowed=allowed))
    assert told is not None
    np.testing.assert_array_equal(np.sort(told, axis=0), np.sort(whole, axis=0))
    assert told_from(ROWS, Facts(noise=np.full((1, 4), 0.1))) is None
    assert told_from(ROWS[:50]) is None


def test_components_that_are_alike_stay_so_where_some_values_are_missing() -> None:
    rows = make_blobs(150, random_state=170)[0]
    lacking = with_gaps(rows, 0.05)
    complete, gaps, weak = (
        GaussianMixture(3, random_state=0, reg_covar=how, missing="em").fit(X)
        for X, how in ((rows, "auto"), (lacking, "auto"), (lacking, "weak"))
    )
    spread = [np.ptp(np.linalg.slogdet(model.covariances_)[1]) for model in (complete, gaps, weak)]
    assert spread[0] < 0.2
    assert spread[1] < 0.2 < spread[2]
