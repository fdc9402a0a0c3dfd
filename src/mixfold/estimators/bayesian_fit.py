"""`BayesianFit`: what a fit of a posterior found, before an estimator has it for its attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mixfold.estimators.outliers import Outliers
from mixfold.estimators.warnings import FitWarning
from mixfold.fitting import Run
from mixfold.models import Posterior, Variational
from mixfold.parameters import Parameters
from mixfold.search.found_components import LOG_ODDS, Found
from mixfold.search.other_optima import shares_of
from mixfold.typing import FloatArray


@dataclass(frozen=True, slots=True)
class Optimum:
    """One of the optima of a posterior.

    Attributes
    ----------
    posterior : Posterior
    model : Variational
        With the priors that were learned there.
    share : float
        Of the mixture of all.
    """

    posterior: Posterior
    model: Variational
    share: float


def optima_beside(found: Found, others: Sequence[Found]) -> tuple[Optimum, ...]:
    """Give optima beside the one that was found with the shares that they have in the mixture of all.

    Parameters
    ----------
    found : Found
    others : sequence of Found
    """
    shares = shares_of([found, *others])[1:]
    return tuple(Optimum(one.posterior, one.problem.model, float(p)) for one, p in zip(others, shares, strict=True))


@dataclass(frozen=True, slots=True)
class BayesianFit:
    """What a fit found.

    Attributes
    ----------
    run : Run
        The best.
    posterior : Posterior
    model : Variational
        With the priors that were taken.
    counts : ndarray of shape (n_components,)
        Rows of each component.
    said : tuple of (type, str)
        What there is to warn of.
    probabilities : dict
        Of numbers of components.
    draws : tuple of Parameters
        Of a Gibbs sampler.
    others : tuple of Optimum
        What a search of all rows came to beside; what their shares leave of one is that of `posterior`.
    outliers : Outliers or None
        The background, if there is one.
    raced : sequence of Run
        How a search came to where the run begins.

    Examples
    --------
    >>> from mixfold import BayesianGaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.estimators.bayesian_fitter import BayesianFitter
    >>> from mixfold.sources import ArraySource
    >>> fit = BayesianFitter(BayesianGaussianMixture(n_components=4)).fit(ArraySource(load_faithful().data))
    >>> len(fit.counts), fit.log_evidence < fit.run.objective * 272
    (2, True)
    """

    run: Run
    posterior: Posterior
    model: Variational
    counts: FloatArray
    said: tuple[FitWarning, ...]
    probabilities: dict[int, float]
    draws: tuple[Parameters, ...] = ()
    others: tuple[Optimum, ...] = ()
    outliers: Outliers | None = None
    raced: Sequence[Run] = ()

    @property
    def log_evidence(self) -> float:
        """The bound of all rows with the log prior probability of the number of components, in nats."""
        statistics = self.run.statistics
        assert statistics is not None  # noqa: S101  (a run that ended well has some)
        return self.run.objective * statistics.weight - LOG_ODDS * len(self.counts)
