"""`GaussianMixture`: scikit-learn's estimator, on the fold."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from numbers import Integral, Real
from typing import Any, ClassVar, Self, cast

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from mixfold.covariance import ALIASES, FAMILIES, CovarianceFamily, Prior, family_for, is_family
from mixfold.engines import ENGINES, to_numpy
from mixfold.errors import InputError
from mixfold.estimators.determined import DeterminedFeatures, can_restore
from mixfold.estimators.given import described, given_initializer, given_parameters, without_weightless_rows
from mixfold.estimators.scikit_learn import fit_context
from mixfold.estimators.scikit_learn_names import ScikitLearnNames
from mixfold.estimators.streaming import refuse_streams
from mixfold.estimators.verbose import report, report_end
from mixfold.estimators.warnings import warn_about
from mixfold.executors import Executor
from mixfold.fitting import (
    Callback,
    Checkpoint,
    DataScale,
    Iteration,
    Journal,
    Outcome,
    Problem,
    Run,
    Stopping,
    Stream,
    best_of,
    prior_for,
    run_restarts,
    stepwise,
)
from mixfold.fold import Fold
from mixfold.initialization import INITIALIZERS, Initializer
from mixfold.parameters import Parameters
from mixfold.selection import Effort, Search
from mixfold.sources import ArraySource, Source
from mixfold.typing import Array, FloatArray

WITHOUT_EFFECT = {
    *("n_jobs", "executor", "engine", "max_time", "verbose", "verbose_interval", "callback", "checkpoint", "warm_start")
}
"""Parameters that the result of a fit does not depend on, so that a checkpoint may be gone on from with others."""

RESULTS = (
    *("outcome_", "history_", "n_iter_", "converged_", "share_skipped_", "lower_bound_", "objective_", "lower_bounds_"),
    "warnings_",
)
"""What a fit leaves beside the mixture, whatever features it has."""

AUTO = "auto"


class FamilyOptions(StrOptions):  # type: ignore[misc]  # untyped, and no face of ours
    """The names of covariance families, and what else `family_for` makes one of."""

    def is_satisfied_by(self, val: object) -> bool:
        """Whether it is a family, or the name of one."""
        return is_family(val)

    def __str__(self) -> str:
        """Name them."""
        return f"{super().__str__()}, 'factor:RANK' or an instance of 'FactorAnalytic'"


class GaussianMixture(ScikitLearnNames):
    """Gaussian mixture fitted by expectation-maximization; scikit-learn's estimator of that name, drop-in.

    Parameters
    ----------
    n_components : int, default=1
        Number of components K.
    covariance_type : str or FactorAnalytic, default='full'
        What the covariances may look like: 'full' any matrix each, 'tied' one matrix for all, 'diag' a diagonal each,
        'spherical' a number each; or by mclust's names, three letters for volume, shape and orientation, each E (equal
        for all), V (varying) or I (none): 'EII', 'VII' (spherical), 'EEI', 'VEI', 'EVI', 'VVI' (diag), 'EEE' (tied),
        'VEE', 'EVE', 'VVE', 'EEV', 'VEV', 'EVV', 'VVV' (full). For wide data ``FactorAnalytic(8)``, also 'factor:8':
        8 directions each and a variance for each feature, in time and memory linear in the number of features.
    tol : float, default=1e-6
        EM stops when the mean log-likelihood that it is predicted to gain still is less, in nats per unit of weight.
    reg_covar : float, 'auto' or 'inverse-wishart', default='auto'
        A number is added to the diagonal of every covariance, as in scikit-learn. 'auto' is a prior on the scale of
        what lies within components: no component can collapse, it holds more the fewer rows there are for each
        parameter, and the fit does not depend on the units. 'inverse-wishart' is the stronger prior of Fraley & Raftery
        (2007), which visibly shrinks components of few rows.
    max_iter : int, default=1000
        Largest number of EM iterations of a restart.
    n_init : int, default=1
        Number of restarts, of which the best is kept; with 'auto', of searches, each from the best so far.
    init_params : str, default='auto'
        'auto' races many different starts and moves components of the winner until nothing better is found; components
        come by their weight, the largest first. 'kmeans',
        'k-means++', 'random', 'random_from_data', 'random_partition' and 'density_peaks' run EM once from each restart.
    weights_init : array-like of shape (n_components,), optional
        First weights.
    means_init : array-like of shape (n_components, n_features), optional
        First means. Alone, they also assign every row to its nearest mean for the first weights and covariances.
    precisions_init : array-like, optional
        First inverses of the covariances, in the shape of `covariance_type`.
    random_state : int, RandomState or None, default=None
        A number makes the fit repeatable.
    warm_start : bool, default=False
        Whether a further `fit` begins where the last one ended.
    verbose : int, default=0
        1 prints each restart, 2 also the log-likelihood and the time every `verbose_interval` iterations.
    verbose_interval : int, default=10
        Iterations between two lines.
    labels_init : array-like of int of shape (n_samples,), optional
        First labels of the rows, from 0 to K - 1.
    responsibilities_init : array-like of shape (n_samples, n_components), optional
        First responsibilities of the rows.
    engine : str, default='auto'
        What computes a chunk of rows; 'auto' takes the fastest that can.
    n_jobs : int, optional
        Number of threads (None is 1, -1 all cores). The result has the same bits for any number.
    max_time : float, optional
        Seconds after which the fit ends with the best that it has.
    callback : callable, optional
        Called with an `Iteration` after each iteration; a true result stops that restart.
    checkpoint : path, optional
        File in which the state of the fit is kept. A fit that was killed goes on from it when it is run again, and ends
        in the same bits; one of other data or settings is refused. Remove it to begin anew.
    executor : Executor, optional
        Where files and Dask collections are computed, such as ``DaskExecutor(client)``; by default in threads, and
        collections on the current cluster.
    minibatch : int, optional
        Rows (rounded up to whole chunks) after which parameters move in one walk over the data, before full passes.
    step_exponent : float, default=0.7
        How fast steps of `partial_fit` and of minibatches shrink, in (0.5, 1].
    forgetting : float, default=1.0
        Below one, steps stay above ``1 - forgetting``, so that `partial_fit` follows a mixture that drifts.
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
        provably below 1e-17: what exact pruning saved. Zero where it does not pay.
    history_ : tuple of Iteration
        Every iteration of the best restart.
    restarts_ : list of Run
        All restarts (with 'auto', every start of the race, and last the run that was kept), each with its start,
        outcome, history, smallest effective count and smallest eigenvalue.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features,)
        Only if `X` had column names.

    Notes
    -----
    Arrays come in the dtype and, for tensors, on the device of `X`.

    References
    ----------
    Dempster, Laird & Rubin (1977); Bishop (2006), chapter 9.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import GaussianMixture
    >>> X = np.array([[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]])
    >>> model = GaussianMixture(n_components=2, covariance_type="spherical", random_state=0).fit(X)
    >>> np.sort(model.means_[:, 0]).round(2)
    array([ 1., 10.])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "covariance_type": [FamilyOptions({*FAMILIES, *ALIASES})],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "max_time": [Interval(Real, 0.0, None, closed="neither"), None],
        "reg_covar": [Interval(Real, 0.0, None, closed="left"), StrOptions({"auto", "inverse-wishart"})],
        "rounding": [StrOptions({"auto"}), Real, "array-like"],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "init_params": [StrOptions({AUTO, *INITIALIZERS})],
        "weights_init": ["array-like", None],
        "means_init": ["array-like", None],
        "precisions_init": ["array-like", None],
        "random_state": ["random_state"],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
        "verbose_interval": [Interval(Integral, 1, None, closed="left")],
        "labels_init": ["array-like", None],
        "responsibilities_init": ["array-like", None],
        "engine": [StrOptions({"auto", *ENGINES})],
        "n_jobs": [Integral, None],
        "callback": [callable, None],
        "checkpoint": [str, os.PathLike, None],
        "minibatch": [Interval(Integral, 1, None, closed="left"), None],
        "step_exponent": [Interval(Real, 0.5, 1.0, closed="right")],
        "forgetting": [Interval(Real, 0.0, 1.0, closed="right")],
        "executor": [HasMethods(["each", "sum"]), None],
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
        init_params: str = AUTO,
        weights_init: npt.ArrayLike | None = None,
        means_init: npt.ArrayLike | None = None,
        precisions_init: npt.ArrayLike | None = None,
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        labels_init: npt.ArrayLike | None = None,
        responsibilities_init: npt.ArrayLike | None = None,
        engine: str = "auto",
        n_jobs: int | None = None,
        max_time: float | None = None,
        callback: Callback | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        executor: Executor | None = None,
        minibatch: int | None = None,
        step_exponent: float = 0.7,
        forgetting: float = 1.0,
        rounding: str | npt.ArrayLike = "auto",
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

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: None = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Learn the mixture.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)
            Finite real numbers, at least two rows, and at least `n_components` of them with weight.
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            A row of weight 2 counts as two rows, one of weight 0 as none.

        Returns
        -------
        self : GaussianMixture

        Raises
        ------
        ValueError
            If `X`, `sample_weight` or a given start cannot be used, before any work.
        CollapseError
            If every restart lost positive definiteness; only with a numeric `reg_covar`.
        """
        del y
        began = self._warm_parameters()
        source = self._source(X, sample_weight, reset=True)
        kept, source = without_weightless_rows(source)
        n_rows = source.n_rows if source.weights is None else int(np.sum(to_numpy(source.weights) > 0.0))
        if n_rows < self.n_components:
            message = (
                f"Expected n_samples >= n_components but got n_components = {self.n_components}, "
                f"n_samples = {n_rows} (rows of positive weight). Fit fewer components."
            )
            raise InputError(message)
        self._refuse_other_start(began, source.n_features)
        family, steps = family_for(self.covariance_type), self._steps(source.n_features)
        if self.minibatch is not None:
            refuse_streams(family, "`minibatch`")
        fixed = given_parameters(self, family, self.n_components, source.n_features)
        given = given_initializer(self, source.n_rows, kept), fixed
        deadline = time.perf_counter() + (math.inf if self.max_time is None else self.max_time)
        with self._folding(source) as fold:
            scale = DataScale.of(fold, steps, self.n_components)
            if isinstance(source, ArraySource) and can_restore(family):
                determined = DeterminedFeatures.of(source, scale, family)
                if determined is not None:
                    return self._fit_free(fold, scale, determined, began)
            problem = Problem(fold, family, self._prior(fold, family, scale))
            random_state = check_random_state(self.random_state)
            journal = Journal.opened(random_state, self._checkpoint(fold, began), problem)
            starts = self._starts(problem, began, *given, random_state)
            if starts is None:
                if journal.found is None:
                    search = self._search(problem, scale, deadline, random_state, journal)
                    journal.search_ended(search.best(), search.runs)
                starts = [("search", lambda: cast("Parameters", journal.found))]
            if self.minibatch is not None:
                starts = [(name, self._warmed(make, problem)) for name, make in starts]
            stopping = Stopping(self.tol, self.max_iter, deadline, _resolution(source))
            first = len(journal.raced)
            runs = run_restarts(problem, starts, stopping, self._observer(), first=first, journal=journal)
            run, parameters = best_of(runs)
            statistics = run.statistics or fold.statistics(problem.potentials(parameters), family.structure)
        self.restarts_ = [*journal.raced, *runs]
        self._learn(run, parameters, problem)
        self._stream = Stream(statistics), problem.prior
        return self

    def _starts(
        self,
        problem: Problem,
        began: Parameters | None,
        initializer: Initializer | None,
        fixed: dict[str, Array],
        random_state: np.random.RandomState,
    ) -> list[tuple[str, Callable[[], Parameters]]] | None:
        """Name the starts, each made when its turn comes; None if they are for a search to find."""
        if began is not None:
            return [("warm start", lambda: began)]
        if len(fixed) == 3:
            return [("parameters", lambda: Parameters(**fixed))]
        if self.init_params == AUTO and self.n_components > 1 and not (initializer or fixed):
            return None
        initialize = initializer or INITIALIZERS["kmeans" if self.init_params == AUTO else self.init_params]

        def make() -> Parameters:
            statistics = initialize(problem.fold, self.n_components, problem.family.structure, random_state)
            return replace(Parameters.maximize(statistics, problem.family, problem.prior), **fixed)

        return [(initialize.name, make)] * (1 if initializer or self.n_components == 1 else self.n_init)

    def _fit_free(self, fold: Fold, scale: DataScale, determined: DeterminedFeatures, began: Parameters | None) -> Self:
        """Fit the features that no others determine, and put the others back."""
        source, family, free = cast("ArraySource", fold.source), family_for(self.covariance_type), determined.free
        inner = type(self)(**{**self.get_params(deep=False), "warm_start": False})
        if self.means_init is not None:
            inner.means_init = to_numpy(self.means_init)[:, free]
        if self.precisions_init is not None:
            covariances = family.from_precisions(to_numpy(self.precisions_init))
            inner.precisions_init = family.precisions(family.whiten(family.marginal(covariances, free)))
        if began is not None:
            covariances = family.marginal(began.covariances, free)
            inner.weights_init, inner.means_init = began.weights, began.means[:, free]
            inner.precisions_init = family.precisions(family.whiten(covariances))
        if not isinstance(self.rounding, str):
            inner.rounding = np.broadcast_to(np.asarray(self.rounding, np.float64), (source.n_features,))[free]
        inner.fit(source.rows[:, free], sample_weight=source.weights)
        self._publish(determined.restored(inner.mixture_.parameters, family), family, source.first)
        for name in RESULTS:
            setattr(self, name, getattr(inner, name))
        self.restarts_ = [
            run
            if run.parameters is None
            else replace(run, parameters=determined.restored(run.parameters, family), statistics=None)
            for run in inner.restarts_
        ]
        assert inner._jitter is not None  # noqa: S101, SLF001  (it is fitted, and of this class)
        jitter = family.structure.reduced(inner._jitter, len(free))  # noqa: SLF001
        prior = replace(self._prior(fold, family, scale), jitter=determined.restored_covariances(jitter, family))
        potentials = self.mixture_.potentials.jittered(prior.jitter)
        self._jitter, self._stream = prior.jitter, (Stream(fold.statistics(potentials, family.structure)), prior)
        return self

    def _steps(self, n_features: int) -> FloatArray | None:
        """Give the steps that the caller says features were recorded in; None if they are to be found."""
        if isinstance(self.rounding, str):
            return None
        steps = np.asarray(self.rounding, dtype=np.float64)
        if steps.shape not in {(), (n_features,)} or not np.all((steps >= 0.0) & (steps < np.inf)):
            message = (
                "`rounding` must be 'auto', or finite steps of at least 0: one number, or one for each of "
                f"{n_features} features; got {self.rounding!r}. Pass 0 for a feature that is continuous."
            )
            raise InputError(message)
        return steps

    def _prior(self, fold: Fold, family: CovarianceFamily, scale: DataScale) -> Prior:
        """Give what `reg_covar` and `rounding` say; a number says that rows are points, unless steps are given."""
        prior = prior_for(self.reg_covar, fold, family, self.n_components, scale)
        if isinstance(self.reg_covar, str) or isinstance(self.rounding, str):
            return prior
        return replace(prior, jitter=prior.jitter + scale.steps**2 / 12.0)

    def _prior_of(self, fold: Fold) -> Prior:
        scale = DataScale.of(fold, self._steps(fold.source.n_features), self.n_components)
        return self._prior(fold, family_for(self.covariance_type), scale)

    def _warmed(self, make: Callable[[], Parameters], problem: Problem) -> Callable[[], Parameters]:
        """Let a start walk over the data once in small batches, before EM goes on by full passes."""

        def warmed() -> Parameters:
            batches = problem.fold.batches(cast("int", self.minibatch))
            steps = {"exponent": self.step_exponent, "forgetting": self.forgetting}
            return stepwise(batches, make(), problem.family, problem.prior, **steps)

        return warmed

    def _search(
        self,
        problem: Problem,
        scale: DataScale,
        deadline: float,
        random_state: np.random.RandomState,
        journal: Journal,
    ) -> Search:
        effort = Effort.usual(problem, self.n_components, self.n_init, deadline)
        return Search(problem, scale, self.n_components, random_state, effort, self._observer(), journal)

    def _checkpoint(self, fold: Fold, began: Parameters | None) -> Checkpoint | None:
        """Give the checkpoint under the identity of this fit: everything that its result depends on."""
        if self.checkpoint is None:
            return None
        settings = {name: value for name, value in self.get_params().items() if name not in WITHOUT_EFFECT}
        identity = {"mixfold": version("mixfold"), "data": fold.digest()[:16], "engine": fold.engine.name}
        identity |= {name: described(value) for name, value in settings.items()}
        if began is not None:
            identity["warm_start"] = described(np.concatenate([began.means.ravel(), began.covariances.ravel()]))
        return Checkpoint(self.checkpoint, identity)

    def _warm_parameters(self) -> Parameters | None:
        if not (self.warm_start and hasattr(self, "converged_")):
            return None
        return self.mixture_.parameters

    def _refuse_other_start(self, began: Parameters | None, n_features: int) -> None:
        """Refuse a warm start from a mixture of another shape."""
        if began is None:
            return
        mixture = self.mixture_
        here = (mixture.n_components, mixture.n_features, mixture.covariance_type)
        wanted = (self.n_components, n_features, family_for(self.covariance_type).name)
        if here != wanted:
            message = (
                "A warm start needs the (n_components, n_features, covariance_type) of the last fit, "
                f"{here}, got {wanted}. Set `warm_start=False` to begin anew."
            )
            raise InputError(message)

    def _observer(self) -> Callback | None:
        if not (self.callback or self.verbose):
            return None

        def observe(iteration: Iteration) -> bool | None:
            report(iteration, self.verbose, self.verbose_interval)
            return self.callback(iteration) if self.callback else None

        return observe

    def _learn(self, run: Run, parameters: Parameters, problem: Problem) -> None:
        """Set the fitted attributes from the best run."""
        mixture = self._publish(parameters, problem.family, problem.fold.source.first)
        self._jitter = problem.prior.jitter
        self.outcome_, self.history_, self.n_iter_ = run.outcome, run.history, run.n_iter
        self.converged_ = run.outcome is Outcome.CONVERGED
        self.share_skipped_ = run.share_skipped
        if self.verbose:
            report_end(run)
        self.lower_bound_, self.objective_ = run.log_likelihood, run.objective
        self.lower_bounds_ = [iteration.log_likelihood for iteration in run.history[1:]]
        self.warnings_ = warn_about(run, mixture, problem)


def _resolution(source: Source) -> float:
    """Give the share of an objective that is rounding: in float32 the mean over rows wavers by about 1e-8."""
    return 1e-8 if "float32" in str(source.first.dtype) else 1e-15
