"""`BayesianGaussianMixture`: scikit-learn's estimator of that name, on the fold; it finds how many components."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from mixfold.engines import Engine
from mixfold.estimators.abstract import MixtureEstimator
from mixfold.estimators.bayesian_fitter import (
    DIRICHLET_DISTRIBUTION,
    DIRICHLET_PROCESS,
    BayesianFit,
    BayesianFitter,
)
from mixfold.estimators.choices import ENGINE, EXECUTOR, INITIALIZER
from mixfold.estimators.em_fitter import AUTO
from mixfold.estimators.pickling import precisions_of
from mixfold.estimators.posterior_answers import PosteriorAnswers
from mixfold.estimators.rows import exported, known_names
from mixfold.estimators.scikit_learn import fit_context
from mixfold.estimators.warnings import warn
from mixfold.executors import Executor
from mixfold.fitting import Callback, Outcome
from mixfold.initialization import Initializer
from mixfold.mixtures import Mixture
from mixfold.models import (
    DirichletWeights,
    GammaBelief,
    Posterior,
    StickPrior,
    StickWeights,
    Variational,
    draw_parameters,
)
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.typing import Array

EXISTS = 0.5
"""Rows from which on a component counts as one."""
PREDICTIVE, PLUG_IN = "student-t", "plug-in"


class BayesianGaussianMixture(PosteriorAnswers, MixtureEstimator):
    """Posterior of a Gaussian mixture by variational inference; scikit-learn's estimator of that name, drop-in.

    By default it finds how many components there are, up to `n_components`: components are merged, split and dropped
    for as long as that lifts the evidence lower bound, which has every term. Priors that are not given are on the scale
    of the data, and their strength is learned. With `init_params` of scikit-learn's it begins as scikit-learn does,
    under scikit-learn's default priors, and keeps all components.

    Parameters
    ----------
    n_components : int
        How many components there may be.
    covariance_type : {"full", "tied", "diag", "spherical"}
    tol : float
        EM ends when it is predicted to lift the bound by less than this still, in nats per row.
    reg_covar : float
        Added to the variances that rows bring, in scikit-learn's way; no prior needs it.
    max_iter : int
    n_init : int
        How many times to begin; the highest bound is kept.
    init_params : str or Initializer
        "auto" searches. Others are single ways to begin: "kmeans", "k-means++", "random", "random_from_data".
    weight_concentration_prior_type : {"dirichlet_process", "dirichlet_distribution"}
    weight_concentration_prior : float, optional
        The larger, the more even are weights. By default that of a Dirichlet process is learned, under a Gamma prior
        with shape and rate 1; that of a Dirichlet distribution is ``1 / n_components``.
    mean_precision_prior, mean_prior, degrees_of_freedom_prior, covariance_prior : optional
        As in scikit-learn; each that is left out is learned.
    random_state : int or RandomState, optional
    warm_start : bool
        Begin at the last posterior.
    verbose, verbose_interval : int
    responsibilities_init : array-like of shape (n_samples, n_components), optional
        Where to begin, as with an `init_params` of scikit-learn's.
    predictive : {"student-t", "plug-in"}
        What `score_samples` and `score` give: the posterior predictive density, a mixture of Student's t, or the
        density of the mixture that has the expected parameters.
    engine, n_jobs, executor, max_time, callback : optional
        As in `GaussianMixture`.

    Attributes
    ----------
    n_components_ : int
        Components that have rows.
    weights_, means_, covariances_, precisions_, precisions_cholesky_ : ndarray or tensor
        Expected weights and means, and what belongs to the expected precisions. After a search of `n_components_`
        components, the largest first.
    weight_concentration_ : tuple of ndarray, or ndarray
        Of the Beta distributions of a Dirichlet process, or of the Dirichlet distribution.
    mean_precision_, degrees_of_freedom_ : ndarray
    weight_concentration_prior_, mean_precision_prior_, mean_prior_ : float, float, ndarray
        The priors that were taken; of a concentration that is learned the posterior expectation.
    degrees_of_freedom_prior_, covariance_prior_ : float, ndarray or float
        Likewise.
    lower_bound_ : float
        The evidence lower bound, with every term, in nats per row: comparable between numbers of components, covariance
        types and priors.
    lower_bounds_ : list of float
    converged_ : bool
    n_iter_ : int
    mixture_ : Mixture
        Of the expected parameters.

    References
    ----------
    Bishop (2006), section 10.2; Blei & Jordan (2006); Hughes & Sudderth (2013).

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import BayesianGaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> model = BayesianGaussianMixture(n_components=30, random_state=0).fit(load_faithful().data)
    >>> model.n_components_, model.weights_.round(2)
    (2, array([0.64, 0.36]))
    """

    mean_prior_: Array
    _mixture: Mixture | None = None
    _fit: tuple[Posterior, Variational] | None = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "covariance_type": [StrOptions({"full", "tied", "diag", "spherical"})],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "reg_covar": [Interval(Real, 0.0, None, closed="left")],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "init_params": [INITIALIZER],
        "weight_concentration_prior_type": [StrOptions({DIRICHLET_PROCESS, DIRICHLET_DISTRIBUTION})],
        "weight_concentration_prior": [None, Interval(Real, 0.0, None, closed="neither")],
        "mean_precision_prior": [None, Interval(Real, 0.0, None, closed="neither")],
        "mean_prior": [None, "array-like"],
        "degrees_of_freedom_prior": [None, Interval(Real, 0.0, None, closed="neither")],
        "covariance_prior": [None, "array-like", Interval(Real, 0.0, None, closed="neither")],
        "random_state": ["random_state"],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
        "verbose_interval": [Interval(Integral, 1, None, closed="left")],
        "responsibilities_init": ["array-like", None],
        "predictive": [StrOptions({PREDICTIVE, PLUG_IN})],
        "engine": [ENGINE],
        "n_jobs": [Integral, None],
        "executor": [EXECUTOR, None],
        "max_time": [Interval(Real, 0.0, None, closed="neither"), None],
        "callback": [callable, None],
    }

    def __init__(
        self,
        *,
        n_components: int = 1,
        covariance_type: str = "full",
        tol: float = 1e-6,
        reg_covar: float = 0.0,
        max_iter: int = 1000,
        n_init: int = 1,
        init_params: str | Initializer = AUTO,
        weight_concentration_prior_type: str = DIRICHLET_PROCESS,
        weight_concentration_prior: float | None = None,
        mean_precision_prior: float | None = None,
        mean_prior: npt.ArrayLike | None = None,
        degrees_of_freedom_prior: float | None = None,
        covariance_prior: npt.ArrayLike | None = None,
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        responsibilities_init: npt.ArrayLike | None = None,
        predictive: str = PREDICTIVE,
        engine: str | Engine = "auto",
        n_jobs: int | None = None,
        executor: str | Executor | None = None,
        max_time: float | None = None,
        callback: Callback | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weight_concentration_prior_type = weight_concentration_prior_type
        self.weight_concentration_prior = weight_concentration_prior
        self.mean_precision_prior = mean_precision_prior
        self.mean_prior = mean_prior
        self.degrees_of_freedom_prior = degrees_of_freedom_prior
        self.covariance_prior = covariance_prior
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.responsibilities_init = responsibilities_init
        self.predictive = predictive
        self.engine = engine
        self.n_jobs = n_jobs
        self.executor = executor
        self.max_time = max_time
        self.callback = callback

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: None = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Learn the posterior.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)
            Finite real numbers, at least two rows, and at least `n_components`.
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            A row of weight 2 counts as two rows, one of weight 0 as none.

        Returns
        -------
        self : BayesianGaussianMixture

        Raises
        ------
        ValueError
            If `X`, `sample_weight`, a prior or a start cannot be used, before any work.
        """
        del y
        last = self._fit if self.warm_start else None
        source = self._source(X, sample_weight, reset=True)
        fit = BayesianFitter(self).fit(source, last)
        self._publish(fit, source.first)
        self.warnings_ = warn(fit.said)
        return self

    def _publish(self, fit: BayesianFit, like: Array) -> None:
        """Set the fitted attributes."""
        posterior, model, run = fit.posterior, fit.model, fit.run
        self._fit = posterior, model
        expected = Parameters(posterior.weights, posterior.means, posterior.covariances)
        self._mixture = Mixture.from_parameters(expected, model.family, known_names(self))
        self.n_components_ = int(np.sum(fit.counts > EXISTS))
        self.weights_, self.means_ = exported(posterior.weights, like), exported(posterior.means, like)
        self.covariances_ = exported(posterior.covariances, like)
        vars(self).update(precisions_of(self._mixture, like))
        self._publish_posterior(posterior, model, like)
        self.outcome_, self.history_, self.n_iter_ = run.outcome, run.history, run.n_iter
        self.converged_ = run.outcome is Outcome.CONVERGED
        self.lower_bound_ = np.float64(run.objective)
        self.lower_bounds_ = [iteration.objective for iteration in run.history[1:]]

    def _publish_posterior(self, posterior: Posterior, model: Variational, like: Array) -> None:
        weights, prior = posterior.weight_posterior, model.weight_prior
        if isinstance(weights, StickWeights):
            self.weight_concentration_: Any = exported(weights.taken, like), exported(weights.left, like)
            belief = weights.concentration
            self.weight_concentration_prior_ = belief.mean if isinstance(belief, GammaBelief) else belief
        elif isinstance(weights, DirichletWeights):
            self.weight_concentration_ = exported(weights.concentration, like)
        if not isinstance(prior, StickPrior):
            self.weight_concentration_prior_ = prior.concentration  # type: ignore[attr-defined]
        self.mean_precision_ = exported(posterior.mean_precision, like)
        degrees = posterior.degrees_of_freedom
        shared = model.structure.is_shared
        self.degrees_of_freedom_ = np.float64(degrees[0]) if shared else exported(degrees, like)
        self.mean_prior_ = exported(model.mean_prior, like)
        self.mean_precision_prior_ = model.mean_precision_prior
        self.degrees_of_freedom_prior_ = model.degrees_of_freedom_prior
        covariance = model.covariance_prior
        self.covariance_prior_ = exported(covariance, like) if covariance.ndim else float(covariance)

    @property
    def mixture_(self) -> Mixture:
        """The mixture that has the expected weights, means and precisions."""
        if self._mixture is None:
            message = f"This {type(self).__name__} is not fitted yet, so it has no `mixture_`. Call `fit` first."
            raise AttributeError(message)
        return self._mixture

    def score(self, X: Any, y: None = None, sample_weight: npt.ArrayLike | None = None) -> float:
        """Give the mean log density of the rows, weighted, under the density that `predictive` names.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        score : float
            In nats for each unit of weight.
        """
        del y
        potentials = self._potentials_for("log_density")
        with self._folding(self._source(X, sample_weight, n_features=potentials.n_features)) as fold:
            log_likelihood, weight = fold.log_likelihood(potentials)
        return log_likelihood / weight

    def _potentials_for(self, question: str) -> Potentials:
        """Rows are shared out as the last E step does, and have the density that `predictive` names."""
        check_is_fitted(self, "mixture_")
        assert self._fit is not None  # noqa: S101  (it is fitted)
        posterior, model = self._fit
        if question != "log_density":
            return model.potentials(posterior)
        return model.plug_in(posterior) if self.predictive == PLUG_IN else model.predictive(posterior)

    def _drawn(self, n_draws: int, random: np.random.Generator) -> list[Parameters]:
        assert self._fit is not None  # noqa: S101  (it is fitted)
        posterior, model = self._fit
        return [draw_parameters(model, posterior, random) for _ in range(n_draws)]

    @property
    def _like(self) -> Array:
        return self.means_

    def _fit_in_words(self) -> list[str]:
        ended = f"{self.outcome_} after {self.n_iter_} iteration{'s' * (self.n_iter_ != 1)}"
        found = f"{self.n_components_} of at most {self.n_components} components"
        return [f"{type(self).__name__}: {found}, {ended}, bound {self.lower_bound_:.3f} per row", *self.warnings_]
