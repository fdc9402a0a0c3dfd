"""How probable rows are whose components are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gamma, multivariate_normal

from mixfold.covariance import family_for
from mixfold.engines import ArrayEngine
from mixfold.fold import Fold
from mixfold.models import CONJUGATE, DirichletPrior, Variational, draw_parameters, log_marginal_likelihood
from mixfold.models.marginal_likelihood import structure_of_groups
from mixfold.structures import DIAGONAL, FULL, POOLED
from mixfold.typing import FloatArray

ROWS = np.array([[0.2, 1.0], [0.9, 0.1], [-0.4, 0.6], [2.0, 2.5], [1.2, 1.9]])
LABELS = np.array([0, 0, 0, 1, 1])


def value(model: Variational, rows: FloatArray, labels: FloatArray) -> float:
    shares = np.eye(2)[labels]
    groups = Fold.of_rows(rows).centered_moments(lambda c: shares[c.span], 2, structure_of_groups(model.structure))
    return log_marginal_likelihood(model, groups)


def model_of(covariance_type: str) -> Variational:
    family = family_for(covariance_type)
    scatter = family.structure.reduced(np.diag([3.0, 3.0]), 2)
    return Variational(family, DirichletPrior(1.0), np.array([0.5, 0.5]), 0.7, scatter, 6.0)


@pytest.mark.parametrize(
    "covariance_type",
    [name if name in {"full", "tied", "diag"} else pytest.param(name, marks=pytest.mark.nightly) for name in CONJUGATE],
)
def test_it_is_the_mean_density_under_parameters_drawn_from_the_prior(covariance_type: str) -> None:
    model, random = model_of(covariance_type), np.random.default_rng(0)
    nobody = Fold.of_rows(ROWS).centered_moments(lambda c: np.zeros((c.n, 2)), 2, model.structure)
    prior, densities = model.maximize(nobody), []
    for _ in range(4000):
        draw = draw_parameters(model, prior, random)
        covariances = model.family.dense(draw.covariances, 2, 2)
        whitened = np.linalg.solve(np.linalg.cholesky(covariances)[LABELS], (ROWS - draw.means[LABELS])[:, :, None])
        log_scale = 0.5 * np.linalg.slogdet(covariances)[1][LABELS]
        densities.append(np.exp(-0.5 * np.sum(whitened**2) - np.sum(log_scale) - len(ROWS) * np.log(2.0 * np.pi)))
    assert value(model, ROWS, LABELS) == pytest.approx(np.log(np.mean(densities)), abs=0.15)


def test_one_row_more_is_as_probable_as_the_predictive_density_says() -> None:
    model = model_of("full")
    few = value(model, ROWS, LABELS)
    shares = np.eye(2)[LABELS]
    posterior = model.maximize(Fold.of_rows(ROWS).centered_moments(lambda c: shares[c.span], 2, model.structure))
    row = np.array([[1.0, -0.5]])
    density = ArrayEngine().scores(row, model.predictive(posterior))[0, 0] - np.log(posterior.weights[0])
    more = value(model, np.concatenate([ROWS, row]), np.append(LABELS, 0))
    assert more - few == pytest.approx(float(density), abs=1e-9)


def test_where_priors_are_strong_it_is_the_density_of_what_they_say() -> None:
    family = family_for("full")
    model = Variational(family, DirichletPrior(1.0), np.zeros(2), 1e8, 1e8 * np.eye(2), 1e8)
    expected = multivariate_normal(np.zeros(2), np.eye(2)).logpdf(ROWS).sum()
    assert value(model, ROWS, LABELS) == pytest.approx(float(expected), abs=1e-3)


def test_only_shared_scatters_are_taken_apart() -> None:
    assert structure_of_groups(POOLED) == FULL
    assert structure_of_groups(DIAGONAL) == DIAGONAL


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
def test_a_recorded_value_is_spread_by_the_jitter_under_its_component(covariance_type: str) -> None:
    family, row, jitter = family_for(covariance_type), 0.2, 0.3
    scatter = family.structure.reduced(np.array([[3.0]]), 1)
    model = Variational(family, DirichletPrior(1.0), np.array([0.5]), 0.7, scatter, 6.0, jitter=np.array([jitter]))
    groups = Fold.of_rows(np.array([[row]])).centered_moments(lambda c: np.ones((c.n, 1)), 1, model.structure)
    precisions = np.linspace(1e-6, 15.0, 60_001)
    away = 0.7 / 1.7 * (row - 0.5) ** 2  # the mean is integrated out
    log_rows = 0.5 * np.log(precisions * 0.7 / 1.7 / (2.0 * np.pi)) - 0.5 * precisions * (away + jitter)
    density = gamma(3.0, scale=2.0 / 3.0).pdf(precisions) * np.exp(log_rows)
    assert log_marginal_likelihood(model, groups) == pytest.approx(np.log(np.trapezoid(density, precisions)), abs=1e-6)
