"""Rows that are asked one by one: two verbs are all that a kind of them has, and they are checked by quadrature."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.integrate import quad_vec
from scipy.stats import norm

from mixfold.covariance import Prior, family_for
from mixfold.engines import ArrayEngine, Assignment
from mixfold.executors import LocalExecutor
from mixfold.fitting import Stopping, em
from mixfold.fold import Fold
from mixfold.models import Penalized, Problem
from mixfold.observations import ByRow, Complete, Components, Incomplete
from mixfold.observations.by_row import log_sum, output_of_scores
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.rows import Marks, Rows
from mixfold.sources import ArraySource
from mixfold.statistics import SufficientStatistics
from mixfold.structures import DIAGONAL, FULL
from mixfold.typing import BoolArray, FloatArray


@dataclass(frozen=True)
class Below(ByRow):
    """Values of one feature of which it is known that they are below what stands in the row."""

    allowed: BoolArray | None = None

    def scores(self, rows: Rows, components: Components) -> FloatArray:
        """Give log probabilities."""
        return np.asarray(components.log_weights + norm.logcdf(self.standard(rows, components)))

    def shared(self, rows: Rows, components: Components, responsibilities: FloatArray) -> SufficientStatistics:
        """Give moments of truncated normals."""
        z, weights = self.standard(rows, components), np.asarray(rows.weights_or_ones)
        deviations, ratio = np.sqrt(components.covariances[:, 0, 0]), np.exp(norm.logpdf(z) - norm.logcdf(z))
        held = responsibilities * weights[:, None]
        shift, scatter = -ratio * deviations, (1.0 - z * ratio) * deviations**2
        return SufficientStatistics(
            components.means,
            held.sum(axis=0),
            (held * shift).sum(axis=0)[:, None],
            (held * scatter).sum(axis=0)[:, None, None],
            FULL,
            0.0,
            rows.n,
            float(np.sum(weights)),
        )

    @staticmethod
    def standard(rows: Rows, components: Components) -> FloatArray:
        """Give limits in deviations."""
        return np.asarray((rows.values - components.means[:, 0]) / np.sqrt(components.covariances[:, 0, 0]))


MEANS, DEVIATIONS, WEIGHTS = np.array([-1.0, 2.0]), np.array([0.7, 1.3]), np.array([0.3, 0.7])
LIMITS, ROW_WEIGHTS = np.array([[-1.5], [0.0], [2.5]]), np.array([1.0, 2.0, 0.5])


def mixture() -> Potentials:
    """Give two normals of one feature."""
    parameters = Parameters(WEIGHTS, MEANS[:, None], DEVIATIONS[:, None] ** 2)
    return Penalized(family_for("diag"), Prior.from_ridge(0.0)).potentials(parameters)


def by_quadrature() -> FloatArray:
    """Integrate densities of weighted components, and first and second moments about means, up to each limit."""
    found = []
    for (limit,) in LIMITS:

        def integrand(x: float) -> FloatArray:
            step = x - MEANS
            return WEIGHTS * norm.pdf(x, MEANS, DEVIATIONS) * np.stack([np.ones(2), step, step**2])

        found.append(quad_vec(integrand, -20.0, limit, epsabs=1e-13)[0])
    return np.array(found)  # (n, 3, K)


@pytest.mark.parametrize("assignment", list(Assignment))
def test_sums_and_answers_are_those_of_integrals(assignment: Assignment) -> None:
    fold = Fold(ArraySource(LIMITS, Marks(ROW_WEIGHTS)), ArrayEngine(), LocalExecutor(), (Below(),))
    found, integrals = fold.statistics(mixture(), DIAGONAL, assignment), by_quadrature()
    density = integrals[:, 0]
    shares = density / density.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(fold.log_density(mixture()), np.log(density.sum(axis=1)), rtol=1e-9)
    np.testing.assert_allclose(fold.responsibilities(mixture()), shares, rtol=1e-9)
    np.testing.assert_array_equal(fold.labels(mixture()), np.argmax(shares, axis=1))
    is_hard = assignment is Assignment.HARD
    held = ROW_WEIGHTS[:, None] * (np.eye(2)[np.argmax(shares, axis=1)] if is_hard else shares)
    np.testing.assert_allclose(found.count, held.sum(axis=0), rtol=1e-9)
    np.testing.assert_allclose(found.shift[:, 0], np.sum(held * integrals[:, 1] / density, axis=0), rtol=1e-9)
    np.testing.assert_allclose(found.scatter[:, 0], np.sum(held * integrals[:, 2] / density, axis=0), rtol=1e-9)
    each = np.max(density, axis=1) if is_hard else density.sum(axis=1)
    assert found.log_likelihood == pytest.approx(ROW_WEIGHTS @ np.log(each), rel=1e-9)


def test_em_beside_complete_rows_never_falls_and_finds_what_is_below_the_limit() -> None:
    random = np.random.default_rng(0)
    x = np.where(random.random(800) < 0.4, random.normal(0.0, 1.0, 800), random.normal(6.0, 1.0, 800))
    hidden = (x < 0.5).astype(int)
    source = ArraySource(np.where(hidden, 0.5, x)[:, None], Marks(strata=hidden))
    fold = Fold(source, ArrayEngine(), LocalExecutor(), (Complete(), Below()))
    start = Parameters(np.array([0.5, 0.5]), np.array([[1.0], [5.0]]), np.ones((2, 1)))
    problem = Problem(fold, Penalized(family_for("diag"), Prior.from_ridge(1e-6)))
    run = em(problem, start, Stopping(1e-8, 200), restart=0, name="mine", callback=None)
    assert run.parameters is not None
    np.testing.assert_allclose(run.parameters.means.ravel(), [0.0, 6.0], atol=0.3)
    np.testing.assert_allclose(run.parameters.covariances.ravel(), 1.0, atol=0.35)
    assert np.all(np.diff([one.objective for one in run.history]) > -1e-10)


def test_a_background_competes_but_not_for_rows_with_labels() -> None:
    components = Components.of(replace(mixture(), background=-1.0))
    rows = Rows(np.array([[-5.0]]))
    assert Below().output("labels", rows, components).tolist() == [-1]
    assert Below().statistics(rows, components, is_hard=True).count.tolist() == [0.0, 0.0]
    assert Below(np.array([False, True])).output("labels", rows, components).tolist() == [1]
    assert Incomplete(Below()).by_row == Below()
    with np.errstate(divide="ignore"):
        scores = np.log(np.array([[0.2, 0.3]]))
    assert log_sum(scores, np.log([0.5])) == pytest.approx(0.0)
    np.testing.assert_allclose(output_of_scores("responsibilities", scores, np.log([0.5])), [[0.2, 0.3]])
