"""Whole mixtures drawn from a posterior.

A precision is drawn from its Wishart distribution by Bartlett's decomposition; of one that is restricted, what the
restriction leaves: the diagonal, the mean of the diagonal, or the mean of the K that are equal. With statistics of rows
that were given to one component each, so drawn mixtures are steps of a Gibbs sampler under the same priors.
"""

from __future__ import annotations

import numpy as np

from mixfold.models.variational import Posterior, Variational
from mixfold.parameters import Parameters
from mixfold.typing import FloatArray


def draw_parameters(model: Variational, posterior: Posterior, random: np.random.Generator) -> Parameters:
    """Draw the weights, means and covariances of a mixture.

    Parameters
    ----------
    model : Variational
    posterior : Posterior
        Of that model.
    random : Generator

    Returns
    -------
    parameters : Parameters
        Covariances in the shape of the family.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import DirichletPrior, Variational, draw_parameters
    >>> model = Variational(family_for("diag"), DirichletPrior(1.0), np.zeros(1), 0.01, np.array([1.0]), 1.0)
    >>> rows = np.random.default_rng(0).normal(3.0, 1.0, size=(10_000, 1))
    >>> whole = Fold.of_rows(rows).centered_moments(lambda chunk: np.ones((chunk.n, 1)), 1, model.structure)
    >>> draw_parameters(model, model.maximize(whole), np.random.default_rng(0)).means.round(1)
    array([[3.]])
    """
    k, d = posterior.means.shape
    structure, degrees = model.structure, posterior.degrees_of_freedom
    whitener = model.family.whiten(posterior.covariances)
    weights = posterior.weight_posterior.draw(random)
    if structure.is_matrix:
        if structure.is_shared:
            whitener, degrees = whitener[None], np.atleast_1d(np.sum(degrees))
        roots = _roots(whitener, degrees, random)
        covariances = roots @ np.swapaxes(roots, 1, 2)
        covariances = 0.5 * (covariances + np.swapaxes(covariances, 1, 2))
        noise = random.standard_normal((k, d, 1))
        away = (roots @ noise)[:, :, 0]
        covariances = covariances[0] if structure.is_shared else covariances
    else:
        degrees = degrees[:, None] if structure.has_shape else degrees * d
        if model.family.are_equal:
            whitener, degrees = whitener[:1], np.sum(degrees, axis=0, keepdims=True)
        shape = whitener.shape
        covariances = np.broadcast_to(degrees, shape) / (whitener**2 * random.chisquare(degrees, size=shape))
        covariances = np.repeat(covariances, k // len(covariances), axis=0)
        away = np.sqrt(covariances.reshape(k, -1)) * random.standard_normal((k, d))
    means = posterior.means + away / np.sqrt(posterior.mean_precision)[:, None]
    return Parameters(weights, means, covariances)


def _roots(whitener: FloatArray, degrees: FloatArray, random: np.random.Generator) -> FloatArray:
    """Give matrices M (K, D, D) so that M M^T is the inverse of a Wishart-distributed precision."""
    k, d, _ = whitener.shape
    factor = np.tril(random.standard_normal((k, d, d)), -1)
    freedom = degrees[:, None] - np.arange(d)
    factor[:, np.arange(d), np.arange(d)] = np.sqrt(random.chisquare(freedom))
    # A precision is G^T A A^T G / degrees, with G^T G the expected one.
    return np.asarray(np.linalg.inv(np.swapaxes(factor, 1, 2) @ whitener) * np.sqrt(degrees)[:, None, None])
