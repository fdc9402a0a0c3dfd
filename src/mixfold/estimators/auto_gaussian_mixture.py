"""`AutoGaussianMixture`: how many components, and of which shape, chosen by a criterion."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.metadata import version
from numbers import Integral, Real
from typing import Any, ClassVar, Self, cast

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from mixfold.covariance import CovarianceFamily, family_for
from mixfold.engines import Engine, to_numpy
from mixfold.errors import InputError
from mixfold.estimators.abstract import MixtureEstimator
from mixfold.estimators.bayesian_gaussian_mixture import BayesianGaussianMixture
from mixfold.estimators.callbacks import CallbackSupportMixin, fit_context, observer_of
from mixfold.estimators.choice_by_bound import ELBO, choose_by_bound
from mixfold.estimators.choices import ENGINE
from mixfold.estimators.chosen_attributes import ChosenAttributes
from mixfold.estimators.clusters import FEWEST_MERGED_ROWS, MERGED_ROWS, Clusters
from mixfold.estimators.converting import ConvertsToONNX
from mixfold.estimators.fit import Fit
from mixfold.estimators.free_grid import FreeGrid, name_in_grid
from mixfold.estimators.gaussian_mixture import AUTO, GaussianMixture
from mixfold.estimators.grid import families_of, levels_of, refuse_unknown_families
from mixfold.estimators.impute import Imputing
from mixfold.estimators.missing import by_pattern, completed_with_steps, n_missing
from mixfold.estimators.pickling import SlimPickles
from mixfold.estimators.rows import fold_of, known_names
from mixfold.estimators.saving import Arrays, Fields, ModelFiles, finite
from mixfold.estimators.user_starts import described, without_weightless_rows
from mixfold.estimators.verbose import cells_reported
from mixfold.estimators.warnings import warn_about_choice, warnings_about
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.fold.checking import count_missing
from mixfold.mixtures import Mixture
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.search import ALL, CRITERIA, FURTHER_FITS, GridCheckpoint, GridModel, Observer, Sweep, effective_weights
from mixfold.typing import Array, FloatArray
from mixfold.validation import name_features


class AutoGaussianMixture(
    Clusters,
    ChosenAttributes,
    ConvertsToONNX,
    SlimPickles,
    ModelFiles,
    Imputing,
    CallbackSupportMixin,
    MixtureEstimator,
):
    """Gaussian mixture whose number of components and covariance family are chosen by a criterion.

    Every combination is a cell of a grid, which is swept from few components to many: each cell begins from a race of
    starts and from its neighbors in the grid, and is given up when it can no longer come near the best.

    Parameters
    ----------
    n_components : 'auto', int or iterable of int, default='auto'
        Numbers of components to try. 'auto' goes up from 1 until the criterion has clearly turned, to a fifth of the
        rows at most, while a family has fewer parameters than there are rows; and to eight for each curve without
        noise. A given range ends early for the same reason.
    covariance_types : 'all' or list of str or CovarianceFamily, default='all'
        Covariance families to try: 'all' fourteen of volume, shape and orientation, or names as `GaussianMixture` takes
        them, such as 'full', 'VVE' or 'factor:8'. One of your own must be registered (`mixfold.covariance.register`).
    criterion : {'bic', 'aic', 'aicc', 'icl', 'sabic', 'held_out', 'elbo'}, default='bic'
        What is minimized. 'held_out' is the deviance of rows under fits that have not seen them (10 folds). With 'elbo'
        nothing is swept: a `BayesianGaussianMixture` of each family with a conjugate prior (full, tied, diag,
        spherical, EEI and EII) finds its number of components, at most the largest of `n_components` ('auto' leaves it
        to the rows), and the highest evidence lower bound is chosen; the criterion is minus twice that.
    tie_break : {'auto', 'icl', 'bic', 'aic', 'aicc', 'sabic'} or None, default='auto'
        What is minimized among the cells that the data cannot tell from the best: those that are worse by less than
        three standard errors of the difference, and by less than 10 if they have more components, or but one; but with
        'bic' none that leaves out what its own rows pay for (see Notes). None takes the best, as mclust does. 'auto' is
        'icl' where `criterion` is 'bic', and None for the others.
    random_state : int, RandomState or None, default=None
        A number makes the choice repeatable.
    n_jobs : int, optional
        Cells computed at a time (None is 1, -1 all cores). The result has the same bits for any number.
    verbose : int, default=0
        1 prints a line for each cell, 2 also one for each start from which EM climbed in it.
    max_time : float, optional
        Seconds after which the sweep ends with the best that it has.
    checkpoint : str or path, optional
        A folder that keeps each cell when it is done: a sweep that was killed goes on from there, to the same bits.
    callback : callable, optional
        Called with each `GridModel` that is done, and the best so far.
    engine : str or Engine, default='auto'
        What computes a chunk of rows; 'auto' takes the fastest that can.
    missing : {'em', 'raise'}, default='em'
        Where values are missing: 'em' fits what was observed, as `GaussianMixture` does, and criteria count
        that; 'raise' refuses such rows.

    Attributes
    ----------
    best_estimator_ : GaussianMixture or BayesianGaussianMixture
        Fitted, with the number of components and the family that were chosen.
    n_components_ : int
    covariance_type_ : str
        What was chosen.
    n_clusters_ : int
        Clusters that components are merged into by up to 16 384 rows, when first asked for: see `CombinedComponents`.
    cluster_labels_ : ndarray of shape (n_samples,)
        The cluster of each row that was fitted, where rows are in memory; a model from a file has none.
    clusters_ : ndarray of shape (n_components,)
        The cluster of each component.
    cluster_tree_ : ndarray of shape (n_components - 1, 4)
        How components merge, down to one cluster: a linkage matrix of SciPy.
    cluster_splits_ : list of dict
        For 2, 3, ... clusters how far those two are apart that the last split parts: the share of rows that one is
        expected to take of the other, and the p-value of one mode between them.
    best_value_ : float
        The criterion of the choice; smaller is better. Another cell may have less: see `tie_break`.
    reason_ : str
        A sentence on what decided, which names the cell with the smallest criterion if that is another.
    warnings_ : tuple of str
        What `fit` warned about: a search cut short, a choice at the edge of what was tried, the fit of the choice.
    results_ : list of dict
        A row for each cell: its size and family, all criteria, log-likelihood, free parameters, outcome with its
        reason, iterations, seconds, and whether it was chosen. ``pandas.DataFrame(model.results_)`` is a table of it.
    grid_models_ : list of GridModel
        The same with the parameters. A model that was loaded from a file has only `results_`.
    weights_, means_, covariances_, precisions_, precisions_cholesky_, converged_, n_iter_, lower_bound_
        Of `best_estimator_`.
    restarts_ : list of Run
        Every climb of the sweep to the choice; the others' parameters were not kept.
    mixture_ : Mixture
        The chosen distribution, float64.
    n_missing_ : ndarray of int of shape (n_features,)
        How many values were missing of each feature.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features,)
        Only if `X` had column names.

    Notes
    -----
    `predict` gives components, as in scikit-learn; `cluster_labels` merges those that are one cluster.

    A difference between two criteria is a sum over rows, and has a standard error (Vuong 1989). Where that leaves the
    choice open, the integrated complete likelihood prefers components that share few rows. More of them than in the
    best may be chosen where their own rows pay for them (docs/explanation/choosing-k.md).

    The best cells get searches of their own: the choice is as good as a `GaussianMixture` of its size and family with
    this `random_state`. Others are not; the reason in `results_` says which had one.

    References
    ----------
    Fraley & Raftery (2002); Scrucca et al. (2016), for the grid and BIC. Biernacki, Celeux & Govaert (2000), for ICL.
    Vuong (1989), section 5, for the standard error.

    Examples
    --------
    >>> from mixfold import AutoGaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> model = AutoGaussianMixture(n_components=range(1, 5), random_state=0).fit(load_faithful().data)
    >>> model.n_components_
    2
    >>> best = min(model.results_, key=lambda row: row["bic"])
    >>> best["n_components"], best["covariance_type"], best["bic"] < model.best_value_
    (3, 'tied', True)
    """

    _course: ClassVar[tuple[str, ...]] = ("grid_models_", "cluster_labels_")
    _known: list[GridModel] | None = None  # cells of all rows, where these are a part of them
    best_estimator_: GaussianMixture | BayesianGaussianMixture
    n_components_: int
    covariance_type_: str
    best_value_: float
    results_: list[dict[str, Any]]
    grid_models_: list[GridModel]

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [StrOptions({AUTO}), Interval(Integral, 1, None, closed="left"), "array-like"],
        "covariance_types": [StrOptions({ALL}), list, tuple],
        "criterion": [StrOptions({*CRITERIA, ELBO})],
        "tie_break": [StrOptions({AUTO, *CRITERIA} - FURTHER_FITS), None],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "max_time": [Interval(Real, 0.0, None, closed="neither"), None],
        "checkpoint": [str, os.PathLike, None],
        "callback": [callable, None],
        "engine": [ENGINE],
        "missing": [StrOptions({"em", "raise"})],
    }

    def __init__(
        self,
        n_components: str | int | Iterable[int] = AUTO,
        *,
        covariance_types: str | list[str | CovarianceFamily] = ALL,
        criterion: str = "bic",
        tie_break: str | None = AUTO,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        max_time: float | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        callback: Observer | None = None,
        engine: str | Engine = "auto",
        missing: str = "em",
    ) -> None:
        self.n_components = n_components
        self.covariance_types = covariance_types
        self.criterion = criterion
        self.tie_break = tie_break
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.max_time = max_time
        self.checkpoint = checkpoint
        self.callback = callback
        self.engine = engine
        self.missing = missing

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: None = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Choose and learn the mixture.

        Parameters
        ----------
        X : array-like, data frame, tensor, or path of a .npy file, of shape (n_samples, n_features)
            Real numbers, NaN where one is missing (see `missing`), none infinite; at least two rows.
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            How often each row is there, in whole numbers; or how much rows count beside each other, in any unit: then
            criteria take Kish's effective number of rows for n (`mixfold.search.effective_rows`).

        Returns
        -------
        self : AutoGaussianMixture

        Raises
        ------
        ValueError
            If `X`, `sample_weight`, a parameter or the checkpoint cannot be used, before any work.
        CollapseError
            If no cell has an answer.
        """
        del y
        began = time.perf_counter()
        levels = levels_of(self.n_components)
        refuse_unknown_families(self.covariance_types, by_bound=self.criterion == ELBO)
        whole = self._source(X, sample_weight, reset=True)
        _, source = without_weightless_rows(whole)
        if source.weights is not None:
            source = source.with_marks(replace(source.marks, weights=effective_weights(source.weights)))
        families = families_of(self.covariance_types, self.n_features_in_)
        n_rows = source.n_rows if source.weights is None else int(np.sum(to_numpy(source.weights) > 0.0))
        if levels and levels[0] > n_rows:
            message = (
                f"Expected n_samples >= n_components but got n_components = {levels[0]} or more, n_samples = {n_rows} "
                "(rows of positive weight). Try fewer components."
            )
            raise InputError(message)
        if self.criterion == ELBO:
            choose_by_bound(self, source, levels, families, began)
            return self._with_cluster_labels(whole)
        tie_break = self.tie_break if self.tie_break != AUTO else "icl" if self.criterion == "bic" else None
        deadline = began + (math.inf if self.max_time is None else self.max_time)
        with LocalExecutor() as executor:  # cells are what is computed side by side
            fold = replace(fold_of(source, self.engine, executor, gaps=self.missing == "em"), deadline=deadline)
            grid = FreeGrid.of(fold, families)
            complete, steps = completed_with_steps(grid.without(fold))
            fold = by_pattern(grid.without(fold))
            seed, checkpoint = self._checkpoint(fold, levels, grid.families)
            sweep = Sweep(
                fold,
                levels,
                grid.families,
                self.criterion,
                seed,
                self.n_jobs,
                deadline,
                checkpoint,
                cells_reported(grid.observer(observer_of(self, "mixture")), self.criterion, self.verbose),
                tie_break,
                int(self.random_state) if isinstance(self.random_state, int | np.integer) else seed,
                complete=complete,
                steps=steps,
                known=self._known,
            )
            swept = sweep.run()
            merged = complete.sample(np.random.RandomState(0), FEWEST_MERGED_ROWS if swept.is_cut else MERGED_ROWS)
            is_known = whole.is_in_memory or fold.is_complete
            counted = n_missing(whole) if is_known else count_missing(executor, fold.source)
        chosen, self.grid_models_ = swept.chosen, grid.cells(swept.cells)
        self.results_ = [{**cell.record(self.criterion), "chosen": cell is chosen} for cell in swept.cells]
        self.best_value_ = chosen.value(self.criterion)
        self.n_components_, self.covariance_type_ = chosen.n_components, chosen.covariance_type
        best = self._estimator(chosen.n_components, chosen.covariance_type)
        reason, model = swept.reason, swept.problem.model
        if not levels and not swept.is_cut and all(cell.n_components == 1 for cell in swept.cells):
            reason += f" {n_rows} row(s) are too few for two components."
        self.reason_ = grid.explained(reason)
        run = replace(swept.run, parameters=swept.parameters).largest_first(model.structure)
        parameters = cast("Parameters", run.parameters)
        fit = Fit(run, parameters, model, swept.restarts, warnings_about(run, parameters, swept.problem))
        fit = grid.fit(fit, family_for(chosen.covariance_type))
        self._jitter, self._n_beside = fit.model.prior.jitter, fit.n_beside
        self.best_estimator_ = best._learn(fit, source.first)  # noqa: SLF001  (its own kind)
        self.n_missing_ = best.n_missing_ = counted
        self._combine(grid.rows(merged.values), merged.weights_or_ones)
        self.warnings_ = warn_about_choice(swept, levels) + self.best_estimator_.warnings_
        return self._with_cluster_labels(whole)

    def _potentials_for(self, question: str) -> Potentials:
        self._known_mixture()
        return self.best_estimator_._potentials_for(question)  # noqa: SLF001  (its own kind)

    @property
    def _like(self) -> Array:
        return self.means_

    def _counted(self, sample_weight: npt.ArrayLike | None) -> npt.ArrayLike | None:
        """Give weights whose sum is the effective number of rows, as criteria of the grid have them."""
        return None if sample_weight is None else effective_weights(np.asarray(to_numpy(sample_weight)))

    def keep_course(self, keep: bool = True) -> Self:
        """Say whether pickles hold `grid_models_`, `cluster_labels_` and `restarts_`, most of what a fit leaves."""
        if "best_estimator_" in vars(self):
            self.best_estimator_.keep_course(keep)
        return super().keep_course(keep)

    def _checkpoint(
        self, fold: Fold, levels: list[int] | None, families: list[str]
    ) -> tuple[int, GridCheckpoint | None]:
        """Give the seed of the sweep, and open the checkpoint."""
        seed = int(check_random_state(self.random_state).randint(2**31))
        if self.checkpoint is None:
            return seed, None
        identity = {
            "mixfold": version("mixfold"),
            "data": fold.digest()[:16],
            "n_components": str(levels or AUTO),
            "covariance_types": str(families),
            "criterion": self.criterion,
            "engine": self.engine if isinstance(self.engine, str) else described(self.engine),
        }
        checkpoint = GridCheckpoint.open(self.checkpoint, identity, seed, keeps_seed=self.random_state is None)
        return checkpoint.seed, checkpoint

    def _estimator(self, n_components: int, covariance_type: str) -> GaussianMixture:
        estimator = GaussianMixture(
            n_components,
            covariance_type=covariance_type,
            random_state=self.random_state,
            engine=self.engine,
            n_jobs=self.n_jobs,
            missing=self.missing,
        )
        name_features(estimator, self.n_features_in_, known_names(self))
        return estimator.keep_course(self._keeps_course)

    def _fit_in_words(self) -> list[str]:
        chosen = f"{self.covariance_type_!r} with {self.n_components_} component{'s' * (self.n_components_ > 1)}"
        tried = sum(row["outcome"] != "skipped" for row in self.results_)
        choice = f"{type(self).__name__}: {chosen} chosen of {tried}, {self.criterion} {self.best_value_:.3f}"
        course = self.best_estimator_._fit_in_words()[0]  # noqa: SLF001  (its own kind)
        return [choice, course, *self.warnings_]

    def _saved(self) -> tuple[Fields, Arrays]:
        fit, arrays = self.best_estimator_._saved()  # noqa: SLF001  (its own kind)
        rows = [{name: finite(value) for name, value in row.items() if name != "seconds"} for row in self.results_]
        about = {"results_": rows, "best_value_": float(self.best_value_), **self._saved_clusters()}
        about |= {"reason_": self.reason_, "warnings_": list(self.warnings_)}
        return {"best": fit, **about}, arrays

    def _restore(self, mixture: Mixture, fit: Fields, arrays: Mapping[str, FloatArray]) -> None:
        self.n_components_, self.covariance_type_ = mixture.n_components, name_in_grid(mixture, fit["results_"])
        self.best_estimator_ = (
            BayesianGaussianMixture(n_components=mixture.n_components, covariance_type=self.covariance_type_)
            if self.criterion == ELBO
            else self._estimator(mixture.n_components, self.covariance_type_)
        )
        self.best_estimator_._jitter = self._jitter  # noqa: SLF001  (its own kind)
        self.best_estimator_._restore(mixture, fit["best"], arrays)  # noqa: SLF001  (its own kind)
        if isinstance(self.best_estimator_, GaussianMixture):
            self.n_missing_, self._n_beside = self.best_estimator_.n_missing_, self.best_estimator_._n_beside  # noqa: SLF001
        self.best_value_ = float(fit["best_value_"])
        self._restore_clusters(fit)
        self.reason_, self.warnings_ = str(fit["reason_"]), tuple(map(str, fit["warnings_"]))
        self.results_ = [
            {name: math.nan if value is None else value for name, value in row.items()} for row in fit["results_"]
        ]
