"""Which features carry the clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mixfold import AutoGaussianMixture, select_features
from mixfold.errors import InputError
from mixfold.estimators.feature_selection import Comparison, FeatureSelection

QUICK = AutoGaussianMixture([1, 2, 3], covariance_types=["full", "diag"], tie_break=None, random_state=0)


def noisy_table(seed: int = 0) -> np.ndarray:  # type: ignore[type-arg]
    """Give two features with three clusters (1 and 4), one that repeats them (2), two of noise and a constant (5)."""
    random = np.random.default_rng(seed)
    centers = np.array([[0.0, 0.0], [5.0, 0.0], [0.0, 5.0]])[random.integers(0, 3, 150)]
    clusters = centers + random.normal(size=(150, 2))
    repeated = clusters @ [1.0, -0.5] + 1.5 * random.normal(size=150)
    noise = random.multivariate_normal([0.0, 0.0], [[1.0, 0.6], [0.6, 1.0]], size=150)
    columns = [noise[:, 0], clusters[:, 0], repeated, noise[:, 1], clusters[:, 1], np.full(150, 7.0)]
    return np.stack(columns, axis=1)


@pytest.fixture(scope="module")
def found() -> FeatureSelection:
    names = ["dust", "length", "length and width", "damp", "width", "year"]
    return select_features(pd.DataFrame(noisy_table(), columns=names), estimator=QUICK)


def test_noise_and_what_repeats_other_features_are_dropped(found: FeatureSelection) -> None:
    np.testing.assert_array_equal(found.features, [1, 4])
    assert np.all(found.differences[[1, 4]] > 10.0)
    assert np.all(found.differences[[0, 2, 3]] < 10.0)
    assert np.isnan(found.differences[5])
    assert found.estimator is not None
    assert found.estimator.n_components_ == 3
    assert found.estimator.n_features_in_ == 2
    assert {step["action"] for step in found.steps} >= {"add"}


def test_names_of_columns_are_said(found: FeatureSelection) -> None:
    assert found.names == ["length", "width"]
    assert found.in_words().startswith("Clusters are carried by length (BIC difference ")
    assert found.in_words().endswith("; the other 4 features tell nothing more of them.")


def test_units_of_features_do_not_matter(found: FeatureSelection) -> None:
    moved = select_features(noisy_table() * [1e3, 1e-4, 1.0, 5.0, 1e6, 1.0] - 40.0, estimator=QUICK)
    np.testing.assert_array_equal(moved.features, found.features)
    np.testing.assert_allclose(moved.differences, found.differences, rtol=1e-3, atol=0.1)
    assert moved.names == ["1", "4"]


def test_clusters_that_no_feature_has_alone_are_found_by_a_pair() -> None:
    random = np.random.default_rng(1)
    rows = random.normal(size=(250, 4))
    crossed = np.where(random.integers(0, 2, 250)[:, None], rows[:, :2], rows[:, :2] * [1.0, -1.0])
    crossed[:, 1] = 0.95 * np.sign(random.normal(size=250)) * crossed[:, 0] + 0.3 * crossed[:, 1]
    found = select_features(np.column_stack([rows[:, 2], crossed, rows[:, 3]]), estimator=QUICK)
    np.testing.assert_array_equal(found.features, [1, 2])


def test_features_without_clusters_are_none() -> None:
    rows = np.random.default_rng(2).normal(size=(150, 3))
    found = select_features(rows, estimator=QUICK)
    assert len(found.features) == 0
    assert found.estimator is None
    assert found.in_words() == "None of the 3 features carries clusters."


def test_a_feature_is_removed_where_others_say_what_it_says() -> None:
    rows = noisy_table()[:, [2, 1, 4]]
    kept, steps = Comparison(rows, QUICK).pruned((0, 1, 2), 10.0)
    assert kept == (1, 2)
    assert [(step["action"], step["feature"]) for step in steps] == [("remove", 0)]


def test_without_clusters_a_mixture_and_a_regression_are_the_same() -> None:
    rows = np.random.default_rng(4).multivariate_normal([0.0, 0.0], [[1.0, 0.7], [0.7, 1.0]], size=500)
    one = AutoGaussianMixture([1], covariance_types=["full"], tie_break=None)
    assert Comparison(rows, one).difference(1, (0,)) == pytest.approx(0.0, abs=0.5)


def test_a_regression_leaves_out_what_says_nothing() -> None:
    random = np.random.default_rng(5)
    rows = random.normal(size=(200, 4))
    rows[:, 3] = rows[:, 0] + 0.1 * random.normal(size=200)
    comparison = Comparison(rows, QUICK)
    alone = 200 * (
        np.log(2 * np.pi * np.mean((rows[:, 3] - np.polyval(np.polyfit(rows[:, 0], rows[:, 3], 1), rows[:, 0])) ** 2))
        + 1
    )
    assert comparison.regressed(3, (0, 1, 2)) == pytest.approx(alone + 3 * np.log(200), rel=1e-9)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(InputError, match="criterion='bic', by which features are compared, got 'icl'"):
        select_features(noisy_table(), estimator=AutoGaussianMixture(criterion="icl"))
    with pytest.raises(ValueError, match="NaN"):
        select_features(np.array([[1.0, np.nan], [2.0, 3.0]]))
