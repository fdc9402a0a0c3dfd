"""Posteriors in coordinates that no map of the rows changes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.metrics import adjusted_rand_score

from mixfold import BayesianGaussianMixture
from mixfold.covariance import family_for
from mixfold.datasets import load_faithful
from mixfold.fold import Fold
from mixfold.models import Point, PriorScale, Problem, StickPrior
from mixfold.search.found_components import Found
from mixfold.search.invariant_posteriors import InvariantPosteriors
from mixfold.typing import FloatArray

TABLES = {
    "faithful": load_faithful().data,
    "iris": load_iris().data,
    "wine": load_wine().data,
    "breast cancer": load_breast_cancer().data[:, [2, 21, 24]],
    "few rows": load_wine().data[::4, :10],
}
QUICK = ("faithful", "iris", "few rows")
WITH_UNITS = [*((name, "full") for name in TABLES), *((name, kind) for name in QUICK for kind in ("tied", "diag"))]
WITH_MATRIX = [(name, kind) for name, kind in WITH_UNITS if kind != "diag"]


def spread(rows: FloatArray, seed: int) -> FloatArray:
    """Give rows whose numbers are anywhere in the intervals that they were recorded in: no matrix hides a grid then."""
    steps = np.array([np.min(np.diff(np.unique(column))) for column in rows.T])
    return rows + steps * np.random.default_rng(seed).uniform(-0.5, 0.5, size=rows.shape)


def clusters(rows: FloatArray, covariance_type: str) -> tuple[FloatArray, float]:
    model = BayesianGaussianMixture(n_components="auto", covariance_type=covariance_type, random_state=0).fit(rows)
    return model.predict(rows), float(model.lower_bound_)


@pytest.mark.parametrize(("name", "covariance_type"), WITH_UNITS)
def test_no_unit_of_a_feature_changes_the_clusters(name: str, covariance_type: str) -> None:
    rows = TABLES[name]
    units = 10.0 ** np.random.default_rng(1).integers(-4, 5, rows.shape[1])
    (here, bound), (there, other) = clusters(rows, covariance_type), clusters(rows * units, covariance_type)
    assert adjusted_rand_score(here, there) == 1.0
    assert other + np.sum(np.log(units)) == pytest.approx(bound, abs=1e-5)


@pytest.mark.parametrize(("name", "covariance_type"), WITH_MATRIX)
def test_no_invertible_matrix_changes_the_clusters(name: str, covariance_type: str) -> None:
    rows, random = spread(TABLES[name], seed=0), np.random.default_rng(2)
    d = rows.shape[1]
    linear = random.normal(size=(d, d)) / np.std(rows, axis=0)
    (here, bound), (there, other) = clusters(rows, covariance_type), clusters(rows @ linear.T + 5.0, covariance_type)
    assert adjusted_rand_score(here, there) == 1.0
    assert other + np.linalg.slogdet(linear)[1] == pytest.approx(bound, abs=1e-5)


@pytest.mark.parametrize("name", QUICK)
def test_no_rotation_changes_spherical_clusters(name: str) -> None:
    rows, random = spread(TABLES[name], seed=0), np.random.default_rng(3)
    rows = rows / np.std(rows, axis=0)
    turn = np.linalg.qr(random.normal(size=(rows.shape[1],) * 2))[0]
    (here, bound), (there, other) = (clusters(each, "spherical") for each in (rows, 1e-4 * rows @ turn + 3.0))
    assert adjusted_rand_score(here, there) == 1.0
    assert other + rows.shape[1] * np.log(1e-4) == pytest.approx(bound, abs=1e-5)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("learns_scatter", [False, True])
def test_what_was_found_is_as_good_in_the_features_of_the_rows(covariance_type: str, *, learns_scatter: bool) -> None:
    random, family = np.random.default_rng(0), family_for(covariance_type)
    rows = random.normal(size=(60, 3)) @ np.array([[9.0, 2.0, 0.0], [0.0, 0.1, 0.0], [1.0, 0.0, 3.0]]) + 4.0
    jitter = np.array([0.1, 0.002, 0.3]) if family.structure.has_shape else np.array(0.01)
    fold = Fold.of_rows(rows)
    scale = PriorScale.of(fold, family, StickPrior(1.0))
    own = InvariantPosteriors.of(fold, family)
    inside = own.scale(PriorScale(family, scale.weight_prior, scale.mean, scale.covariance, jitter=jitter))
    model = PriorScale(
        family, scale.weight_prior, inside.mean, inside.covariance, jitter=inside.jitter, learns_scatter=learns_scatter
    ).first[1]
    shares = random.dirichlet(np.ones(3), size=60)
    sums = own.inside.centered_moments(lambda chunk: shares[chunk.span], 3, family.structure)
    problem = Problem(own.inside, model)
    found = Found(problem, Point.at(problem, model.maximize(sums)))
    back = own.back(found, jitter)
    bound = found.point.objective + own.coordinates.log_determinant
    assert back.point.objective == pytest.approx(bound, abs=1e-10)
    stepped = [one.problem.model.maximize(one.point.statistics, one.posterior) for one in (found, back)]
    np.testing.assert_allclose(own.coordinates.into(stepped[1].means), stepped[0].means, atol=1e-10)


def test_more_features_than_rows_have_a_way_back() -> None:
    rows = np.random.default_rng(0).normal(size=(40, 70))
    own = InvariantPosteriors.of(Fold.of_rows(rows), family_for("tied"))
    assert own.inside.source.n_features == 70


def test_rows_lie_in_all_directions_where_more_of_them_differ_than_there_are_features() -> None:
    rows = np.random.default_rng(0).normal(size=(13, 12))
    for some, expected in ((rows, True), (np.repeat(rows[:12], 3, axis=0), False)):
        assert InvariantPosteriors.of(Fold.of_rows(some), family_for("full")).is_spanned is expected
