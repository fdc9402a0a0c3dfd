"""A mixture is compared with one shape: of one mode in each feature, or with ellipsoids for contours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mixfold import GaussianMixture, Mixture
from mixfold.search.one_shape import (
    advantage_over_one_shape,
    bound_by_copula,
    elliptical,
    has_one_peak,
    one_mode_margins,
)
from mixfold.typing import FloatArray

ONE: dict[str, Callable[[np.random.Generator], FloatArray]] = {
    "box": lambda random: random.uniform(size=(300, 2)),
    "exponential": lambda random: random.exponential(size=(300, 3)),
    "lognormal": lambda random: np.exp(0.7 * random.standard_normal((300, 2))),
    "turned by a correlation": lambda random: np.exp(random.multivariate_normal([0, 0], [[0.5, 0.4], [0.4, 0.5]], 300)),
    "left-skewed": lambda random: -random.gamma(2.0, size=(300, 2)),
    "heavy tails": lambda random: random.standard_t(3, size=(1000, 3)),
}


@pytest.mark.parametrize("name", ONE)
def test_one_shape_is_better_than_components_that_only_shape_it(name: str) -> None:
    rows = ONE[name](np.random.default_rng(0))
    mixture = GaussianMixture(2, random_state=0).fit(rows).mixture_
    assert advantage_over_one_shape(mixture, rows, np.ones(len(rows))) < -3.0


def test_a_ball_is_one_shape_by_its_ellipsoids_alone() -> None:
    random = np.random.default_rng(0)
    rows = random.standard_normal((1000, 5))
    rows *= random.uniform(size=(1000, 1)) ** 0.2 / np.linalg.norm(rows, axis=1, keepdims=True)
    copula, ball = bound_by_copula(rows), elliptical(rows, np.cov(rows.T))
    assert copula is not None
    assert ball.bic < copula.bic - 10.0


@pytest.mark.parametrize("apart", [3.5, 6.0])
def test_clusters_are_better_described_by_their_mixture(apart: float) -> None:
    mixture = Mixture([0.6, 0.4], [[0.0, 0.0], [apart, 0.0]], [1.0, 1.0], "spherical")
    rows = mixture.sample(300, random_state=0)[0]
    assert advantage_over_one_shape(mixture, rows, np.ones(300)) > 3.0


def test_a_value_that_most_rows_have_says_nothing_of_clusters() -> None:
    random = np.random.default_rng(0)
    mixture = Mixture([0.6, 0.4], [[0.0, 0.0], [6.0, 0.0]], [1.0, 1.0], "spherical")
    rows = mixture.sample(300, random_state=0)[0]
    mostly = np.where(random.uniform(size=300) < 0.97, 0.5, random.uniform(size=300))
    of_all = Mixture([0.6, 0.4], [[0.0, 0.0, 0.5], [6.0, 0.0, 0.5]], np.tile([1.0, 1.0, 0.01], (2, 1)), "diag")
    advantage = advantage_over_one_shape(of_all, np.column_stack([rows, mostly]), np.ones(300))
    assert advantage == pytest.approx(advantage_over_one_shape(of_all.marginal([0, 1]), rows, np.ones(300)))
    assert advantage > 3.0
    assert advantage_over_one_shape(of_all.marginal([2]), mostly[:, None], np.ones(300)) == np.inf


def test_the_normal_is_among_the_shapes() -> None:
    rows = np.random.default_rng(0).multivariate_normal([1.0, 2.0], [[2.0, 1.0], [1.0, 3.0]], 2000)
    normal = multivariate_normal(np.mean(rows, axis=0), np.cov(rows.T)).logpdf(rows).sum()
    copula = bound_by_copula(rows)
    assert copula is not None
    assert elliptical(rows, np.cov(rows.T)).log_density.sum() == pytest.approx(normal, abs=3.0)
    assert copula.log_density.sum() == pytest.approx(normal, abs=10.0)


@pytest.mark.parametrize("draw", [np.random.Generator.standard_normal, np.random.Generator.standard_exponential])
def test_the_density_of_a_feature_has_mass_one_and_knows_what_is_below(draw: Callable[..., FloatArray]) -> None:
    values = np.sort(draw(np.random.default_rng(0), 3000))
    (margin,) = one_mode_margins(values[:, None]) or [None]
    assert margin is not None
    density = np.exp(margin.density.log_density)
    assert np.trapezoid(density, values) == pytest.approx(1.0, abs=0.01)
    np.testing.assert_allclose(margin.below, (np.arange(3000) + 0.5) / 3000, atol=0.03)


def test_margins_are_those_of_each_feature_alone_and_none_where_one_is_constant() -> None:
    random = np.random.default_rng(0)
    rows = np.column_stack([random.exponential(size=300), random.standard_normal(300), random.uniform(size=300)])
    for values, margin in zip(rows.T, one_mode_margins(rows) or [], strict=True):
        (alone,) = one_mode_margins(values[:, None]) or [None]
        assert alone is not None
        np.testing.assert_allclose(margin.density.log_density, alone.density.log_density, rtol=1e-9, atol=1e-9)
    assert one_mode_margins(np.column_stack([rows, np.ones(300)])) is None


def test_rows_count_as_often_as_their_weights_say() -> None:
    rows = np.random.default_rng(0).exponential(size=(60, 2))
    counts = np.random.default_rng(1).integers(0, 3, 60).astype(float)
    mixture = Mixture([0.5, 0.5], [[0.5, 0.5], [2.0, 2.0]], [0.5, 2.0], "spherical")
    repeated = np.repeat(rows, counts.astype(int), axis=0)
    expected = advantage_over_one_shape(mixture, repeated, np.ones(len(repeated)))
    assert advantage_over_one_shape(mixture, rows, counts) == expected
    assert advantage_over_one_shape(mixture, rows, counts / 2.0) == np.inf


@pytest.mark.parametrize("rows", [np.zeros((20, 1)), np.full((20, 1), np.nan), np.arange(6.0)[:, None]])
def test_rows_that_say_nothing_refute_nothing(rows: FloatArray) -> None:
    mixture = Mixture([0.5, 0.5], [[0.0], [1.0]], [1.0, 1.0], "spherical")
    assert advantage_over_one_shape(mixture, rows, np.ones(len(rows))) == np.inf


def test_what_rises_again_has_two_peaks() -> None:
    assert has_one_peak(np.array([0.0, 2.0, 2.0, 1.0]))
    assert not has_one_peak(np.array([0.0, 2.0, 1.0, 1.5]))


def test_a_margin_far_from_zero_is_that_near_it() -> None:
    values = np.round(np.random.default_rng(0).uniform(size=401) * 16.0) * 2.0**-22  # the last bits of numbers near 1e9
    near, far = one_mode_margins(np.column_stack([values, 2.0**30 + values])) or [None, None]
    assert near is not None
    assert far is not None
    np.testing.assert_allclose(far.density.log_density, near.density.log_density, rtol=1e-12)


@pytest.mark.parametrize("constant", [0.1, 7.000000000000001])
def test_a_constant_makes_no_single_shape_probable(constant: float) -> None:
    rows = np.random.default_rng(0).normal(size=(150, 2)) + 9.0 * (np.arange(150) % 3 == 0)[:, None]
    whole = np.column_stack([rows, np.full(150, constant)])
    mixture = GaussianMixture(2, random_state=0).fit(whole).mixture_
    assert advantage_over_one_shape(mixture, whole, np.ones(150)) == np.inf


def test_full_covariances_of_few_rows_are_integrated_out_from_where_bic_is_no_evidence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random, k, d = np.random.default_rng(0), 5, 5
    centers = 3.0 * random.standard_normal((k, d))
    rows = np.repeat(centers, 40, axis=0) + random.standard_normal((200, d))  # two for each number of their own
    mixture = GaussianMixture(k, covariance_type="full", random_state=0).fit(rows).mixture_
    advantage = advantage_over_one_shape(mixture, rows, np.ones(200))
    monkeypatch.setattr("mixfold.search.one_shape.ROWS_FOR_BIC", 1.0)
    assert advantage > advantage_over_one_shape(mixture, rows, np.ones(200)) + 1.0
