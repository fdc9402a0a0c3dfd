"""`Variational`: the posterior of weights, means and precisions under conjugate priors (Bishop 2006, section 10.2).

The posterior is a product of one of the weights and, for each component, a Gaussian of the mean given the precision
times a Wishart of the precision. In an E step it looks like any other potentials, so that EM is the same fold:

    E[log N(x | mu_k, Lambda_k)] = 1/2 E[log|Lambda_k|] - D/2 log 2 pi
                                  - 1/2 [D / beta_k + nu_k (x - m_k)^T W_k (x - m_k)]

The Wishart's scale matrix W_k is restricted to what the family allows: free, diagonal, or a multiple of the identity,
and each of these the same for all components. Within each restriction the M step is the exact maximum of the bound, and
the bound is one of the same model, so that bounds of different structures, numbers of components and priors can be
compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.special import digamma, gammaln

from mixfold.covariance import CovarianceFamily
from mixfold.engines import PosteriorStep
from mixfold.models.abstract import Model
from mixfold.models.scatter_prior import ScatterBelief
from mixfold.models.shared_rows import NO_PRIOR, Components, SharedRows
from mixfold.models.weight_posteriors import WeightPrior, Weights
from mixfold.models.wishart import log_wishart_norm
from mixfold.parameters import Parameters, n_free_parameters
from mixfold.potentials import Potentials
from mixfold.statistics import SufficientStatistics
from mixfold.structures import FULL, Scatter, Structure
from mixfold.typing import FloatArray, IntArray

NO_JITTER = np.zeros(())


@dataclass(frozen=True, slots=True)
class Posterior(Parameters):
    """What is believed of a mixture: expected weights and means, and covariances that are inverse expected precisions.

    Attributes
    ----------
    weights : ndarray of shape (n_components,)
    means : ndarray of shape (n_components, n_features)
        m_k.
    covariances : ndarray
        ``(nu_k W_k)^-1``, in the shape of the family.
    mean_precision : ndarray of shape (n_components,)
        beta_k: how many rows the mean is known by.
    degrees_of_freedom : ndarray of shape (n_components,)
        nu_k of the Wishart distributions.
    weight_posterior : Weights

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.models import DirichletPrior, Posterior
    >>> weights = DirichletPrior(1.0).learn(np.array([3.0, 1.0]), None)
    >>> means, ones = np.array([[0.0], [5.0]]), np.ones(2)
    >>> posterior = Posterior(weights.mean, means, np.ones((2, 1)), ones, 4.0 * ones, weights)
    >>> posterior.means.ravel()
    array([0., 5.])
    """

    mean_precision: FloatArray
    degrees_of_freedom: FloatArray
    weight_posterior: Weights

    @property
    def arrays(self) -> dict[str, FloatArray]:
        """All that there is, as arrays under names."""
        own = {"mean_precision": self.mean_precision, "degrees_of_freedom": self.degrees_of_freedom}
        return {**super(Posterior, self).arrays, **own, **self.weight_posterior.arrays}

    def reordered(self, order: IntArray, structure: Structure) -> Posterior:
        """Give the components in another order, or some of them; weights are right once they are learned anew."""
        weights = self.weight_posterior.reordered(order)
        return Posterior(
            weights.mean,
            self.means[order],
            structure.take(self.covariances, order),
            self.mean_precision[order],
            self.degrees_of_freedom[order],
            weights,
        )


class PosteriorFacts(NamedTuple):
    """What the bound beside the rows needs of a posterior.

    Attributes
    ----------
    posterior : Posterior
    whitener : ndarray
    away : ndarray of shape (n_components,)
        Squared distance of each mean from the prior mean, in the expected covariance.
    log_norm : ndarray of shape (n_components,)
        log B(W_k, nu_k).
    mean_log_precision : ndarray of shape (n_components,)
        E[log|Lambda_k|].
    divergence_of_weights : float
    """

    posterior: Posterior
    whitener: FloatArray
    away: FloatArray
    log_norm: FloatArray
    mean_log_precision: FloatArray
    divergence_of_weights: float


@dataclass(frozen=True)
class Variational(Model):
    """Conjugate priors: a Gaussian times a Wishart for each component, and one of the weights.

    With a covariance that is the same for all components, each has a Wishart of its own whose posteriors are held
    equal, as in scikit-learn.

    Attributes
    ----------
    family : CovarianceFamily
        One of `CONJUGATE` (conjugate.py).
    weight_prior : WeightPrior
    mean_prior : ndarray of shape (n_features,)
        m_0.
    mean_precision_prior : float
        beta_0: rows that the mean is known by beforehand.
    covariance_prior : ndarray
        W_0^-1 in the shape of one component: (D, D), (D,) or (); scatter beforehand.
    degrees_of_freedom_prior : float
        nu_0, more than D - 1: rows that the scatter is of.
    ridge : float
        Added to the variances that rows bring, and to no score: scikit-learn's `reg_covar`. With it the step is no
        maximum of the bound.
    scatter_belief : ScatterBelief or None
        Where the scatter is not known but believed: `covariance_prior` is its expectation then.
    jitter : ndarray of shape (n_features,) or ()
        Variances with which a recorded value stands for those around it: added to the variances that rows bring, and to
        their scores, so that the step is the maximum of the bound.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import Problem, StickPrior, Variational
    >>> from mixfold.fitting import em_steps
    >>> X = np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]])
    >>> model = Variational(family_for("diag"), StickPrior(1.0), np.array([5.0]), 0.01, np.array([1.0]), 1.0)
    >>> fold = Fold.of_rows(X)
    >>> shares = np.eye(2)[[0, 0, 0, 1, 1, 1]]
    >>> start = model.maximize(fold.centered_moments(lambda rows: shares[rows.span], 2, model.structure))
    >>> em_steps(Problem(fold, model), start, n_steps=10).point.parameters.means.round(1).ravel()
    array([1., 9.])
    """

    family: CovarianceFamily
    weight_prior: WeightPrior
    mean_prior: FloatArray
    mean_precision_prior: float
    covariance_prior: FloatArray
    degrees_of_freedom_prior: float
    ridge: float = 0.0
    scatter_belief: ScatterBelief | None = None
    jitter: FloatArray = field(default_factory=lambda: NO_JITTER)

    @property
    def structure(self) -> Structure:
        """The scatter that `maximize` needs, which is also the structure of the whitener."""
        return self.family.structure

    @cached_property  # which each call of a loop asks for
    def posterior_step(self) -> PosteriorStep | None:
        """What an engine must know to repeat the step of this model in its own loop; None where it cannot."""
        weights, d, structure = self.weight_prior.step, len(self.mean_prior), self.structure
        if weights is None:
            return None
        spread = self.ridge + self.jitter
        return PosteriorStep(
            structure,
            self.family.are_equal,
            weights,
            np.ascontiguousarray(self.mean_prior),
            self.mean_precision_prior,
            np.ascontiguousarray(self.covariance_prior),
            self.degrees_of_freedom_prior,
            float(self._log_prior_norm),
            0.0 if self.scatter_belief is None else self.scatter_belief.divergence,
            np.ascontiguousarray(structure.reduced(spread, d)) if np.any(spread) else None,
            np.ascontiguousarray(structure.reduced(self.jitter, d)) if np.any(self.jitter) else None,
        )

    @property
    def climbs(self) -> bool:
        """Whether no step lowers the bound: so without a ridge, which is in no score."""
        return not self.ridge

    @property
    def is_symmetric(self) -> bool:
        """Whether components may be exchanged: those on a stick have a place."""
        return self.weight_prior.is_symmetric

    def maximize(self, statistics: SufficientStatistics, before: Parameters | None = None) -> Posterior:
        """Give the posterior that maximizes the bound under these statistics (Bishop 2006, eqs. 10.58 to 10.63)."""
        last = before.weight_posterior if isinstance(before, Posterior) else None
        weights, one = self.weight_prior.learn(statistics.labels, last), self.components_of(self.shared(statistics))
        return Posterior(weights.mean, one.means, one.covariances, one.mean_precision, one.degrees_of_freedom, weights)

    def shared(self, statistics: SufficientStatistics) -> SharedRows:
        """Give what no other precision, scatter or degrees of freedom change of statistics."""
        return SharedRows.of(statistics, self.family, self.mean_prior, self.ridge + self.jitter)

    def components_of(self, rows: SharedRows) -> Components:
        """Give what is believed of means and precisions where rows are shared in this way."""
        return rows.components(self.mean_precision_prior, self.covariance_prior, self.degrees_of_freedom_prior)

    def parameters_of(self, arrays: Mapping[str, FloatArray]) -> Posterior:
        """Give the posterior whose `arrays` these are."""
        weights = self.weight_prior.posterior_of(arrays)
        precision, degrees = arrays["mean_precision"], arrays["degrees_of_freedom"]
        return Posterior(weights.mean, arrays["means"], arrays["covariances"], precision, degrees, weights)

    def potentials(self, parameters: Parameters) -> Potentials:
        """Give the expected log density of weighted components (Bishop 2006, eqs. 10.64 and 10.65)."""
        posterior = _posterior(parameters)
        d = len(self.mean_prior)
        whitener = self.family.whiten(posterior.covariances)
        log_weights = posterior.weight_posterior.mean_log
        offset = (
            log_weights
            - 0.5 * d * np.log(2.0 * np.pi)
            + 0.5 * self._mean_log_precision(posterior, whitener)
            - 0.5 * d / posterior.mean_precision
        )
        plain = Potentials(offset, posterior.means, whitener, self.structure, log_weights=log_weights)
        return plain.jittered(self.jitter)

    def log_prior(self, parameters: Parameters, potentials: Potentials) -> float:
        """Give what the bound has beside the rows: less the divergence of the posterior from the prior."""
        return self.log_prior_from(self.facts(parameters, potentials))

    def facts(self, parameters: Parameters, potentials: Potentials) -> PosteriorFacts:
        """Look at a posterior once for all priors that differ in precision, scatter and degrees of freedom alone."""
        posterior, whitener = _posterior(parameters), potentials.whitener
        k, d = posterior.means.shape
        away = np.sum(self.structure.apply(whitener, posterior.means - self.mean_prior) ** 2, axis=1)
        log_precision = 2.0 * self.family.half_log_precision(whitener, k, d)
        nu = posterior.degrees_of_freedom
        return PosteriorFacts(
            posterior,
            whitener,
            away,
            log_wishart_norm(log_precision - d * np.log(nu), nu, d),
            self._mean_log_precision(posterior, whitener),
            self.weight_prior.divergence(posterior.weight_posterior),
        )

    def log_prior_from(self, facts: PosteriorFacts) -> float:
        """Give `log_prior` of a posterior that was looked at."""
        d = len(self.mean_prior)
        nu, nu_0 = facts.posterior.degrees_of_freedom, self.degrees_of_freedom_prior
        beta, beta_0 = facts.posterior.mean_precision, self.mean_precision_prior
        of_means = 0.5 * (d * (np.log(beta / beta_0) - 1.0 + beta_0 / beta) + beta_0 * facts.away)
        of_precisions = (
            facts.log_norm
            - self._log_prior_norm
            + 0.5 * (nu - nu_0) * facts.mean_log_precision
            + 0.5 * self.structure.mean_squares(facts.whitener, self.covariance_prior, d)
            - 0.5 * nu * d
        )
        of_scatter = 0.0 if self.scatter_belief is None else self.scatter_belief.divergence
        return -float(np.sum(of_means + of_precisions)) - facts.divergence_of_weights - of_scatter

    def log_evidence(self, rows: SharedRows, components: Components | None = None) -> float:
        """Give the highest bound of rows that are shared in one way.

        Conjugate priors leave nothing to integrate, so that it is the log evidence of such rows. Terms that no prior of
        means and precisions changes are left out.

        Parameters
        ----------
        rows : SharedRows
        components : Components, optional
            `components_of` them, where it is known.
        """
        of_scatter = 0.0 if self.scatter_belief is None else self.scatter_belief.divergence
        return float(np.sum(self.log_evidences(rows, components))) - of_scatter

    def log_evidences(self, rows: SharedRows, components: Components | None = None) -> FloatArray:
        """Give what each component adds to `log_evidence`: (K,)."""
        one = self.components_of(rows) if components is None else components
        d, degrees = len(self.mean_prior), one.degrees_of_freedom
        of_means = 0.5 * d * np.log(one.mean_precision / self.mean_precision_prior)
        of_precisions = log_wishart_norm(one.log_precision - d * np.log(degrees), degrees, d) - self._log_prior_norm
        return -np.asarray(of_means + of_precisions)

    def best_mean_precision(self, components: Components, least: float, most: float) -> float:
        """Give the beta_0, within limits, under which the bound of a posterior is highest."""
        k, d = components.means.shape
        whitened = self.structure.apply(components.whitener, components.means - self.mean_prior)
        away = d * (1.0 / components.mean_precision).sum() + (whitened**2).sum()
        return float(min(max(k * d / away, least), most))

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """Count the free parameters of a mixture of the family."""
        return n_free_parameters(self.family, n_components, n_features)

    def predictive(self, posterior: Posterior) -> Potentials:
        """Give the density of a further row: a mixture of Student's t (Bishop 2006, eq. 10.81)."""
        k, d = posterior.means.shape
        nu, beta = posterior.degrees_of_freedom, posterior.mean_precision
        degrees = nu + 1.0 - d
        # The scale is (1 + beta) / (beta degrees) W_k^-1, and covariances are W_k^-1 / nu.
        factor = np.sqrt(degrees * beta / (nu * (1.0 + beta)))
        whitener, structure = self.family.whiten(posterior.covariances), self.structure
        half_log = self.family.half_log_precision(whitener, k, d) + d * np.log(factor)
        log_norm = gammaln(0.5 * (degrees + d)) - gammaln(0.5 * degrees) - 0.5 * d * np.log(degrees * np.pi)
        if structure.is_shared:  # the means are not known equally well
            whitener, structure = whitener[None], FULL
        whitener = whitener * factor.reshape(k, *[1] * (whitener.ndim - 1))
        log_weights = np.log(posterior.weights)
        offset = log_weights + log_norm + half_log
        return Potentials(offset, posterior.means, whitener, structure, degrees=degrees, log_weights=log_weights)

    def plug_in(self, posterior: Posterior) -> Potentials:
        """Give the density of a mixture that has the expected weights, means and precisions."""
        return posterior.potentials(self.family)

    @cached_property  # which each step asks for
    def _log_prior_norm(self) -> FloatArray:
        """Give log B(W_0, nu_0), or what is expected of it."""
        d = len(self.mean_prior)
        if self.scatter_belief is not None:
            log_scale = -self.scatter_belief.mean_log
            return log_wishart_norm(np.asarray(log_scale), np.asarray(self.degrees_of_freedom_prior), d)
        scatter = Scatter(self.structure.of_equal(np.ones(1), self.covariance_prior, d), d)
        whitener = self.family.whiten(self.family.maximize(scatter, np.ones(1), NO_PRIOR))
        log_scale = 2.0 * float(self.family.half_log_precision(whitener, 1, d)[0])
        return log_wishart_norm(np.asarray(log_scale), np.asarray(self.degrees_of_freedom_prior), d)

    def _mean_log_precision(self, posterior: Posterior, whitener: FloatArray) -> FloatArray:
        """Give E[log|Lambda_k|], (K,) (Bishop 2006, eq. 10.65)."""
        (k, d), nu = posterior.means.shape, posterior.degrees_of_freedom
        log_scale = 2.0 * self.family.half_log_precision(whitener, k, d) - d * np.log(nu)
        return log_scale + d * np.log(2.0) + np.sum(digamma(0.5 * (nu - np.arange(d)[:, None])), axis=0)


def _posterior(parameters: Parameters) -> Posterior:
    if not isinstance(parameters, Posterior):
        message = f"A variational model has a Posterior, got {type(parameters).__name__}. Pass what `maximize` gives."
        raise TypeError(message)
    return parameters
