"""`StudentMixture`: a mixture whose components have heavy tails, so that rows that belong to none move nothing."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, NoReturn, Self, cast

import numpy as np
import numpy.typing as npt
from sklearn.utils._param_validation import Interval, StrOptions

from mixfold.covariance import CovarianceFamily
from mixfold.engines import Engine
from mixfold.errors import ConvergenceWarning, InputError, ModelFileError
from mixfold.estimators.abstract import MixtureEstimator
from mixfold.estimators.callbacks import CallbackSupportMixin, fit_context
from mixfold.estimators.choices import ENGINE, EXECUTOR, FAMILY, INITIALIZER
from mixfold.estimators.em_fitter import EMFitter
from mixfold.estimators.em_settings import AUTO, EMSettings
from mixfold.estimators.exported import exported
from mixfold.estimators.gaussian_mixture import GaussianMixture
from mixfold.estimators.missing import by_pattern, n_missing
from mixfold.estimators.rows import folding, known_names
from mixfold.estimators.saving import parameters_in_json
from mixfold.estimators.strata import Facts, in_strata
from mixfold.estimators.user_starts import without_weightless_rows
from mixfold.estimators.warnings import warn, warnings_about_limits
from mixfold.executors import Executor
from mixfold.fitting import Iteration, Outcome, Run, Stopping, resolution_of, run_restarts
from mixfold.fitting.regularization import WEAK
from mixfold.formats import DAMAGE, read_document, write_document
from mixfold.initialization import Initializer
from mixfold.mixtures import HeavyTailedMixture, row_weights
from mixfold.mixtures.student import KIND, VERSION
from mixfold.models import Problem, Student, StudentParameters
from mixfold.models.student import Degrees
from mixfold.observations import Observation
from mixfold.parameters import Parameters
from mixfold.rows import Source
from mixfold.typing import Array
from mixfold.validation import name_features


class StudentMixture(CallbackSupportMixin, MixtureEstimator):
    """Mixture of multivariate Student's t: clusters with heavy tails, or among rows that belong to none.

    A row far from every component counts little in their means and scale matrices (`row_weights`). How little is
    learned: few degrees of freedom are heavy tails, and from about 50 up a component is as good as normal.

    Parameters
    ----------
    n_components : int, default=1
    covariance_type : str or CovarianceFamily, default='full'
        The family of the scale matrices, any that `GaussianMixture` takes.
    degrees : 'each', 'one' or float, default='each'
        Degrees of freedom: learned for each component or for all together, between 1 and 200; or known.
    missing : {'em', 'raise'}, default='em'
        What values that are missing (NaN) stand for, as in `GaussianMixture`.
    tol, reg_covar, max_iter, n_init, init_params, random_state, engine, n_jobs, max_time, executor : optional
        As in `GaussianMixture`. EM begins at the Gaussian mixture that these find; `max_iter` and `max_time` are for
        each of the two.

    Attributes
    ----------
    weights_ : array of shape (n_components,)
    means_ : array of shape (n_components, n_features)
    covariances_ : array
        Scale matrices, in the shape of `covariance_type`: the covariance of a component is
        ``degrees / (degrees - 2)`` times as large, and infinite from two degrees down.
    degrees_ : array of shape (n_components,)
    converged_ : bool
    n_iter_ : int
        Steps since the Gaussian mixture.
    lower_bound_ : float
        Mean log-likelihood of the fitted parameters, in nats per unit of weight.
    objective_ : float
        `lower_bound_` plus the log prior for each unit of weight.
    lower_bounds_ : list of float
    outcome_ : Outcome
    history_ : tuple of Iteration
    warnings_ : tuple of str
    mixture_ : HeavyTailedMixture
        The fitted distribution.
    n_missing_ : ndarray of int of shape (n_features,)
        Values of each feature that were missing in the rows of `fit`.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features,)
        Only if `X` had column names.

    References
    ----------
    Peel & McLachlan (2000); Liu & Rubin (1995); Kent, Tyler & Vardi (1994).

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import StudentMixture
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> X[0] = 1000.0
    >>> model = StudentMixture(random_state=0).fit(X)
    >>> model.means_.round(1) + 0.0, bool(model.row_weights(X)[0] < 0.001)
    (array([[-0.1,  0.1]]), True)
    """

    weights_: Array
    means_: Array
    covariances_: Array
    degrees_: Array
    history_: tuple[Iteration, ...]
    _mixture: HeavyTailedMixture | None = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "covariance_type": [FAMILY],
        "degrees": [StrOptions({"each", "one"}), Interval(Real, 0.0, None, closed="neither")],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "reg_covar": [Interval(Real, 0.0, None, closed="left"), StrOptions({"auto", "weak", "inverse-wishart"})],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "init_params": [INITIALIZER],
        "random_state": ["random_state"],
        "engine": [ENGINE],
        "n_jobs": [Integral, None],
        "max_time": [Interval(Real, 0.0, None, closed="neither"), None],
        "executor": [EXECUTOR, None],
        "missing": [StrOptions({"em", "raise"})],
    }

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str | CovarianceFamily = "full",
        degrees: Degrees = "each",
        tol: float = 1e-6,
        reg_covar: float | str = "auto",
        max_iter: int = 1000,
        n_init: int = 1,
        init_params: str | Initializer = AUTO,
        random_state: int | np.random.RandomState | None = None,
        engine: str | Engine = "auto",
        n_jobs: int | None = None,
        max_time: float | None = None,
        executor: str | Executor | None = None,
        missing: str = "em",
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.degrees = degrees
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.random_state = random_state
        self.engine = engine
        self.n_jobs = n_jobs
        self.max_time = max_time
        self.executor = executor
        self.missing = missing

    def __sklearn_tags__(self) -> Any:
        """Give what scikit-learn needs to know of the estimator."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "em"
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: None = None,
        sample_weight: npt.ArrayLike | None = None,
        *,
        labels: npt.ArrayLike | None = None,
    ) -> Self:
        """Learn the mixture.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)
            Real numbers, NaN where one is missing, at least two rows, and at least `n_components` of them with weight.
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            A row of weight 2 counts as two rows, one of weight 0 as none.
        labels : array-like of int of shape (n_samples,), or of bool of shape (n_samples, n_components), optional
            Known components of rows, -1 where none is known; or which components a row may be of.

        Returns
        -------
        self : StudentMixture

        Raises
        ------
        ValueError
            If `X`, `sample_weight` or `labels` cannot be used, before any work.
        CollapseError
            If a scale matrix lost positive definiteness; only with a numeric `reg_covar`.
        """
        del y
        source = self._source(X, sample_weight, reset=True)
        source, observations = in_strata(source, Facts.of(source, labels=labels, n_components=self.n_components))
        deadline = time.perf_counter() + (math.inf if self.max_time is None else self.max_time)
        model, start = self._begun(source, observations)
        run = self._climbed(source, observations, model, start, deadline)
        run = run.largest_first(model.structure) if labels is None else run
        assert isinstance(run.parameters, StudentParameters)  # noqa: S101  (of a Student model)
        self._publish(run, HeavyTailedMixture(run.parameters, model, _names(self)), source.first)
        return self

    def _begun(self, source: Source, observations: Sequence[Observation]) -> tuple[Student, Parameters]:
        """Find the Gaussian mixture that EM begins at, with the prior that belongs to the data."""
        shared = {name: value for name, value in self.get_params(deep=False).items() if name != "degrees"}
        if shared["reg_covar"] == AUTO:
            shared["reg_covar"] = WEAK  # how far tails reach is no likeness of components
        fitter = EMFitter(EMSettings.of(GaussianMixture(**shared)))
        fit = fitter.fit(source, observations=observations, gaps=self.missing == "em")
        self.n_missing_ = n_missing(source) if fit.n_missing is None else fit.n_missing
        # Tails have no mean score over an interval: recorded numbers count as points.
        prior = replace(fit.model.prior, jitter=np.zeros(()))
        model = Student(fit.model.family, prior, self.degrees)
        return model, model.begun(fit.parameters)

    def _climbed(
        self,
        source: Source,
        observations: Sequence[Observation],
        model: Student,
        start: Parameters,
        deadline: float,
    ) -> Run:
        _, source = without_weightless_rows(source)
        gaps = self.missing == "em"
        with folding(source, self.engine, self.n_jobs, self.executor, observations=observations, gaps=gaps) as folded:
            problem = Problem(replace(by_pattern(folded), deadline=deadline), model)
            stopping = Stopping(self.tol, self.max_iter, deadline, resolution_of(source.first))
            return run_restarts(problem, [("gaussian", lambda: start)], stopping, None)[0]

    def _publish(self, run: Run, mixture: HeavyTailedMixture, like: Array) -> None:
        """Set the fitted attributes."""
        self._show(mixture, like)
        self.outcome_, self.history_, self.n_iter_ = run.outcome, tuple(run.history), run.n_iter
        self.converged_ = run.outcome is Outcome.CONVERGED
        self.lower_bound_, self.objective_ = np.float64(run.log_likelihood), run.objective
        self.lower_bounds_ = [iteration.log_likelihood for iteration in run.history[1:]]
        said = list(warnings_about_limits(run))
        if run.outcome is Outcome.COLLAPSED:
            message = f"The last iteration collapsed; the parameters before it are kept. {run.reason}"
            said.append((ConvergenceWarning, message))
        self.warnings_ = warn(said)

    def _show(self, mixture: HeavyTailedMixture, like: Array) -> None:
        """Set the attributes that describe the mixture."""
        parameters = mixture.parameters
        self._mixture = mixture
        self.weights_, self.means_ = exported(parameters.weights, like), exported(parameters.means, like)
        self.covariances_, self.degrees_ = exported(parameters.covariances, like), exported(parameters.degrees, like)

    @property
    def mixture_(self) -> HeavyTailedMixture:  # type: ignore[override]  # it answers all that is asked of a Mixture
        """The fitted distribution."""
        if self._mixture is None:
            message = f"This {type(self).__name__} is not fitted yet, so it has no `mixture_`. Call `fit` first."
            raise AttributeError(message)
        return self._mixture

    def row_weights(self, X: Any) -> Array:
        """Give how much each row counts in the means of the components: near zero where it was held off.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)

        Returns
        -------
        weights : ndarray or tensor of shape (n_samples,)
            ``sum_k r_k (degrees_k + D) / (degrees_k + q_k)`` with q the squared Mahalanobis distance: about one in the
            midst of a component, and towards zero far from all. Dtype and device of `X`.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold import StudentMixture
        >>> X = np.random.default_rng(0).standard_t(2.0, size=(300, 1))
        >>> weights = StudentMixture(random_state=0).fit(X).row_weights(X)
        >>> bool(weights.argmin() == np.abs(X).argmax())
        True
        """
        mixture = self._known_mixture()
        with self._folding(self._source(X, n_features=mixture.n_features)) as fold:
            return row_weights(fold, mixture.potentials)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted estimator to a file, which appears whole or not at all.

        The file holds the mixture, the parameters of the estimator that are numbers or words, and how the fit ended.

        Parameters
        ----------
        path : str or path
            Its ending says the format: .safetensors, .json or .npz.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> from mixfold import StudentMixture
        >>> from mixfold.datasets import load_faithful
        >>> X, path = load_faithful().data, Path(tempfile.mkdtemp()) / "model.json"
        >>> model = StudentMixture(2, random_state=0).fit(X)
        >>> model.save(path)
        >>> StudentMixture.load(path).bic(X) == model.bic(X)
        True
        """
        mixture = cast("HeavyTailedMixture", self._known_mixture())
        fit: dict[str, Any] = {"dtype": str(self.weights_.dtype).rpartition(".")[2], "outcome": self.outcome_.name}
        fit |= {"n_iter": int(self.n_iter_), "lower_bound": float(self.lower_bound_), "objective": self.objective_}
        parameters = parameters_in_json(self)
        write_document(path, mixture.to_document({"estimator": {"parameters": parameters, "fit": fit}}))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read an estimator that `save` wrote; nothing in the file is ever executed.

        Parameters
        ----------
        path : str or path

        Returns
        -------
        estimator : StudentMixture
            Fitted, without `history_`.

        Raises
        ------
        FileNotFoundError or ModelFileError
            If there is no such file, or it does not hold one.
        """
        document = read_document(path, KIND, VERSION)
        mixture = HeavyTailedMixture.from_document(document, path)
        try:
            about = document.fields["estimator"]
            estimator, fit = cls(**about["parameters"]), about["fit"]
            name_features(estimator, mixture.n_features, mixture.feature_names)
            estimator._show(mixture, np.empty(0, dtype=fit["dtype"]))
            estimator.outcome_, estimator.n_iter_ = Outcome[fit["outcome"]], int(fit["n_iter"])
            estimator.converged_ = estimator.outcome_ is Outcome.CONVERGED
            estimator.lower_bound_, estimator.objective_ = np.float64(fit["lower_bound"]), float(fit["objective"])
            estimator.warnings_ = ()
        except DAMAGE as error:
            message = (
                f"{path} must describe a fitted {cls.__name__}, but its content is not one: {error}. Save it again."
            )
            raise ModelFileError(message) from error
        return estimator

    def to_sklearn(self) -> NoReturn:
        """Refuse: scikit-learn has no mixture of heavy tails.

        Raises
        ------
        InputError
            Always.
        """
        message = (
            "A mixture must be Gaussian to be scikit-learn's, got heavy tails. Keep this estimator, which takes what "
            "scikit-learn's take, or fit a `GaussianMixture(outliers='uniform')`."
        )
        raise InputError(message)

    @property
    def _like(self) -> Array:
        return self.means_

    def _fit_in_words(self) -> list[str]:
        ended = f"{self.outcome_} after {self.n_iter_} iteration{'s' * (self.n_iter_ != 1)}"
        return [f"{type(self).__name__}: {ended}, log-likelihood {self.lower_bound_:.3f} per row", *self.warnings_]


def _names(estimator: StudentMixture) -> tuple[str, ...] | None:
    names = known_names(estimator)
    return None if names is None else tuple(names)
