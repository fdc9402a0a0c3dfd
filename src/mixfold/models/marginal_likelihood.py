"""How probable rows are when it is known which component each is of: conjugate priors leave nothing to integrate."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, multigammaln

from mixfold.models.variational import Variational
from mixfold.statistics import SufficientStatistics
from mixfold.structures import FULL, Structure
from mixfold.typing import FloatArray


def structure_of_groups(structure: Structure) -> Structure:
    """Give the structure in which the scatters of groups of rows are kept apart.

    Parameters
    ----------
    structure : Structure

    Returns
    -------
    structure : Structure
        The same where components have their own.

    Examples
    --------
    >>> from mixfold.models.marginal_likelihood import structure_of_groups
    >>> from mixfold.structures import DIAGONAL, POOLED
    >>> structure_of_groups(POOLED).name, structure_of_groups(DIAGONAL).name
    ('full', 'diagonal')
    """
    return FULL if structure.is_shared else structure


def log_marginal_likelihood(model: Variational, groups: SufficientStatistics) -> float:
    """Give the log density of rows that are each of one component, means and covariances integrated out.

    Of recorded values it is that of the intervals around them: under each component a row has the mean of its log
    densities when it is spread by the model's jitter.

    Parameters
    ----------
    model : Variational
        Whose priors and jitter they are; where covariances are restricted, those that `draw_parameters` draws from.
    groups : SufficientStatistics
        Of rows that have one component each, in `structure_of_groups`.

    Returns
    -------
    log_density : float

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import DirichletPrior, Variational
    >>> from mixfold.models.marginal_likelihood import log_marginal_likelihood
    >>> model = Variational(family_for("full"), DirichletPrior(1.0), np.zeros(1), 1.0, np.ones((1, 1)), 1.0)
    >>> one = Fold.of_rows(np.array([[0.0]])).centered_moments(lambda chunk: np.ones((1, 1)), 1, model.structure)
    >>> round(log_marginal_likelihood(model, one), 4), round(-float(np.log(np.pi * np.sqrt(2.0))), 4)  # Cauchy's
    (-1.4913, -1.4913)
    """
    k, d = groups.center.shape
    groups = groups.jittered(model.jitter)
    counts, structure = groups.count, groups.structure
    beta_0, nu_0 = model.mean_precision_prior, model.degrees_of_freedom_prior
    beta, away = beta_0 + counts, groups.means - model.mean_prior
    before = structure.of_equal(np.ones(k), model.covariance_prior, d)
    after = groups.scatter_about_means + before + structure.outer(beta_0 * counts / beta, away)
    means = 0.5 * d * float(np.sum(np.log(beta_0 / beta) - counts * np.log(np.pi)))
    degrees = np.full(k, nu_0)
    if model.family.are_equal:  # one covariance, of all rows and of the priors of all components
        sums = (np.sum(each, axis=0, keepdims=True) for each in (before, after, counts, degrees))
        before, after, counts, degrees = sums
    if structure.is_matrix:
        return means + float(np.sum(_log_norm(before, degrees) - _log_norm(after, degrees + counts)))
    width = 1.0 if structure.has_shape else float(d)  # a variance of all features is known by the values of all
    before, after = before.reshape(len(degrees), -1), after.reshape(len(degrees), -1)
    return means + float(
        np.sum(_log_gamma_norm(before, width * degrees) - _log_gamma_norm(after, width * (degrees + counts)))
    )


def _log_norm(scatter: FloatArray, degrees: FloatArray) -> FloatArray:
    """Give log [ |S|^(nu/2) / Gamma_D(nu/2) ] for each (K,)."""
    d = scatter.shape[-1]
    return np.asarray(0.5 * degrees * np.linalg.slogdet(scatter)[1] - multigammaln(0.5 * degrees, d))


def _log_gamma_norm(scatter: FloatArray, degrees: FloatArray) -> FloatArray:
    """Give the same of numbers (K, m)."""
    return 0.5 * degrees[:, None] * np.log(scatter) - gammaln(0.5 * degrees)[:, None]
