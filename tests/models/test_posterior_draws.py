"""Mixtures that are drawn from a posterior."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, kstest, wishart

from mixfold.covariance import family_for
from mixfold.fold import Fold
from mixfold.models import CONJUGATE, DirichletPrior, Posterior, StickPrior, Variational, draw_parameters
from mixfold.parameters import Parameters


def learned(covariance_type: str, d: int = 3) -> tuple[Variational, Posterior]:
    random = np.random.default_rng(0)
    rows = random.normal(size=(40, d)) * np.array([1.0, 0.1, 30.0])[:d] + 2.0
    family, shares = family_for(covariance_type), random.dirichlet(np.ones(2), size=40)
    scale = family.structure.reduced(np.diag(np.var(rows, axis=0)), d)
    model = Variational(family, StickPrior(1.0), np.full(d, 2.0), 0.5, scale, d + 1.0)
    return model, model.maximize(Fold.of_rows(rows).centered_moments(lambda c: shares[c.span], 2, family.structure))


def drawn(model: Variational, posterior: Posterior, n: int) -> list[Parameters]:
    random = np.random.default_rng(1)
    return [draw_parameters(model, posterior, random) for _ in range(n)]


@pytest.mark.parametrize(
    "covariance_type",
    [name if name in {"full", "tied", "diag"} else pytest.param(name, marks=pytest.mark.nightly) for name in CONJUGATE],
)
def test_draws_have_the_expected_precisions_means_and_weights(covariance_type: str) -> None:
    model, posterior = learned(covariance_type)
    draws, family = drawn(model, posterior, 3000), model.family
    assert draws[0].covariances.shape == posterior.covariances.shape
    whiteners = [family.whiten(draw.covariances) for draw in draws]
    expected = family.precisions(family.whiten(posterior.covariances))
    precisions = np.mean([family.precisions(whitener) for whitener in whiteners], axis=0)
    if model.structure.is_matrix:
        units = np.sqrt(np.einsum("...ii->...i", expected))
        precisions, expected = (each / units[..., None] / units[..., None, :] for each in (precisions, expected))
    else:
        precisions, expected = precisions / expected, np.ones_like(expected)
    np.testing.assert_allclose(precisions, expected, atol=0.03)
    np.testing.assert_allclose(np.mean([draw.weights for draw in draws], axis=0), posterior.weights, atol=0.01)
    # Means are known as well as their precision says: squared distances are of beta_k Lambda_k, drawn together.
    squares = [
        posterior.mean_precision[:, None] * model.structure.apply(whitener, draw.means - posterior.means) ** 2
        for whitener, draw in zip(whiteners, draws, strict=True)
    ]
    np.testing.assert_allclose(np.mean(squares, axis=0).mean(axis=1), 1.0, atol=0.06)


def test_the_determinant_of_a_drawn_precision_is_distributed_as_that_of_a_wishart() -> None:
    model, posterior = learned("full")
    expected = model.family.precisions(model.family.whiten(posterior.covariances))
    mine = [-np.linalg.slogdet(draw.covariances)[1] for draw in drawn(model, posterior, 2000)]
    for k, nu in enumerate(posterior.degrees_of_freedom):
        theirs = wishart(nu, expected[k] / nu).rvs(2000, random_state=2)
        assert kstest([one[k] for one in mine], np.linalg.slogdet(theirs)[1]).pvalue > 1e-3


@pytest.mark.parametrize("prior", [StickPrior(2.0), DirichletPrior(2.0)])
def test_the_first_weight_of_two_is_beta_distributed(prior: StickPrior | DirichletPrior) -> None:
    posterior, random = prior.learn(np.array([3.0, 5.0]), None), np.random.default_rng(0)
    weights = [posterior.draw(random) for _ in range(2000)]
    assert np.allclose(np.sum(weights, axis=1), 1.0)
    if isinstance(prior, DirichletPrior):
        assert kstest([one[0] for one in weights], beta(5.0, 7.0).cdf).pvalue > 1e-3
    else:  # shares of the stick, of which both pieces are divided by what they are together
        shares = random.beta(4.0, 7.0, 4000), random.beta(6.0, 2.0, 4000)
        expected = shares[0] / (shares[0] + (1.0 - shares[0]) * shares[1])
        assert kstest([one[0] for one in weights], expected).pvalue > 1e-3
