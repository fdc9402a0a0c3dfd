"""A row far from all others is a component of its own, and changes none of the others."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.covariance import family_for
from mixfold.estimators.far_rows import FarRows
from mixfold.fitting import DataScale
from mixfold.fold import Fold
from mixfold.models import Penalized, Problem
from mixfold.parameters import Parameters
from mixfold.rows import Marks
from mixfold.search import Effort, Search
from mixfold.sources import ArraySource
from tests.examples import blobs

BENT = np.random.default_rng(0).normal(size=(90, 2)) * [1.0, 0.2]
BENT = np.column_stack([BENT[:, 0], BENT[:, 1] + BENT[:, 0] ** 2])  # which two components fit in more than one way
PAIR = np.random.default_rng(0).normal(size=(80, 2)) + np.repeat([[0.0, 0.0], [20.0, 0.0]], [60, 20], axis=0)


def found(rows: np.ndarray, n_components: int, weights: np.ndarray | None = None) -> FarRows | None:
    scale = DataScale.of(Fold.of_rows(rows, Marks(weights)), n_components=n_components)
    return FarRows.of(ArraySource(rows, Marks(weights)), scale, n_components)


def model_of(rows: np.ndarray, n_components: int) -> Penalized:
    family = family_for("full")
    return Penalized(family, DataScale.of(Fold.of_rows(rows), n_components=n_components).prior(family, n_components))


@pytest.mark.parametrize(("covariance_type", "far"), [("full", 1e2), ("full", 1e8), ("diag", 1e4), ("tied", 1e4)])
def test_all_other_labels_are_those_without_it(covariance_type: str, far: float) -> None:
    options = {"covariance_type": covariance_type, "random_state": 0}
    without = GaussianMixture(2, **options).fit_predict(BENT)
    labels = GaussianMixture(3, **options).fit_predict(np.concatenate([BENT[:50], [[far, far]], BENT[50:]]))
    np.testing.assert_array_equal(np.delete(labels, 50), without)
    assert labels[50] == 2


def test_its_component_changes_no_density_of_the_others() -> None:
    one, other = (GaussianMixture(k, random_state=0) for k in (2, 3))
    one.fit(BENT)
    other.fit(np.concatenate([BENT, [[1e4, 0.0]]]))
    np.testing.assert_allclose(other.means_[:2], one.means_, rtol=1e-4)
    np.testing.assert_allclose(other.covariances_[:2], one.covariances_, rtol=1e-3)
    np.testing.assert_allclose(other.weights_[:2], one.weights_ * 90 / 91, rtol=1e-3)


def test_a_component_is_not_spent_on_it_where_another_use_is_better() -> None:
    rows = np.concatenate([PAIR, [[20.0, 40.0]]])
    assert found(rows, 2) is not None
    labels = GaussianMixture(2, random_state=0).fit_predict(rows)
    np.testing.assert_array_equal(labels, np.repeat([0, 1], [60, 21]))


def test_near_rows_with_heavy_tails_do_not_share_its_component() -> None:
    # They would fill a component with it, but for less than the parameters of one more are worth (Schwarz 1978).
    rows = np.random.default_rng(0).standard_t(3.0, size=(300, 12))
    without = GaussianMixture(2, random_state=0).fit_predict(rows)
    labels = GaussianMixture(3, random_state=0).fit_predict(np.concatenate([rows, np.full((1, 12), 50.0)]))
    np.testing.assert_array_equal(labels[:-1], without)


def test_more_restarts_end_no_lower() -> None:
    rows = np.concatenate([BENT, [[1e3, 1e3]]])
    few, many = (GaussianMixture(4, random_state=1, n_init=n).fit(rows).objective_ for n in (1, 5))
    assert many >= few - 1e-6


def test_far_rows_near_each_other_are_one_group() -> None:
    far = found(np.concatenate([BENT, [[500.0, 500.0], [501.0, 500.0], [-500.0, 0.0]]]), 4)
    assert far is not None
    assert far.n_groups == 2
    np.testing.assert_array_equal(far.groups, [0, 0, 1])
    assert far.share == 3 / 93


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_tail_that_leads_there_is_not_far(sign: float) -> None:
    tail = np.concatenate([np.zeros(86), [5.0, 20.0, 30.0, 40.0]])
    rows = np.column_stack([BENT[:, 0], sign * (tail + BENT[:, 1])])
    scale = DataScale.of(Fold.of_rows(rows))
    assert not np.all(scale.near(rows, np.ones(90)))
    assert found(rows, 4) is None
    far = found(np.concatenate([rows, [[0.0, sign * 200.0]]]), 4)
    assert far is not None
    np.testing.assert_array_equal(np.flatnonzero(~far.is_near), [90])


def test_weights_count() -> None:
    rows, weights = np.concatenate([BENT, [[500.0, 500.0], [504.0, 500.0]]]), np.append(np.ones(90), [1.0, 3.0])
    far = found(rows, 3, weights)
    assert far is not None
    joined = far.joined(Parameters(np.ones(1), np.zeros((1, 2)), np.eye(2)[None]), model_of(rows, 3))
    np.testing.assert_allclose(joined.means, [[0.0, 0.0], [503.0, 500.0]])
    np.testing.assert_allclose(joined.weights, [90 / 94, 4 / 94])


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_its_component_has_its_size_at_once(covariance_type: str) -> None:
    sizes, centers = np.repeat([[1.0], [0.2]], 300, axis=0), np.repeat([[0.0, 0.0], [9.0, 9.0]], 300, axis=0)
    alike = sizes * np.random.default_rng(0).normal(size=(600, 2)) + centers
    model = GaussianMixture(3, covariance_type=covariance_type, random_state=0)
    assert model.fit(np.concatenate([alike, [[1e4, 0.0]]])).n_iter_ < 50


@pytest.mark.parametrize("n_far", [0, 2, 40])
def test_none_are_told_where_there_are_none_or_as_many_groups_as_components(n_far: int) -> None:
    assert found(np.concatenate([BENT, 1e3 ** (1.0 + np.arange(n_far))[:, None] * [[1.0, 1.0]]]), 2) is None


def test_a_group_of_more_rows_than_features_may_be_more_than_one_component() -> None:
    assert found(np.concatenate([BENT, 500.0 + np.eye(3, 2)]), 3) is None


def test_what_is_known_of_near_rows_stays_where_far_ones_are_by_themselves() -> None:
    rows = np.concatenate([PAIR, [[1e4, 0.0]]])
    far, fold, model = found(rows, 3), Fold.of_rows(rows), model_of(rows, 3)
    assert far is not None
    search = Search(Problem(fold, model), DataScale.of(fold), 3, np.random.RandomState(0), Effort(4, 2))
    poor = Parameters(np.array([0.5, 0.5]), np.array([[9.0, 0.0], [11.0, 0.0]]), np.array([np.eye(2), np.eye(2)]))
    known = far.joined(poor, model)
    assert far.searched(search, known)[0] is known


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag"])
@pytest.mark.parametrize(("seed", "value"), [(0, 5.0), (5, 5.0), (6, 5.0), (1772, -1e9)])
def test_a_feature_that_varies_in_far_rows_alone_may_have_any_unit(
    covariance_type: str, seed: int, value: float
) -> None:
    # Columns that follow from others, one that is constant, a row a million times as far, units two hundred orders apart.
    rows = np.round(blobs(24, 2, 6, seed)[0])
    rows[1] = rows[0]
    rows = np.column_stack([rows, rows[:, 0], 1.0 - 3.0 * rows[:, -1], np.full(24, value)])
    rows[-1] *= 1e6
    rows *= 10.0 ** np.random.default_rng(seed).uniform(-100.0, 100.0, rows.shape[1])
    labels = GaussianMixture(2, covariance_type=covariance_type, random_state=0).fit_predict(rows)
    np.testing.assert_array_equal(labels, np.repeat([0, 1], [23, 1]))


def test_near_rows_leave_a_feature_of_far_ones_as_wide_as_these_say() -> None:
    rows = np.concatenate([np.column_stack([BENT, np.zeros(90)]), [[1e4, 0.0, 1e-60]]])
    for unit in (1.0, 1e90):
        model = GaussianMixture(2, random_state=0).fit(rows * [1.0, 1.0, unit])
        np.testing.assert_allclose(np.sqrt(model.covariances_[:, 2, 2]) / unit, 1e-67, rtol=0.1)
