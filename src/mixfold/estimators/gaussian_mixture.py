"""`GaussianMixture`: scikit-learn's estimator, on the fold."""

from __future__ import annotations

import os
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils._param_validation import Interval, StrOptions

from mixfold.covariance import CovarianceFamily
from mixfold.engines import Engine
from mixfold.estimators.abstract import MixtureEstimator
from mixfold.estimators.callbacks import CallbackSupportMixin, fit_context
from mixfold.estimators.choices import ENGINE, EXECUTOR, FAMILY, INITIALIZER
from mixfold.estimators.converting import ConvertsToONNX
from mixfold.estimators.em_fitter import EMFitter
from mixfold.estimators.em_settings import AUTO, EMSettings
from mixfold.estimators.fit import Fit
from mixfold.estimators.fitted_attributes import FittedAttributes
from mixfold.estimators.impute import Imputing
from mixfold.estimators.missing import n_missing
from mixfold.estimators.noisy import Noisy
from mixfold.estimators.outliers import Outliers
from mixfold.estimators.outlying import Outlying
from mixfold.estimators.pickling import SlimPickles
from mixfold.estimators.saving import Arrays, Fields, ModelFiles
from mixfold.estimators.scikit_learn_names import ScikitLearnNames
from mixfold.estimators.strata import Facts, in_strata
from mixfold.estimators.streaming import Streaming
from mixfold.estimators.verbose import report_end
from mixfold.estimators.warnings import warn
from mixfold.estimators.wrapped_fitter import WrappedFitter
from mixfold.executors import Executor
from mixfold.fitting import Callback, Outcome, Run
from mixfold.fold import Fold
from mixfold.initialization import Initializer
from mixfold.mixtures import Mixture
from mixfold.models import Penalized
from mixfold.typing import Array, FloatArray

__all__ = ["AUTO", "GaussianMixture"]


class GaussianMixture(
    Streaming,
    ScikitLearnNames,
    ConvertsToONNX,
    FittedAttributes,
    SlimPickles,
    ModelFiles,
    Imputing,
    Noisy,
    Outlying,
    CallbackSupportMixin,
    MixtureEstimator,
):
    """Gaussian mixture fitted by expectation-maximization; scikit-learn's estimator of that name, drop-in.

    Parameters
    ----------
    n_components : int, default=1
        Number of components K.
    covariance_type : str or CovarianceFamily, default='full'
        What the covariances may look like: 'full' any matrix each, 'tied' one matrix for all, 'diag' a diagonal each,
        'spherical' a number each; or by mclust's names, three letters for volume, shape and orientation, each E (equal
        for all), V (varying) or I (none): 'EII', 'VII' (spherical), 'EEI', 'VEI', 'EVI', 'VVI' (diag), 'EEE' (tied),
        'VEE', 'EVE', 'VVE', 'EEV', 'VEV', 'EVV', 'VVV' (full). For wide data ``FactorAnalytic(8)``, also 'factor:8':
        8 directions each and a variance for each feature, in time and memory linear in the number of features. Or a
        family of your own, an object of a class that derives from `mixfold.covariance.CovarianceFamily`.
    tol : float, default=1e-6
        EM stops when the mean log-likelihood that it is predicted to gain still is less, in nats per unit of weight.
    reg_covar : float, 'auto', 'weak' or 'inverse-wishart', default='auto'
        A number is added to the diagonal of every covariance, as in scikit-learn. 'auto' is a prior on the scale of
        what lies within components: no component can collapse, it holds more the fewer rows there are for each
        parameter, and the fit does not depend on the units; and it learns from the rows how alike components are, in
        shape and in size. 'weak' is the same without that, next to the largest likelihood: for criteria that compare
        numbers of components. 'inverse-wishart' is the stronger prior of Fraley & Raftery (2007), which visibly shrinks
        components of few rows.
    max_iter : int, default=1000
        Largest number of EM iterations of a restart.
    n_init : int, default=1
        Number of restarts, of which the best is kept; with 'auto', of searches, each from the best so far.
    init_params : str or Initializer, default='auto'
        'auto' races many different starts and moves components of the winner until nothing better is found. Where
        `max_iter` is below 8, or K so large that a sample does not tell components, it is 'kmeans'. 'kmeans',
        'k-means++', 'random', 'random_from_data', 'random_partition', 'density_peaks' and an object of your own that
        fulfils `mixfold.initialization.Initializer` run EM once from each restart. Components come by their weight, the
        largest first, unless the start was given, whose order stays.
    weights_init : array-like of shape (n_components,), optional
        First weights.
    means_init : array-like of shape (n_components, n_features), optional
        First means. What is not given of weights, means and precisions comes from `init_params`, as in scikit-learn.
    precisions_init : array-like, optional
        First inverses of the covariances, in the shape of `covariance_type`; the nearest that it admits are taken.
    random_state : int, RandomState or None, default=None
        A number makes the fit repeatable.
    warm_start : bool, default=False
        Whether a further `fit` begins where the last one ended. One of the same rows that gains less than `tol` in all
        has converged.
    verbose : int, default=0
        1 prints each restart, 2 also the log-likelihood and the time every `verbose_interval` iterations, and at the
        end from where each restart began, every start of a search among them, and where it came to.
    verbose_interval : int, default=10
        Iterations between two lines.
    labels_init : array-like of int of shape (n_samples,), optional
        First labels of the rows, from 0 to K - 1.
    responsibilities_init : array-like of shape (n_samples, n_components), optional
        First responsibilities of the rows.
    engine : str or Engine, default='auto'
        What computes a chunk of rows; 'auto' takes the fastest that can. Or an object of your own that fulfils
        `mixfold.engines.Engine`.
    n_jobs : int, optional
        Number of threads (None is 1, -1 all cores). The result has the same bits for any number.
    max_time : float, optional
        Seconds after which the fit ends with the best that it has.
    callback : callable, optional
        Called with an `Iteration` after each iteration; a true result stops that restart.
    checkpoint : path, optional
        File in which the state of the fit is kept. A fit that was killed goes on from it when it is run again, and ends
        in the same bits; one of other data or settings is refused. Remove it to begin anew.
    executor : {'dask', 'devices', 'spark'} or Executor, optional
        Where files and collections are computed, such as ``DaskExecutor(client)``; by default in threads, and
        collections on the current cluster. Or an object of your own that fulfils `mixfold.executors.Executor`.
    minibatch : int, optional
        Rows (rounded up to whole chunks) after which parameters move in one walk over the data, before full passes.
    step_exponent : float, default=0.7
        How fast steps of `partial_fit` and of minibatches shrink, in (0.5, 1]. Below one later rows count more, because
        earlier ones were seen under worse parameters; at one all count the same, as they must where they come in order.
    forgetting : float, default=1.0
        Below one, steps stay above ``1 - forgetting``, so that `partial_fit` follows a mixture that drifts.
    missing : {'em', 'raise'}, default='em'
        What NaN, masked values and nulls of arrays and frames on the host stand for: 'em' takes them as missing at
        random, and maximizes the likelihood of what was observed; 'raise' refuses them. A row without any value tells
        nothing and counts nothing. Fits begin from rows completed by what one normal component expects.
    outliers : {'uniform', 'auto'} or float, optional
        Rows that belong to no component, whose label is -1: 'uniform' learns the share of rows that are spread evenly
        over the box that holds all of them (Banfield & Raftery 1993), 'auto' only where BIC has it, share and sides
        counted; a number between 0 and 0.5 leaves that share out, of lowest density (Neykov et al. 2007).
    fixed : mapping, optional
        What is known and stays: arrays "weights", "means" and "covariances" in their shapes, NaN where a number is to
        be learned (of covariances whole ones), or truth values that say what of the start stays; "min_weight", what no
        other weight is below; and "mean_differences", means that are known up to a shift in common.
    rounding : 'auto', float or array-like of shape (n_features,), default='auto'
        The steps that features were recorded in, in their units; 0 for continuous ones. A recorded number counts as
        the interval that it stands for, so that no component can gain by sitting on recorded values. 'auto' finds the
        steps, but takes numbers for points where `reg_covar` is a number.

    Attributes
    ----------
    weights_ : array of shape (n_components,)
    means_ : array of shape (n_components, n_features)
    covariances_, precisions_, precisions_cholesky_ : arrays
        (K, D, D) full, (D, D) tied, (K, D) diag, (K,) spherical; of mclust's names (K,) those that end in II, (K, D)
        those that end in I, (K, D, D) the others. ``precisions_cholesky_`` is upper-triangular, U U^T = precision.
        Of `FactorAnalytic` families (K, D, 1 + rank), as its docstring says; ``mixture_.component_covariances`` has
        the matrices.
    converged_ : bool
    n_iter_ : int
        Iterations (M steps) of the best restart.
    lower_bound_ : float
        Mean log-likelihood of the fitted parameters, in nats per unit of weight.
    objective_ : float
        What EM climbs: `lower_bound_` plus the log prior for each unit of weight.
    lower_bounds_ : list of float
        The same after each iteration of the best restart.
    mixture_ : Mixture
        The fitted distribution, float64.
    outcome_ : Outcome
        How the best restart ended.
    warnings_ : tuple of str
        What the fit warned about; the report repeats it.
    share_skipped_ : float
        Of all pairs of row and component, those that the last iteration could leave out because their responsibility is
        provably below 1e-17, or 8e-7 / K from K = 256 on. Zero where asking for it does not pay.
    history_ : tuple of Iteration
        Every iteration of the best restart.
    restarts_ : list of Run
        All restarts, each with its start, outcome, history, smallest effective count and smallest eigenvalue. With
        'auto', every start of the race, of which only the course was kept, and last the run that was kept.
    n_missing_ : ndarray of int of shape (n_features,)
        Values of each feature that were missing in the rows of `fit`.
    outlier_share_ : float
        Of the weight of all rows, what belongs to no component; only with `outliers`. `mixture_` is of the others.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features,)
        Only if `X` had column names.

    Notes
    -----
    Arrays come in the dtype and, for tensors, on the device of `X`. Dempster, Laird & Rubin (1977); Bishop (2006), 9.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import GaussianMixture
    >>> X = np.array([[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]])
    >>> model = GaussianMixture(n_components=2, covariance_type="spherical", random_state=0).fit(X)
    >>> np.sort(model.means_[:, 0]).round(2)
    array([ 1., 10.])
    """

    # The last objectives of the last fit.
    _recent: tuple[float, ...] = ()
    restarts_: list[Run]

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "covariance_type": [FAMILY],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "max_time": [Interval(Real, 0.0, None, closed="neither"), None],
        "reg_covar": [Interval(Real, 0.0, None, closed="left"), StrOptions({"auto", "weak", "inverse-wishart"})],
        "missing": [StrOptions({"em", "raise"})],
        "outliers": [StrOptions({"uniform", "auto"}), Interval(Real, 0.0, 0.5, closed="neither"), None],
        "fixed": [Mapping, None],
        "rounding": [StrOptions({"auto"}), Real, "array-like"],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "init_params": [INITIALIZER],
        "weights_init": ["array-like", None],
        "means_init": ["array-like", None],
        "precisions_init": ["array-like", None],
        "random_state": ["random_state"],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
        "verbose_interval": [Interval(Integral, 1, None, closed="left")],
        "labels_init": ["array-like", None],
        "responsibilities_init": ["array-like", None],
        "engine": [ENGINE],
        "n_jobs": [Integral, None],
        "callback": [callable, None],
        "checkpoint": [str, os.PathLike, None],
        "minibatch": [Interval(Integral, 1, None, closed="left"), None],
        "step_exponent": [Interval(Real, 0.5, 1.0, closed="right")],
        "forgetting": [Interval(Real, 0.0, 1.0, closed="right")],
        "executor": [EXECUTOR, None],
    }

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str | CovarianceFamily = "full",
        tol: float = 1e-6,
        reg_covar: float | str = "auto",
        max_iter: int = 1000,
        n_init: int = 1,
        init_params: str | Initializer = AUTO,
        weights_init: npt.ArrayLike | None = None,
        means_init: npt.ArrayLike | None = None,
        precisions_init: npt.ArrayLike | None = None,
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        labels_init: npt.ArrayLike | None = None,
        responsibilities_init: npt.ArrayLike | None = None,
        engine: str | Engine = "auto",
        n_jobs: int | None = None,
        max_time: float | None = None,
        callback: Callback | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        executor: str | Executor | None = None,
        minibatch: int | None = None,
        step_exponent: float = 0.7,
        forgetting: float = 1.0,
        rounding: str | npt.ArrayLike = "auto",
        missing: str = "em",
        outliers: str | float | None = None,
        fixed: Mapping[str, Any] | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.labels_init = labels_init
        self.responsibilities_init = responsibilities_init
        self.engine = engine
        self.n_jobs = n_jobs
        self.max_time = max_time
        self.callback = callback
        self.checkpoint = checkpoint
        self.executor = executor
        self.minibatch = minibatch
        self.step_exponent = step_exponent
        self.forgetting = forgetting
        self.rounding = rounding
        self.missing = missing
        self.outliers = outliers
        self.fixed = fixed

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
        """Learn the mixture.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)
            Real numbers, NaN where one is missing (see `missing`), none infinite; at least two rows, and at least
            `n_components` of them with weight.
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            A row of weight 2 counts as two rows, one of weight 0 as none.
        noise : array-like of shape (), (n_features,), (n_samples, n_features) or (n_samples, n_features, n_features)
            Standard deviations, or covariances, of the errors that rows were measured with; (1, D, D) is a covariance
            of all. The mixture is then of the rows without their errors (Bovy, Hogg & Roweis 2011).
        labels : array-like of int of shape (n_samples,), or of bool of shape (n_samples, n_components), optional
            Known components of rows, -1 where none is known; or which components a row may be of.
        must_link : array-like of int of shape (n_samples,), optional
            The group of each row, whose rows are of one component, whichever that is; -1 where a row is alone.

        Returns
        -------
        self : GaussianMixture

        Raises
        ------
        ValueError
            If `X`, `sample_weight`, `noise`, `labels`, `must_link` or a given start cannot be used, before any work.
        CollapseError
            If every restart lost positive definiteness; only with a numeric `reg_covar`.
        """
        del y
        last = self.mixture_ if self.warm_start and "converged_" in vars(self) else None
        recent = () if last is None else self._recent
        self._kept = None
        source = self._source(X, sample_weight, reset=True)
        source, observations = in_strata(source, Facts.of(source, noise, labels, self.n_components, must_link))
        self.n_missing_ = n_missing(source)
        self._set_aside(None)
        if self.outliers is None and self.fixed is None:
            fit = self._fitter().fit(source, last, recent, observations, gaps=self.missing == "em")
            self.n_missing_ = self.n_missing_ if fit.n_missing is None else fit.n_missing
            return self._learn(fit, source.first)
        wrapped = WrappedFitter(EMSettings.of(self), self.outliers, self.fixed)
        fit, outliers, n_known = wrapped.fit(source, last, observations)
        self._set_aside(outliers, n_known)
        return self._learn(fit, source.first)

    def _fitter(self) -> EMFitter:
        return EMFitter(EMSettings.of(self))

    def _model_of(self, fold: Fold) -> Penalized:
        return self._fitter().model_of(fold)

    def _learn(self, fit: Fit, like: Array) -> Self:
        """Set the fitted attributes, and warn of what there is to warn of."""
        run = fit.run
        self._publish(fit.parameters, fit.model.family, like)
        self._jitter, self._recent, self.restarts_ = fit.model.prior.jitter, fit.recent, fit.restarts
        self._n_beside += fit.n_beside
        self._stream = None if fit.stream is None else (fit.stream, fit.model.prior)
        self.outcome_, self.history_, self.n_iter_ = run.outcome, tuple(run.history), run.n_iter
        self.converged_, self.share_skipped_ = run.outcome is Outcome.CONVERGED, run.share_skipped
        self.lower_bound_, self.objective_ = np.float64(run.log_likelihood), run.objective
        self.lower_bounds_ = [iteration.log_likelihood for iteration in run.history[1:]]
        if self.verbose:
            report_end(run, fit.restarts, self.verbose)
        self.warnings_ = warn(fit.said)
        return self

    def _saved(self) -> tuple[Fields, Arrays]:
        fit, arrays = super()._saved()
        if self._n_beside or self._outliers is not None:
            fit["beside"] = {"n_parameters": self._n_beside}
        if self._outliers is not None:
            fit["outliers"] = self._outliers.plain
        arrays = {**arrays, "recent": np.array(self._recent, dtype=np.float64)}
        n_missing = vars(self).get("n_missing_")
        return fit, arrays if n_missing is None else {**arrays, "n_missing": n_missing.astype(np.float64)}

    def _restore(self, mixture: Mixture, fit: Fields, arrays: Mapping[str, FloatArray]) -> None:
        super()._restore(mixture, fit, arrays)
        self._recent = tuple(arrays["recent"].tolist()) if "recent" in arrays else ()
        if "outliers" in fit:
            self._set_aside(Outliers.of_plain(fit["outliers"]))
        self._n_beside = int(fit["beside"]["n_parameters"]) if "beside" in fit else 0
        self.n_missing_ = arrays.get("n_missing", np.zeros(mixture.n_features)).reshape(mixture.n_features).astype(int)
