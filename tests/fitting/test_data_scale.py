"""The scale of data is that of what lies within components, and far rows are no part of it."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES, Prior, family_for
from mixfold.engines import kernels
from mixfold.errors import InputError
from mixfold.fitting import DataScale, data_scale
from mixfold.fitting.data_scale import COLLINEAR
from mixfold.fitting.invariant_coordinates import InvariantCoordinates
from mixfold.fold import Fold
from mixfold.rows import Marks

RNG = np.random.default_rng(0)
CENTERS = np.repeat([[0.0, 0.0], [9.0, 9.0], [-9.0, 4.0]], 200, axis=0)
ROWS = RNG.multivariate_normal([0.0, 0.0], [[1.0, 0.6], [0.6, 0.5]], size=600) + CENTERS
families = pytest.mark.parametrize("covariance_type", list(FAMILIES))


def scale_of(rows: np.ndarray, weights: np.ndarray | None = None, n_components: int = 3) -> DataScale:
    return DataScale.of(Fold.of_rows(rows, Marks(weights)), n_components=n_components)


def test_many_features_have_a_diagonal() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 70)) * np.linspace(1.0, 2.0, 70)
    scale = scale_of(rows, n_components=2)
    diagonal = scale.within(2, is_matrix=False)
    np.testing.assert_allclose(diagonal, np.linspace(1.0, 2.0, 70) ** 2, rtol=0.4)
    assert scale.prior(family_for("diag"), 2).scale.shape == (70,)


@families
def test_fewer_rows_for_each_parameter_have_more_pseudo_rows(covariance_type: str) -> None:
    family = FAMILIES[covariance_type]
    many, few = (scale_of(rows).prior(family, 3) for rows in (ROWS, ROWS[::10]))
    own = family.n_parameters(2, 2) - family.n_parameters(1, 2)
    assert many.count - 1.0 == pytest.approx(own * 3 / 600)
    assert few.count - 1.0 == pytest.approx(own * 3 / 60)
    covariance = family.structure.reduced(scale_of(ROWS).within(3, is_matrix=True), 2)
    np.testing.assert_allclose(many.scale, (0.1 / 3.0 + own * 3 / 600) * covariance, rtol=1e-9)


@families
def test_the_prior_counts_weights_as_rows(covariance_type: str) -> None:
    rng = np.random.default_rng(0)
    rows, weights = ROWS[::2], rng.integers(1, 4, size=300)
    expected = scale_of(np.repeat(rows, weights, axis=0)).prior(FAMILIES[covariance_type], 3)
    actual = scale_of(rows, weights.astype(float)).prior(FAMILIES[covariance_type], 3)
    np.testing.assert_allclose(actual.scale, expected.scale, rtol=1e-9)
    assert actual.count == pytest.approx(expected.count)


def test_the_unit_of_weights_that_sum_to_one_does_not_matter() -> None:
    expected, actual = (scale_of(ROWS, np.full(600, unit)).prior(family_for("full"), 3) for unit in (1.0, 1.0 / 600))
    assert actual.count == pytest.approx(expected.count / 600)
    assert actual.likeness == pytest.approx(expected.likeness / 600)
    np.testing.assert_allclose(actual.scale, expected.scale / 600, rtol=1e-9)


def test_shapes_are_alike_but_for_components_that_have_none() -> None:
    rng = np.random.default_rng(0)
    scale = scale_of(ROWS)
    assert scale.prior(family_for("full"), 3).likeness == 3.0
    assert scale.prior(family_for("spherical"), 3).likeness == 0.0
    assert scale_of(ROWS[:, :1]).prior(family_for("full"), 3).likeness == 0.0
    assert scale_of(rng.normal(size=(90, 9))).prior(family_for("full"), 3).likeness == 10.0


TURNED = np.concatenate([ROWS[:200] * [1.0, 5.0], ROWS[200:400] * [5.0, 1.0], ROWS[400:]])


def learned(rows: np.ndarray, covariance_type: str = "full") -> Prior:
    return DataScale.of(Fold.of_rows(rows), n_components=3, learns_likeness=True).prior(family_for(covariance_type), 3)


def test_components_that_are_alike_are_worth_more_rows_to_each_other() -> None:
    alike, turned = learned(ROWS), learned(TURNED)
    assert alike.count > 50.0
    assert turned.count + turned.likeness < 10.0
    assert 200.0 < alike.count + alike.likeness <= 400.0 + 2.0  # as many as the others have


def test_components_that_share_a_covariance_and_single_features_learn_nothing_of_each_other() -> None:
    for covariance_type in ("tied", "VEE", "VVE"):
        assert learned(ROWS, covariance_type).count < 1.1
    assert learned(ROWS[:, :1]).count == pytest.approx(1.0 + 3 / 600)


def test_a_scale_learns_only_where_it_is_told_to() -> None:
    assert scale_of(ROWS).prior(family_for("full"), 3).count < 2.0


def test_features_that_others_determine_are_not_counted() -> None:
    rows = np.column_stack([ROWS, ROWS.sum(axis=1), np.full(600, 2.0)])
    scale = scale_of(rows)
    assert scale.n_free == 2
    assert np.all(scale.value_variances > 0.0)
    assert np.all(scale_of(ROWS).value_variances == 0.0)


@pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")
@pytest.mark.parametrize("n_features", [2, 7, kernels.DECOMPOSED_FEATURES])
def test_kernels_count_as_many_as_arrays(n_features: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(n_features)
    for n_free in (1, n_features - 1, n_features):
        rows = random.normal(size=(300, n_free)) @ random.normal(size=(n_free, n_features))
        scale, every = scale_of(rows), np.ones(n_features, np.bool_)
        found = scale.rank(every, COLLINEAR)
        with monkeypatch.context() as without:
            without.setattr(kernels, "NATIVE_AVAILABLE", False)
            assert found == scale.rank(every, COLLINEAR)
        assert found == n_free


def test_a_feature_that_varies_outside_of_the_sample_only_has_a_spread() -> None:
    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.normal(size=20_000), np.zeros(20_000)])
    seen = Fold.of_rows(rows).sample(np.random.RandomState(0), 2000).values[:, 0]
    unseen = np.flatnonzero(~np.isin(rows[:, 0], seen))[:3]
    rows[unseen, 1] = 1.0
    scale = scale_of(rows)
    assert scale.variances[1] == pytest.approx(3 / 20_000)
    assert np.isfinite(GaussianMixture(2, random_state=0).fit(rows).lower_bound_)


def test_given_steps_take_the_place_of_those_found() -> None:
    rows = np.round(ROWS, 1)
    assert scale_of(rows).steps == pytest.approx([0.1, 0.1])
    given = DataScale.of(Fold.of_rows(rows), np.array([0.0, 0.5]))
    np.testing.assert_allclose(given.value_variances, [0.0, 0.25 / 12.0])


def test_given_steps_count_beside_a_ridge() -> None:
    model = GaussianMixture(1, reg_covar=1e-9, rounding=[0.0, 0.6]).fit(ROWS)
    expected = np.cov(ROWS.T, bias=True) + np.diag([0.0, 0.03])
    np.testing.assert_allclose(model.covariances_[0], expected, atol=1e-6)


def test_a_tight_component_beside_wide_ones_stays_tight() -> None:
    rng = np.random.default_rng(0)
    tight = 0.001 * rng.normal(size=(100, 2)) + 30.0
    model = GaussianMixture(4, random_state=0).fit(np.concatenate([ROWS, tight]))
    smallest = min(np.sqrt(np.linalg.eigvalsh(covariance)[-1]) for covariance in model.covariances_)
    assert smallest < 0.05  # of a unit that pseudo-rows in the size of all would have left it


@pytest.mark.parametrize("rounding", [-1.0, np.nan, [0.1, 0.1, 0.1]])
def test_steps_that_make_no_sense_are_refused(rounding: object) -> None:
    with pytest.raises(InputError, match="`rounding` must be"):
        GaussianMixture(2, rounding=rounding).fit(ROWS)


def test_the_log_density_of_a_recorded_column_is_never_above_that_of_its_values() -> None:
    rows = np.tile(np.arange(1.0, 6.0), 60)[:, None]
    for n_components in (1, 2, 5, 8):
        assert GaussianMixture(n_components, random_state=0).fit(rows).lower_bound_ < 0.0  # the log of 1 / step
    of_points = GaussianMixture(5, random_state=0, rounding=0).fit(rows)
    assert of_points.lower_bound_ > 10.0  # a component sits on each value


@pytest.mark.parametrize("group", [["full", "tied", "VEE", "EVV"], ["diag", "EEI", "VEI"], ["spherical", "EII"]])
def test_families_that_are_one_model_with_one_component_have_one_prior(group: list[str]) -> None:
    scale = DataScale.of(Fold.of_rows(np.random.default_rng(0).normal(size=(60, 3))))
    first, *others = (scale.prior(family_for(name), 1) for name in group)
    for prior in others:
        assert (prior.count, prior.likeness) == (first.count, first.likeness)
        np.testing.assert_array_equal(prior.scale, first.scale)


def test_the_scale_of_a_sample_counts_the_rows_of_all() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 2))
    scale = DataScale.of(Fold.of_rows(rows))
    assert scale.of_all(1000, None).n_rows == 1000.0
    weighted = scale.of_all(4, np.array([0.5, 0.5, 0.5, 0.5]))
    assert (weighted.n_rows, weighted.row_weight) == (4.0, 0.5)


def test_a_scale_may_be_told_by_some_of_the_rows_how_alike_components_are() -> None:
    fold, some, family = Fold.of_rows(ROWS), Fold.of_rows(ROWS[::2]), family_for("full")
    weak = DataScale.of(fold, n_components=3)
    told = weak.told_by(some)
    assert told.prior(family, 3).count > 100.0 > weak.prior(family, 3).count
    assert told.without_likeness.prior(family, 3).count == weak.prior(family, 3).count
    np.testing.assert_array_equal(np.unique(told.rows, axis=0), np.unique(ROWS[::2], axis=0))


@pytest.mark.parametrize("matrix", [np.diag([1e-3, 50.0]), np.array([[2.0, -3.0], [0.5, 1.0]])])
def test_what_is_learned_of_more_rows_than_a_pilot_takes_is_the_same_in_any_units(matrix: np.ndarray) -> None:
    random, family = np.random.default_rng(0), family_for("full")
    sizes = np.repeat([0.3, 1.0, 2.5], 500)[:, None]
    rows = sizes * random.normal(size=(1500, 2)) + np.repeat([[0.0, 0.0], [6.0, 0.0], [0.0, 7.0]], 500, axis=0)
    one, other = (
        DataScale.of(Fold.of_rows(each), n_components=3, learns_likeness=True).prior(family, 3)
        for each in (rows, rows @ matrix.T)
    )
    assert (one.count, one.likeness) == (other.count, other.likeness)
    np.testing.assert_allclose(other.scale, matrix @ one.scale @ matrix.T, rtol=1e-5)


def test_rows_of_the_data_that_a_scale_has_are_not_drawn_again() -> None:
    fold = Fold.of_rows(ROWS, Marks(np.tile([0.0, 1.0, 1.5], 200)))  # a third of no weight, which no sample has
    plain, random_state = Fold.of_rows(ROWS), np.random.RandomState(0)
    scale = DataScale.of(plain)
    assert scale.drawn(plain, random_state, 600)[0] is scale.rows
    for data, own, n_rows in (
        (plain, scale, 100),
        (Fold.of_rows(ROWS + 1.0), scale, 600),
        (fold, DataScale.of(fold), 600),
    ):
        expected = data.sample(np.random.RandomState(0), n_rows)
        rows, _ = own.drawn(data, np.random.RandomState(0), n_rows)
        assert rows is not own.rows
        np.testing.assert_array_equal(rows, expected.values)


def test_what_lies_within_many_components_is_that_of_fewer_in_a_share_of_the_volume(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of_three = scale_of(ROWS).within(3, is_matrix=True)
    monkeypatch.setattr(data_scale, "MOST_PILOTS", 3)
    np.testing.assert_array_equal(scale_of(ROWS).within(3, is_matrix=True), of_three)
    np.testing.assert_allclose(scale_of(ROWS).within(12, is_matrix=True), of_three / 4.0)


def test_coordinates_are_known_of_its_own_rows_alone_where_none_is_far() -> None:
    random, full = np.random.default_rng(0), family_for("full")
    rows = random.normal(size=(300, 3)) @ random.normal(size=(3, 3)) * [1.0, 1e3, 1e-3] + 5.0
    scale = DataScale.of(Fold.of_rows(rows))
    assert scale.coordinates(scale.rows, full) is None  # nothing was asked of them yet
    scale.prior(full, 2)
    known, direct = scale.coordinates(scale.rows, full), InvariantCoordinates.of(scale.rows, scale.weights, full)
    assert known is not None
    np.testing.assert_allclose(known.into(rows), direct.into(rows), atol=1e-8)
    np.testing.assert_allclose(known.inverse @ known.linear, np.eye(3), atol=1e-9)
    assert scale.coordinates(scale.rows.copy(), full) is None
    assert scale.coordinates(scale.rows, family_for("diag")) is None
    far = DataScale.of(Fold.of_rows(np.concatenate([rows, rows[:1] + 1e9])))
    far.prior(full, 2)
    assert far.coordinates(far.rows, full) is None
