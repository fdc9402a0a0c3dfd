"""Data that other programs collapse on give a finite fit, with covariances that are positive definite."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES
from mixfold.errors import InputError
from mixfold.fitting.stopping import FALL
from mixfold.typing import FloatArray
from tests.properties.strategies import hard_rows

pytestmark = [
    pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::mixfold.errors.SpuriousComponentWarning"),
]
families = pytest.mark.parametrize("covariance_type", list(FAMILIES))
EXACT = ("full", "tied", "diag", "spherical", "EII", "EEI", "EVI", "VEI")
"""Families that keep to the features' axes, or leave a covariance as it is. In the others, rounding moves the objective
where a covariance is nearly singular, by up to its condition number times the unit roundoff, so that features must not
be hundreds of orders of magnitude apart."""
N_DRAWN = settings.default.max_examples
"""1000 with ``--hypothesis-profile=thorough``: then all families together see about so many with the default search."""


def assert_sound(model: GaussianMixture, rows: FloatArray) -> None:
    """Everything is finite, every covariance has a Cholesky factor, probabilities are some."""
    mixture = model.mixture_
    assert np.isfinite(model.lower_bound_)
    assert np.all(np.isfinite(mixture.weights))
    assert np.all(np.isfinite(mixture.means))
    assert np.all(np.isfinite(np.linalg.cholesky(mixture.component_covariances)))
    assert np.all(np.isfinite(model.score_samples(rows)))
    np.testing.assert_allclose(np.sum(model.predict_proba(rows), axis=1), 1.0, rtol=1e-9)
    objectives = np.array([iteration.objective for iteration in model.history_])
    assert np.all(np.diff(objectives) >= -2.0 * FALL * (1.0 + np.abs(objectives[1:])))


@families
@given(data=st.data(), n_components=st.integers(1, 4), seed=st.integers(0, 100))
def test_hard_data_give_a_sound_fit(covariance_type: str, data: st.DataObject, n_components: int, seed: int) -> None:
    rows = data.draw(hard_rows(any_units=covariance_type in EXACT))
    settings = {"covariance_type": covariance_type, "init_params": "kmeans", "max_iter": 30, "random_state": seed}
    assert_sound(GaussianMixture(n_components, **settings).fit(rows), rows)


@families
@settings(max_examples=max(1, N_DRAWN // len(FAMILIES)))
@given(data=st.data(), n_components=st.integers(2, 3))
def test_hard_data_give_a_sound_fit_by_default(covariance_type: str, data: st.DataObject, n_components: int) -> None:
    rows = data.draw(hard_rows(any_units=covariance_type in EXACT))
    assert_sound(GaussianMixture(n_components, covariance_type=covariance_type, random_state=0).fit(rows), rows)


@families
def test_a_collinear_column_in_many_rows_gives_a_sound_fit(covariance_type: str) -> None:
    # The more rows, the less the weak default prior weighs against a singular scatter.
    first = np.random.default_rng(0).normal(size=(200_000, 2))
    rows = np.column_stack([first, first[:, 0] + first[:, 1]])
    assert_sound(GaussianMixture(1, covariance_type=covariance_type).fit(rows), rows[:100])


@families
@pytest.mark.parametrize("scale", [1e-150, 1e-100, 1e100, 1e150])
def test_extreme_units_give_the_fit_in_those_units(covariance_type: str, scale: float) -> None:
    rows = np.random.default_rng(0).normal(size=(100, 2)) + np.repeat([[0.0], [9.0]], 50, axis=0)
    model = GaussianMixture(2, covariance_type=covariance_type, init_params="kmeans", random_state=0).fit(rows * scale)
    expected = GaussianMixture(2, covariance_type=covariance_type, init_params="kmeans", random_state=0).fit(rows)
    assert_sound(model, rows * scale)
    np.testing.assert_allclose(model.means_ / scale, expected.means_, rtol=1e-6)


@pytest.mark.parametrize("covariance_type", EXACT)
@pytest.mark.parametrize("n_components", [1, 3])
def test_features_300_orders_apart_give_a_sound_fit(covariance_type: str, n_components: int) -> None:
    # Their variances, over a volume or a shape, are beyond the largest number there is, or below the smallest.
    rows = np.array(
        [
            [3.5e148, 9.1e-14, 7.7e-151],
            [1e150, 9.1e-15, -6.3e-151],
            [5.6e149, 1.1e-14, -6e-151],
            [4.7e149, 1e-13, 1e-150],
        ]
    )
    settings = {"covariance_type": covariance_type, "init_params": "kmeans", "max_iter": 30, "random_state": 0}
    assert_sound(GaussianMixture(n_components, **settings).fit(rows), rows)


@families
@pytest.mark.parametrize("n_components", [1, 2, 5])
def test_as_many_components_as_rows_give_a_sound_fit(covariance_type: str, n_components: int) -> None:
    rows = np.random.default_rng(1).normal(size=(max(n_components, 2), 3))
    assert_sound(GaussianMixture(n_components, covariance_type=covariance_type, random_state=0).fit(rows), rows)


@families
def test_as_many_equal_rows_as_features_are_not_taken_for_a_matrix_of_distances(covariance_type: str) -> None:
    rows = np.tile([-2.5, 1.5, -2.5, -3.75], (4, 1))
    assert_sound(GaussianMixture(2, covariance_type=covariance_type, random_state=0).fit(rows), rows)


@families
def test_equal_rows_have_their_value_as_mean(covariance_type: str) -> None:
    rows = np.full((10, 3), 7.5)
    model = GaussianMixture(2, covariance_type=covariance_type, init_params="kmeans", random_state=0).fit(rows)
    assert_sound(model, rows)
    np.testing.assert_allclose(model.mixture_.mean, [7.5, 7.5, 7.5])


@families
def test_units_ten_orders_apart_lose_no_likelihood(covariance_type: str) -> None:
    random = np.random.default_rng(1)
    turned = random.normal(size=(150, 2)) @ [[1.0, 0.5], [0.0, 0.6]] + [5.0, 3.0]
    rows = np.concatenate([random.normal(size=(150, 2)), turned])
    if covariance_type in {"EII", "spherical"}:
        pytest.skip("a family that has one variance for all features")
    # Families of axes that may be turned depend on units; the farther these are apart, the less.
    near, far = (1.0 if covariance_type in {*EXACT, "VEE", "EVV"} else 1e5), 1e10
    scores = []
    for unit in (near, far):
        model = GaussianMixture(2, covariance_type=covariance_type, random_state=0).fit(rows * [1.0, unit])
        scores.append(model.score(rows * [1.0, unit]) + np.log(unit))
    assert scores[1] == pytest.approx(scores[0], abs=1e-5)


@families
def test_units_whose_squares_do_not_exist_are_refused(covariance_type: str) -> None:
    rows = np.random.default_rng(0).normal(size=(100, 2))
    for scale in (1e-155, 1e-165, 1e-300, 1e155, 1e300):
        with pytest.raises(InputError, match="X must spread between"):
            GaussianMixture(2, covariance_type=covariance_type).fit(rows * scale)


@families
def test_float32_units_whose_squares_do_not_exist_are_refused(covariance_type: str) -> None:
    rows = np.random.default_rng(0).normal(size=(100, 2)).astype(np.float32)
    for unit in (1e-25, 1e20):
        with pytest.raises(InputError, match="X must spread between"):
            GaussianMixture(2, covariance_type=covariance_type).fit(rows * np.float32(unit))


def test_one_feature_whose_squares_do_not_exist_is_named() -> None:
    rows = np.random.default_rng(0).normal(size=(100, 3)) * [1.0, 1.0, 1e-165]
    with pytest.raises(InputError, match=r"deviation of feature 2 is about 9\..*e-166"):
        GaussianMixture(2).fit(rows)


@families
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("far", [1e6, 1e9, 1e12])
def test_first_means_that_are_far_from_all_rows_give_a_sound_fit(
    covariance_type: str, far: float, dtype: type[np.floating]
) -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal(size=(60, 2)), random.normal(6.0, 1.0, size=(60, 2))]).astype(dtype)
    means = [[far, 0.0], [-far, 0.0]]
    model = GaussianMixture(2, covariance_type=covariance_type, means_init=means).fit(rows)
    one = GaussianMixture(1, covariance_type=covariance_type).fit(rows)
    assert model.score(rows) >= one.score(rows) - 0.1


FOLLOWING = {
    "Celsius and Fahrenheit": lambda free, _: np.column_stack(
        [free, 20.0 + 8.0 * free[:, 0], 68.0 + 14.4 * free[:, 0]]
    ),
    "sum": lambda free, _: np.column_stack([free, np.sum(free, axis=1)]),
    "one-hot": lambda free, random: np.column_stack([free, np.eye(3)[random.integers(0, 3, len(free))]]),
    "year": lambda free, random: np.column_stack([free, random.integers(1990, 2024, len(free))]),
    "line number": lambda free, _: np.column_stack([free, np.arange(len(free))]),
}
"""Columns that follow from others, or are large beside what they vary by."""


@pytest.mark.parametrize("kind", list(FOLLOWING))
@pytest.mark.parametrize("n_components", [1, 2, 3])
def test_columns_that_follow_from_others_give_a_sound_fit_in_single_precision(kind: str, n_components: int) -> None:
    random = np.random.default_rng(0)
    free = random.normal(size=(200, 3)) + 4.0 * random.integers(0, 2, 200)[:, None]
    rows = FOLLOWING[kind](free, random).astype(np.float32)
    model = GaussianMixture(n_components, random_state=0).fit(rows)
    assert model.converged_
    assert np.all(np.linalg.eigvalsh(model.mixture_.component_covariances) > 0.0)
    assert np.all(np.isfinite(model.score_samples(rows)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_one_hot_column_of_many_rows_gives_a_sound_fit(dtype: type[np.floating]) -> None:
    random = np.random.default_rng(0)
    free = random.normal(size=(100_000, 2)) + 4.0 * random.integers(0, 2, 100_000)[:, None]
    rows = FOLLOWING["one-hot"](free, random).astype(dtype)
    model = GaussianMixture(2, random_state=0).fit(rows)
    assert model.converged_
    np.testing.assert_allclose(np.sort(model.means_[:, 0]), [0.0, 4.0], atol=0.05)


@families
def test_components_without_rows_are_sound_with_a_number_for_reg_covar(covariance_type: str) -> None:
    rows = np.repeat([[0.0, 0.0], [1.0, 2.0], [5.0, 3.0]], 2, axis=0)
    for init_params in ("auto", "kmeans"):
        model = GaussianMixture(
            5, covariance_type=covariance_type, reg_covar=1e-6, init_params=init_params, random_state=0
        )
        assert np.isfinite(model.fit(rows).lower_bound_)
