"""Features that others determine tell a fit nothing."""

from __future__ import annotations

import pickle
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris

from mixfold import AutoGaussianMixture, GaussianMixture, StudentMixture
from mixfold.covariance import family_for
from mixfold.engines import to_numpy
from mixfold.errors import ShapeError
from mixfold.estimators.determined import DeterminedFeatures
from mixfold.executors import DevicesExecutor
from mixfold.fitting import DataScale
from mixfold.fold import Fold
from mixfold.sources import ArraySource

IRIS = load_iris().data
MORE = {
    "a constant": np.full((150, 1), 7.0),
    "a feature twice": IRIS[:, :1],
    "a sum": IRIS[:, :1] + IRIS[:, 1:2],
    "a multiple of a feature, and a constant": np.column_stack([3.0 * IRIS[:, 2] - 1.0, np.zeros(150)]),
}
quietly = pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
more_of = pytest.mark.parametrize("more", list(MORE))


def found_in(rows: np.ndarray) -> DeterminedFeatures | None:
    return DeterminedFeatures.of(ArraySource(rows), DataScale.of(Fold.of_rows(rows)), family_for("full"))


@cache
def expected_labels(covariance_type: str) -> np.ndarray:
    return labels_of(IRIS, covariance_type)


def labels_of(rows: np.ndarray, covariance_type: str) -> np.ndarray:
    return GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit_predict(rows)


@more_of
@pytest.mark.parametrize("covariance_type", ["full", "tied", pytest.param("VVE", marks=pytest.mark.nightly), "EEV"])
def test_they_change_no_label(more: str, covariance_type: str) -> None:
    expected = expected_labels(covariance_type)
    np.testing.assert_array_equal(labels_of(np.column_stack([IRIS, MORE[more]]), covariance_type), expected)


@more_of
@pytest.mark.parametrize("covariance_type", ["factor:2", "factor:4", "factor:2:shared"])
def test_factors_are_fitted_without_them_and_hold_them_by_more_factors(more: str, covariance_type: str) -> None:
    rows = np.column_stack([IRIS, MORE[more]])
    plain, whole = factors_of(IRIS, covariance_type), factors_of(rows, covariance_type)
    np.testing.assert_allclose(whole.predict_proba(rows), plain.predict_proba(IRIS), atol=1e-9)
    assert whole.objective_ == pytest.approx(plain.objective_, abs=1e-12)
    n_followed = {"a constant": 0, "a sum": 2}.get(more, 1)
    assert whole.covariances_.shape == (3, rows.shape[1], plain.covariances_.shape[2] + n_followed)
    assert_is(pickle.loads(pickle.dumps(whole)), whole, rows)
    whole.means_ = whole.means_.copy()  # attributes that are replaced are those of a mixture with as many factors
    rank, shared = whole.covariances_.shape[2] - 1, ":shared" * covariance_type.endswith(":shared")
    assert whole.mixture_.covariance_type == f"factor:{rank}{shared}"


def test_a_file_holds_factors_of_features_that_follow_others(tmp_path: Path) -> None:
    rows = np.column_stack([IRIS, MORE["a sum"]])
    model = factors_of(rows, "factor:2")
    model.save(tmp_path / "model.npz")
    assert_is(GaussianMixture.load(tmp_path / "model.npz"), model, rows)


def test_more_factors_than_features_that_are_free_are_as_many() -> None:
    rows = np.column_stack([IRIS[:, :2], MORE["a constant"], MORE["a constant"]])
    whole, plain = factors_of(rows, "factor:4"), factors_of(IRIS[:, :2], "factor:2")
    np.testing.assert_allclose(whole.predict_proba(rows), plain.predict_proba(IRIS[:, :2]), atol=1e-9)
    assert whole.covariances_.shape == (3, 4, 5)


@quietly
def test_a_warm_start_of_factors_goes_on_from_there() -> None:
    rows = np.column_stack([IRIS, MORE["a sum"]])
    first = GaussianMixture(
        3, covariance_type="factor:2", max_iter=60, init_params="kmeans", random_state=0, warm_start=True
    ).fit(rows)
    before = first.objective_
    assert first.fit(rows).objective_ > before
    assert first.n_iter_ == 60


def test_precisions_of_more_factors_are_refused_with_what_to_do() -> None:
    rows = np.column_stack([IRIS, IRIS[:, 0]])
    whole = factors_of(rows, "factor:2")
    again = GaussianMixture(3, covariance_type="factor:2", precisions_init=whole.precisions_)
    with pytest.raises(ShapeError, match=r"got \(3, 5, 4\).* one factor more for each .*`warm_start=True`"):
        again.fit(rows)


@quietly
def test_heavy_tails_begin_at_factors_that_hold_them() -> None:
    options = {"covariance_type": "factor:2", "max_iter": 100, "init_params": "kmeans", "random_state": 0}
    plain = StudentMixture(3, **options).fit(IRIS)
    for more, n_factors in (("a constant", 2), ("a feature twice", 3), ("a sum", 4)):
        rows = np.column_stack([IRIS, MORE[more]])
        tails = StudentMixture(3, **options).fit(rows)
        assert tails.covariances_.shape == (3, 5, 1 + n_factors)
        np.testing.assert_array_equal(tails.predict(rows), plain.predict(IRIS))


@quietly
def test_what_begins_at_factors_has_those_that_were_asked_for() -> None:
    rows = np.column_stack([IRIS, MORE["a sum"]])
    trimmed = GaussianMixture(
        3, covariance_type="factor:2", max_iter=20, init_params="kmeans", random_state=0, outliers=0.05
    ).fit(rows)
    assert trimmed.covariances_.shape == (3, 5, 3)


def factors_of(rows: np.ndarray, covariance_type: str) -> GaussianMixture:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the steps of factors are many
        return GaussianMixture(
            3, covariance_type=covariance_type, max_iter=60, init_params="kmeans", random_state=0
        ).fit(rows)


def assert_is(one: GaussianMixture, other: GaussianMixture, rows: np.ndarray) -> None:
    np.testing.assert_array_equal(one.score_samples(rows), other.score_samples(rows))


@pytest.mark.parametrize("covariance_type", ["diag", "EEI", "VEI"])
def test_a_constant_changes_no_label_where_features_have_no_correlations(covariance_type: str) -> None:
    expected = expected_labels(covariance_type)
    np.testing.assert_array_equal(labels_of(np.column_stack([IRIS, MORE["a constant"]]), covariance_type), expected)


@more_of
@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_they_are_drawn_as_they_follow_to_what_they_were_recorded_in(more: str, covariance_type: str) -> None:
    rows = np.column_stack([IRIS, MORE[more]])
    model = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(rows)
    found, drawn = found_in(rows), model.sample(100)[0]
    expected = drawn[:, found.free] @ found.linear.T + found.intercept
    assert np.all(np.abs(drawn[:, found.determined] - expected) < 5.0 * np.sqrt(found.variances))
    assert np.all(np.sqrt(found.variances) < 0.2)


@more_of
def test_they_change_no_label_on_several_devices(more: str) -> None:
    pytest.importorskip("torch")
    rows = np.column_stack([IRIS, MORE[more]])
    model = GaussianMixture(3, random_state=0, executor=DevicesExecutor(["cpu", "cpu"])).fit(rows)
    np.testing.assert_array_equal(to_numpy(model.predict(rows)), expected_labels("full"))


def test_the_log_likelihood_is_that_without_them() -> None:
    rows = np.column_stack([IRIS, MORE["a sum"]])
    with_sum, without = ([GaussianMixture(k, random_state=0).fit(X).lower_bound_ for k in (1, 2)] for X in (rows, IRIS))
    np.testing.assert_allclose(with_sum, without, rtol=1e-12)


@pytest.mark.parametrize("criterion", ["bic", "aic", "icl"])
def test_criteria_rank_as_without_them(criterion: str) -> None:
    rows = np.column_stack([IRIS, MORE["a sum"]])
    gains = [
        np.subtract(*(getattr(GaussianMixture(k, random_state=0).fit(X), criterion)(X) for k in (1, 2)))
        for X in (rows, IRIS)
    ]
    assert gains[0] == pytest.approx(gains[1], abs=1e-3)


def test_a_choice_and_its_file_rank_as_without_them(tmp_path: Path) -> None:
    rows = np.column_stack([IRIS, MORE["a sum"]])
    chosen = AutoGaussianMixture([2], covariance_types=["full"], random_state=0).fit(rows)
    single = GaussianMixture(2, random_state=0).fit(rows)
    assert chosen.bic(rows) == pytest.approx(single.bic(rows), abs=1e-3)
    assert single._n_parameters() == GaussianMixture(2, random_state=0).fit(IRIS)._n_parameters()
    for model in (chosen, single):
        model.save(tmp_path / "model.safetensors")
        assert type(model).load(tmp_path / "model.safetensors").bic(rows) == model.bic(rows)
        assert pickle.loads(pickle.dumps(model)).bic(rows) == model.bic(rows)


def test_merged_shards_have_as_many_parameters_as_each() -> None:
    rows = np.column_stack([IRIS, MORE["a sum"]])
    one, other = (GaussianMixture(2, random_state=0).fit(rows[shard::2]) for shard in (0, 1))
    penalties = [model.bic(rows) - model.aic(rows) for model in (one, one.merge(other))]
    assert penalties[0] == pytest.approx(penalties[1])


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag"])
def test_a_given_start_is_the_start_of_the_others(covariance_type: str) -> None:
    plain = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(IRIS)
    rows = np.column_stack([IRIS, MORE["a constant"]])
    whole = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(rows)
    again = GaussianMixture(
        3,
        covariance_type=covariance_type,
        weights_init=whole.weights_,
        means_init=whole.means_,
        precisions_init=whole.precisions_,
    ).fit(rows)
    assert again.n_iter_ <= 8
    np.testing.assert_allclose(again.means_[:, :4], plain.means_, atol=1e-3)
    assert whole.set_params(warm_start=True).fit(rows).n_iter_ <= 8


def test_given_steps_are_those_of_the_others() -> None:
    steps = [0.3, 0.0, 0.2, 0.1]
    plain = GaussianMixture(3, random_state=0, rounding=steps).fit(IRIS)
    rows = np.column_stack([MORE["a constant"], IRIS])
    whole = GaussianMixture(3, random_state=0, rounding=[9.0, *steps]).fit(rows)
    np.testing.assert_allclose(whole.covariances_[:, 1:, 1:], plain.covariances_, rtol=1e-14)


def test_a_stream_goes_on_from_a_fit_without_them() -> None:
    rows = np.column_stack([IRIS, MORE["a sum"]])
    model = GaussianMixture(3, random_state=0).partial_fit(rows).partial_fit(rows)
    np.testing.assert_allclose(model.means_[:, 4], model.means_[:, 0] + model.means_[:, 1], atol=1e-6)


def test_what_holds_in_near_rows_only_determines_nothing() -> None:
    rows = np.column_stack([IRIS, IRIS[:, 0]])
    rows[-1, 4] += 1e4
    assert found_in(rows) is None


def test_as_many_features_as_rows_are_not_told_apart() -> None:
    assert found_in(np.random.default_rng(0).normal(size=(5, 6))) is None


def test_of_more_features_than_rows_constants_alone_are_left_out() -> None:
    rows = np.random.default_rng(0).normal(size=(10, 12))
    rows[:, 3], rows[:, 5] = 2.0, rows[:, 4]
    found = found_in(rows)
    assert found is not None
    assert found.determined.tolist() == [3]
    assert not np.any(found.linear)
    assert found.intercept.tolist() == [2.0]


def test_a_difference_of_what_is_almost_equal_is_free() -> None:
    # It is determined, but rounding of the two would be as large as it is.
    one, little = np.random.default_rng(0).normal(size=(2, 150))
    assert found_in(np.column_stack([one, one + 1e-3 * little, little + 1e-3 * one])) is None


def test_features_of_their_own_are_all_free() -> None:
    assert found_in(IRIS) is None
