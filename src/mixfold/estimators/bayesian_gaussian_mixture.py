"""`BayesianGaussianMixture`: scikit-learn's estimator of that name, on the fold; it finds how many components."""

from __future__ import annotations

import os
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils._param_validation import Interval, StrOptions

from mixfold.engines import Engine
from mixfold.estimators.abstract import MixtureEstimator
from mixfold.estimators.bayesian_fitter import (
    DIRICHLET_DISTRIBUTION,
    DIRICHLET_PROCESS,
    GIBBS,
    PITMAN_YOR_PROCESS,
    VARIATIONAL,
    BayesianFitter,
)
from mixfold.estimators.callbacks import CallbackSupportMixin, fit_context
from mixfold.estimators.choices import ENGINE, EXECUTOR, INITIALIZER
from mixfold.estimators.em_settings import AUTO
from mixfold.estimators.noisy import Noisy
from mixfold.estimators.outliers import Outliers
from mixfold.estimators.outlying import Outlying
from mixfold.estimators.pickling import SlimPickles
from mixfold.estimators.posterior_answers import PosteriorAnswers
from mixfold.estimators.posterior_attributes import AVERAGED, PLUG_IN, STUDENT_T, PosteriorAttributes
from mixfold.estimators.posterior_streaming import PosteriorStreaming
from mixfold.estimators.saving import Arrays, Fields, ModelFiles
from mixfold.estimators.strata import Facts, in_strata
from mixfold.estimators.warnings import warn
from mixfold.executors import Executor
from mixfold.fitting import Callback
from mixfold.initialization import Initializer
from mixfold.mixtures import Mixture
from mixfold.search.component_search import ComponentLimit
from mixfold.typing import FloatArray


class BayesianGaussianMixture(
    PosteriorStreaming,
    Noisy,
    Outlying,
    PosteriorAttributes,
    PosteriorAnswers,
    SlimPickles,
    ModelFiles,
    CallbackSupportMixin,
    MixtureEstimator,
):
    """Posterior of a Gaussian mixture by variational inference; scikit-learn's estimator of that name, drop-in.

    By default it finds how many components there are, up to `n_components`: components are merged, split and dropped
    for as long as that lifts the evidence lower bound, which has every term. Priors that are not given are on the scale
    of the data, and their strength is learned. With `init_params` of scikit-learn's it begins as scikit-learn does,
    under scikit-learn's default priors, and keeps all components.

    Parameters
    ----------
    n_components : int or "auto"
        How many components there may be. "auto" leaves it to the rows: a search begins with 30, and with twice as
        many where all of these stay.
    covariance_type : {"full", "tied", "diag", "spherical", "EEI", "EII"}
        The last two, under mclust's names, are "diag" and "spherical" with the same covariance for all components.
    tol : float
        EM ends when it is predicted to lift the bound by less than this still, in nats per row.
    reg_covar : float
        Added to the variances that rows bring, in scikit-learn's way; no prior needs it. With zero, and where
        components are searched for without a `covariance_prior`, recorded values stand for intervals around them.
    max_iter : int
    n_init : int
        How many times to begin; the highest bound is kept.
    init_params : str or Initializer
        "auto" searches. Others are single ways to begin: "kmeans", "k-means++", "random", "random_from_data".
    weight_concentration_prior_type : {"dirichlet_process", "dirichlet_distribution", "pitman_yor_process"}
        With the last one, that of Pitman and Yor (1997), many small components are expected beside few large ones.
    weight_concentration_prior : float, optional
        The larger, the more even are weights. By default that of a Dirichlet process is learned, under a Gamma prior
        with shape and rate 1, and where components are searched for that of a Dirichlet distribution likewise, of all
        components together: each has an equal part of it (`mixfold.models.DirichletPrior`). With an `init_params` of
        scikit-learn's the latter is ``1 / n_components``.
    discount : float
        Of a "pitman_yor_process": at least 0, where it is a Dirichlet process, and below 1.
    mean_precision_prior, mean_prior, degrees_of_freedom_prior, covariance_prior : optional
        As in scikit-learn; each that is left out is learned.
    random_state : int or RandomState, optional
    warm_start : bool
        Begin at the last posterior.
    verbose, verbose_interval : int
    responsibilities_init : array-like of shape (n_samples, n_components), optional
        Where to begin, as with an `init_params` of scikit-learn's.
    predictive : {"averaged", "student-t", "plug-in"}
        What `score_samples` and `score` give. "student-t" is the posterior predictive density of the optimum that was
        found, a mixture of Student's t; "averaged" the average of those of all optima that a search came to and that
        are nearly as probable (`optima_`); "plug-in" the density of the mixture that has the expected parameters.
    posterior : {"variational", "gibbs"}
        How the posterior is learned. "gibbs" goes on from the variational one by a Gibbs sampler with moves that split
        and merge, and draws from the posterior itself: no optimum is all that it knows of. Of complete rows in memory
        without weights, under priors that the variational fit has learned.
    n_draws : int
        That a Gibbs sampler keeps; half as many before them are forgotten.
    missing : {"em", "raise"}
        What NaN, masked values and nulls of arrays and frames stand for, as in `GaussianMixture`. The search looks at
        rows that lack nothing, or where they are few at completed ones; the posterior is that of what was observed.
        Densities of rows that lack values are those of `predictive="plug-in"` alone.
    outliers : {"uniform"}, optional
        A background, uniform over the volume that rows take up, for rows that belong to no component: `predict` gives
        -1 for them. Its share is the most probable one. Only where components are searched for.
    step_exponent, forgetting : float
        Of `partial_fit`, as in `GaussianMixture`.
    engine, n_jobs, executor, max_time, callback : optional
        As in `GaussianMixture`.
    checkpoint : path, optional
        As in `GaussianMixture`: a file with what the search found and how far the climb over all rows is, from which
        the same fit goes on to the same bits. Draws of a Gibbs sampler are drawn anew.

    Attributes
    ----------
    n_components_ : int
        Components that have rows. Of a Gibbs sampler the number that was there most often; means and all else are then
        those given its most probable division of the rows.
    component_probabilities_ : dict
        Of numbers of components: after a search of `n_components_` and one less and more by their bounds, and by a
        Gibbs sampler of all that were there; empty where nothing was searched.
    weights_, means_, covariances_, precisions_, precisions_cholesky_ : ndarray or tensor
        Expected weights and means, and what belongs to the expected precisions. After a search of `n_components_`
        components, the largest first, after those that labels name.
    weight_concentration_ : tuple of ndarray, or ndarray
        Of the Beta distributions of a Dirichlet process, or of the Dirichlet distribution.
    mean_precision_, degrees_of_freedom_ : ndarray
    weight_concentration_prior_, mean_precision_prior_, mean_prior_ : float, float, ndarray
        The priors that were taken; of a concentration that is learned the posterior expectation, or of a Dirichlet
        distribution the most probable value, of each component.
    degrees_of_freedom_prior_, covariance_prior_ : float, ndarray or float
        Likewise.
    lower_bound_ : float
        The evidence lower bound, with every term, in nats per row: comparable between numbers of components, covariance
        types and priors.
    lower_bounds_ : list of float
    converged_ : bool
    n_iter_ : int
    restarts_ : list of Run
        The one that is kept; and how a search came to where it begins, by the bound less what components cost that were
        merged on the way.
    mixture_ : Mixture
        Of the expected parameters.
    optima_ : list of tuple of float and Mixture
        The share and the expected mixture of each optimum that densities are averaged over: `mixture_`, and at most
        three others within six nats of the most probable, where a search looked at all rows and no more is known of
        these than their values. Shares are by the bounds, of all orders of components, with all numbers of them equally
        probable beforehand. After `partial_fit` there is one.
    outlier_share_ : float
        Of the rows that belong to no component, with `outliers`.

    References
    ----------
    Bishop (2006), section 10.2; Blei & Jordan (2006); Hughes & Sudderth (2013).

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import BayesianGaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> model = BayesianGaussianMixture(n_components=10, random_state=0).fit(load_faithful().data)
    >>> model.n_components_, model.weights_.round(2)
    (2, array([0.64, 0.36]))
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [Interval(Integral, 1, None, closed="left"), StrOptions({AUTO})],
        "covariance_type": [str],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "reg_covar": [Interval(Real, 0.0, None, closed="left")],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "init_params": [INITIALIZER],
        "weight_concentration_prior_type": [
            StrOptions({DIRICHLET_PROCESS, DIRICHLET_DISTRIBUTION, PITMAN_YOR_PROCESS})
        ],
        "weight_concentration_prior": [None, Interval(Real, 0.0, None, closed="neither")],
        "discount": [Interval(Real, 0.0, 1.0, closed="left")],
        "mean_precision_prior": [None, Interval(Real, 0.0, None, closed="neither")],
        "mean_prior": [None, "array-like"],
        "degrees_of_freedom_prior": [None, Interval(Real, 0.0, None, closed="neither")],
        "covariance_prior": [None, "array-like", Interval(Real, 0.0, None, closed="neither")],
        "random_state": ["random_state"],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
        "verbose_interval": [Interval(Integral, 1, None, closed="left")],
        "responsibilities_init": ["array-like", None],
        "posterior": [StrOptions({VARIATIONAL, GIBBS})],
        "missing": [StrOptions({"em", "raise"})],
        "outliers": [StrOptions({"uniform"}), None],
        "step_exponent": [Interval(Real, 0.5, 1.0, closed="right")],
        "forgetting": [Interval(Real, 0.0, 1.0, closed="right")],
        "n_draws": [Interval(Integral, 1, None, closed="left")],
        "predictive": [StrOptions({AVERAGED, STUDENT_T, PLUG_IN})],
        "engine": [ENGINE],
        "n_jobs": [Integral, None],
        "executor": [EXECUTOR, None],
        "max_time": [Interval(Real, 0.0, None, closed="neither"), None],
        "callback": [callable, None],
        "checkpoint": [str, os.PathLike, None],
    }

    def __init__(
        self,
        *,
        n_components: int | str = 1,
        covariance_type: str = "full",
        tol: float = 1e-6,
        reg_covar: float = 0.0,
        max_iter: int = 1000,
        n_init: int = 1,
        init_params: str | Initializer = AUTO,
        weight_concentration_prior_type: str = DIRICHLET_PROCESS,
        weight_concentration_prior: float | None = None,
        discount: float = 0.25,
        mean_precision_prior: float | None = None,
        mean_prior: npt.ArrayLike | None = None,
        degrees_of_freedom_prior: float | None = None,
        covariance_prior: npt.ArrayLike | None = None,
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        responsibilities_init: npt.ArrayLike | None = None,
        predictive: str = AVERAGED,
        posterior: str = VARIATIONAL,
        n_draws: int = 500,
        missing: str = "em",
        outliers: str | None = None,
        step_exponent: float = 0.7,
        forgetting: float = 1.0,
        engine: str | Engine = "auto",
        n_jobs: int | None = None,
        executor: str | Executor | None = None,
        max_time: float | None = None,
        callback: Callback | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
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
        self.discount = discount
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
        self.posterior = posterior
        self.n_draws = n_draws
        self.missing = missing
        self.outliers = outliers
        self.step_exponent = step_exponent
        self.forgetting = forgetting
        self.engine = engine
        self.n_jobs = n_jobs
        self.executor = executor
        self.max_time = max_time
        self.callback = callback
        self.checkpoint = checkpoint

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: None = None,
        sample_weight: npt.ArrayLike | None = None,
        *,
        noise: npt.ArrayLike | None = None,
        labels: npt.ArrayLike | None = None,
        must_link: npt.ArrayLike | None = None,
    ) -> Self:
        """Learn the posterior.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)
            Finite real numbers, at least two rows, and at least `n_components` if that is a number.
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            A row of weight 2 counts as two rows, one of weight 0 as none.
        noise : array-like of shape (), (n_features,), (n_samples, n_features) or (n_samples, n_features, n_features)
            Standard deviations, or covariances, of the errors that rows were measured with, as in `GaussianMixture`:
            the posterior is that of the mixture of the rows without their errors. Components are searched for in rows
            as they are; what their errors alone made several of is merged then.
        labels : array-like of int of shape (n_samples,), optional
            The component that each row is known to be of, from 0; -1, NaN or NA where none is known. Components that
            labels name are the first, in their order, and each has all rows of its label; what else is found comes
            after them, the largest first. Only where components are searched for.
        must_link : array-like of int of shape (n_samples,), optional
            The group of each row, whose rows are of one component, whichever that is; -1 where a row is alone.

        Returns
        -------
        self : BayesianGaussianMixture

        Raises
        ------
        ValueError
            If `X`, `sample_weight`, `noise`, `labels`, `must_link`, a prior or a start cannot be used, before any work.
        """
        del y
        last = self._fit if self.warm_start else None
        source = self._source(X, sample_weight, reset=True)
        most = ComponentLimit.of(self.n_components, source.n_rows).most
        facts = Facts.of(source, noise, labels, most, must_link)
        source, observations = in_strata(source, facts.beside_others)
        self._set_aside(None)
        fit = BayesianFitter(self).fit(source, last, observations)
        self._set_aside(fit.outliers)
        self._publish(fit, source.first)
        if not (facts.are_none and self.outliers is None):
            self._stream = None  # the next batch says nothing of these
        self.warnings_ = warn(fit.said)
        return self

    def _saved(self) -> tuple[Fields, Arrays]:
        fit, arrays = super()._saved()
        return fit if self._outliers is None else {**fit, "outliers": self._outliers.plain}, arrays

    def _restore(self, mixture: Mixture, fit: Fields, arrays: Mapping[str, FloatArray]) -> None:
        super()._restore(mixture, fit, arrays)
        self._set_aside(Outliers.of_plain(fit["outliers"]) if "outliers" in fit else None)

    def __sklearn_tags__(self) -> Any:
        """Give what scikit-learn needs to know of the estimator."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "em"
        return tags
