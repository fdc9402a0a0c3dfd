"""`GroupedGaussianMixture` and `fit_many`: a Gaussian mixture for each group of rows."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from mixfold.covariance import CovarianceFamily, family_for
from mixfold.engines import Engine, Tables, engine_for
from mixfold.errors import ConvergenceWarning, InputError
from mixfold.estimators.callbacks import fit_context
from mixfold.estimators.choices import ENGINE, FAMILY, INITIALIZER
from mixfold.estimators.grouped_fit import GroupSettings, Progress, as_mixtures, fit_groups
from mixfold.estimators.groups import Grouping, NamedRows, grouped
from mixfold.estimators.scikit_learn import BaseEstimator
from mixfold.executors import executor_for
from mixfold.fitting import Stopping, resolution_of
from mixfold.initialization import Initializer
from mixfold.mixtures import GroupedMixtures
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.typing import Array, FloatArray, IntArray
from mixfold.validation import name_features, on_host, rows_of, weights_of

LEAST_BATCHES = 1 << 20
"""Chunks of an executor, which a number of threads is never more than."""


class GroupedGaussianMixture(BaseEstimator):
    """A Gaussian mixture for each of many groups of rows.

    Each group is fitted as a `GaussianMixture` of the same parameters and seed would fit it alone, to the bit. Where
    groups are small, `init_params` is 'kmeans', `reg_covar` a number and `covariance_type` one of scikit-learn's four,
    all of it happens in one loop of the kernels: tens of microseconds a group.

    Parameters
    ----------
    n_components : int or sequence of int, default=1
        Number of components of each group; of several the one of lowest BIC, for each group by itself.
    covariance_type : str or CovarianceFamily, default='full'
        As in `GaussianMixture`.
    tol : float, default=1e-6
    reg_covar : float, 'auto', 'weak' or 'inverse-wishart', default=1e-6
        Added to the variances, as in scikit-learn. 'auto' is the prior on the scale of each group that
        `GaussianMixture` has by default, with which no component can collapse; it takes some milliseconds a group.
    max_iter : int, default=1000
    n_init : int, default=1
    init_params : str or Initializer, default='kmeans'
    random_state : int, RandomState or None, default=None
        The seed of every group: a number gives each the fit that it has alone with that number.
    engine : str or Engine, default='auto'
    n_jobs : int, optional
        Number of threads (None is 1, -1 all cores). The results have the same bits for any number.
    callback : callable, optional
        Called with the number of groups that are done and that of all; a true result stops, and leaves the others
        without a mixture.
    verbose : int, default=0
        1 prints how many groups are done.

    Attributes
    ----------
    mixtures_ : GroupedMixtures
        What was fitted: a sequence of `Mixture`, and tables of components and of groups.
    groups_ : ndarray of shape (n_groups,)
        The labels of the groups, in the order in which they first came.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features,)
        Only if `X` had column names.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import GroupedGaussianMixture
    >>> X = np.array([[0.0], [1.0], [9.0], [10.0], [-3.0], [-2.0], [5.0], [6.0], [7.0]])
    >>> groups = ["a", "a", "a", "a", "b", "b", "b", "b", "c"]
    >>> model = GroupedGaussianMixture(2, random_state=0).fit(X, groups=groups)
    >>> model.mixtures_.n_components, model.mixtures_.reasons
    (array([2, 2, 1]), {2: 'Its 1 row(s) are too few for 2 component(s): a single component was fitted.'})
    >>> labels = model.predict([[0.5], [-2.5]], groups=["a", "b"])
    >>> [round(float(model.mixtures_.of(group).means[label, 0]), 1) for group, label in zip("ab", labels)]
    [0.5, -2.5]
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "covariance_type": [FAMILY],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "reg_covar": [Interval(Real, 0.0, None, closed="left"), StrOptions({"auto", "weak", "inverse-wishart"})],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "init_params": [INITIALIZER],
        "random_state": ["random_state"],
        "engine": [ENGINE],
        "n_jobs": [Integral, None],
        "callback": [callable, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        n_components: int | Sequence[int] = 1,
        *,
        covariance_type: str | CovarianceFamily = "full",
        tol: float = 1e-6,
        reg_covar: float | str = 1e-6,
        max_iter: int = 1000,
        n_init: int = 1,
        init_params: str | Initializer = "kmeans",
        random_state: int | np.random.RandomState | None = None,
        engine: str | Engine = "auto",
        n_jobs: int | None = None,
        callback: Progress | None = None,
        verbose: int = 0,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.random_state = random_state
        self.engine = engine
        self.n_jobs = n_jobs
        self.callback = callback
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: None = None,
        *,
        groups: Any = None,
        offsets: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
    ) -> Self:
        """Learn a mixture for each group.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), sequence of them, data frame, Arrow table or path
            A sequence of arrays is a group each. A path is of a table (.csv, .parquet and others), whose columns of
            numbers are the features. Finite numbers.
        y : ignored
        groups : array-like of shape (n_samples,) or str, optional
            The group of each row, or the name of the column that has it; of a sequence of arrays a label for each.
        offsets : array-like of int of shape (n_groups + 1,), optional
            Instead: group g is rows ``offsets[g]`` to before ``offsets[g + 1]``.
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        self : GroupedGaussianMixture

        Raises
        ------
        ValueError
            If `X` or the groups cannot be used, before any work. A group that cannot be fitted stops no other: see the
            `reasons` of `mixtures_`.

        Warns
        -----
        ConvergenceWarning
            Once, if groups reached `max_iter`.
        """
        del y
        candidates = self._candidates()
        rows, grouping = self._rows(X, groups, offsets, reset=True)
        weights = weights_of(sample_weight, rows)
        rows, weights, starts = _sorted(rows, weights, grouping)
        tables = Tables(rows, weights, np.stack([starts[:-1], starts[1:]], axis=1))
        settings = GroupSettings(
            candidates,
            family_for(self.covariance_type),
            Stopping(self.tol, self.max_iter, resolution=resolution_of(rows)),
            self._seed(),
            self.n_init,
            self.reg_covar,
            self.init_params,
            self.engine,
        )
        engine = engine_for(rows[:1], self.engine)
        with executor_for(self.n_jobs, LEAST_BATCHES) as executor:
            columns = fit_groups(tables, settings, engine.batch, executor.local, self._observer())
        names = getattr(self, "feature_names_in_", None)
        self.mixtures_ = as_mixtures(
            columns, grouping.labels, tables.n_rows, settings.family, int(rows.shape[1]), names
        )
        self.groups_ = grouping.labels
        n_cut = int(np.sum((self.mixtures_.n_components > 0) & ~self.mixtures_.converged))
        if n_cut and self.max_iter:
            message = (
                f"{n_cut} of {len(grouping.labels)} groups did not converge within `max_iter` = {self.max_iter} "
                "iterations; `mixtures_.converged` tells which. Increase `max_iter` or `tol`."
            )
            warnings.warn(message, ConvergenceWarning, stacklevel=2)
        return self

    def predict(self, X: Any, *, groups: Any = None, offsets: npt.ArrayLike | None = None) -> IntArray:
        """Give the component of each row in the mixture of its group, from 0; -1 where the group has no mixture."""
        return self._said("labels", X, groups, offsets, np.int64, -1)

    def score_samples(self, X: Any, *, groups: Any = None, offsets: npt.ArrayLike | None = None) -> FloatArray:
        """Give the log density of each row in the mixture of its group; NaN where the group has no mixture."""
        return self._said("log_density", X, groups, offsets, np.float64, np.nan)

    def sample(
        self, n_samples: int = 1, groups: Any = None, random_state: int | np.random.RandomState | None = None
    ) -> tuple[FloatArray, npt.NDArray[Any], IntArray]:
        """Draw rows from the mixtures of groups.

        Parameters
        ----------
        n_samples : int
            From each group.
        groups : sequence, optional
            Labels; all groups that have a mixture by default.
        random_state : int, RandomState or None

        Returns
        -------
        X : ndarray of shape (n, n_features)
        groups : ndarray of shape (n,)
        labels : ndarray of shape (n,)
            The component that each row was drawn from.
        """
        check_is_fitted(self)
        mixtures, random = self.mixtures_, check_random_state(random_state)
        chosen = mixtures.groups[mixtures.n_components > 0] if groups is None else np.asarray(groups)
        drawn = [mixtures.of(group).sample(n_samples, random) for group in chosen]
        rows = np.concatenate([rows for rows, _ in drawn]) if drawn else np.empty((0, mixtures.means.shape[1]))
        labels = np.concatenate([labels for _, labels in drawn]) if drawn else np.empty(0, np.int64)
        return rows, np.repeat(chosen, n_samples), labels

    def _candidates(self) -> tuple[int, ...]:
        wanted = np.unique(np.asarray(self.n_components))
        if not wanted.size or wanted.dtype.kind not in "iu" or wanted[0] < 1 or np.ndim(self.n_components) > 1:
            message = (
                f"`n_components` must be a whole number of at least 1, or several, got {self.n_components!r}. "
                "Pass 2, or range(1, 5) to choose from."
            )
            raise InputError(message)
        return tuple(wanted.tolist())

    def _seed(self) -> int:
        if isinstance(self.random_state, int | np.integer):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _observer(self) -> Progress | None:
        if self.callback is None and not self.verbose:
            return None

        def observe(n_done: int, n_groups: int) -> bool | None:
            if self.verbose:
                sys.stdout.write(f"{n_done} of {n_groups} groups\n")
            return self.callback(n_done, n_groups) if self.callback else None

        return observe

    def _rows(self, X: Any, groups: Any, offsets: Any, *, reset: bool) -> tuple[FloatArray, Grouping]:
        """Give the rows on the host, as they came, and which are of which group."""
        features, grouping = grouped(X, groups, offsets)
        n_features = None if reset else self.n_features_in_
        if not isinstance(features, NamedRows):
            rows = rows_of(features, estimator=self, reset=reset, n_features=n_features)
            return np.asarray(on_host(rows)), grouping
        rows = rows_of(features.rows, n_features=n_features)
        if reset:
            name_features(self, len(features.names), features.names)
        return rows, grouping

    def _said(self, question: str, X: Any, groups: Any, offsets: Any, dtype: Any, missing: float) -> Array:
        """Ask the mixture of each group about its rows."""
        check_is_fitted(self)
        rows, grouping = self._rows(X, groups, offsets, reset=False)
        one = groups is None and offsets is None and len(grouping.labels) == 1 == len(self.groups_)
        positions = np.zeros(1, np.int64) if one else self.mixtures_.positions(grouping.labels)
        rows, _, starts = _sorted(rows, None, grouping)
        engine, said = engine_for(rows[:1], self.engine), np.full(len(rows), missing, dtype)
        potentials = _potentials(self.mixtures_, positions)
        for group, first, end in zip(range(len(positions)), starts[:-1].tolist(), starts[1:].tolist(), strict=True):
            one_groups = potentials[group]
            if one_groups is not None and end > first:
                said[first:end] = getattr(engine, question)(rows[first:end], one_groups)
        if grouping.order is None:
            return said
        result = np.empty_like(said)
        result[grouping.order] = said
        return result


def fit_many(
    X: Any,
    *,
    groups: Any = None,
    offsets: npt.ArrayLike | None = None,
    sample_weight: npt.ArrayLike | None = None,
    **parameters: Any,
) -> GroupedMixtures:
    """Fit a mixture to each group of rows: `GroupedGaussianMixture` as a function.

    Parameters
    ----------
    X, groups, offsets, sample_weight : as of `GroupedGaussianMixture.fit`
    parameters : dict
        Those of `GroupedGaussianMixture`.

    Returns
    -------
    mixtures : GroupedMixtures

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import fit_many
    >>> cells = [np.random.default_rng(seed).normal([[0.0], [6.0]], 1.0, (2, 200)).reshape(-1, 1) for seed in range(3)]
    >>> many = fit_many(cells, n_components=range(1, 4), random_state=0)
    >>> many.n_components
    array([2, 2, 2])
    """
    model = GroupedGaussianMixture(**parameters)
    return model.fit(X, groups=groups, offsets=offsets, sample_weight=sample_weight).mixtures_


def _sorted(rows: FloatArray, weights: Array | None, grouping: Grouping) -> tuple[FloatArray, Array | None, IntArray]:
    """Put rows group by group, and leave out those without weight."""
    starts = grouping.starts
    if grouping.order is not None:
        rows = rows[grouping.order]
        weights = None if weights is None else weights[grouping.order]
    if weights is not None and not np.all(weights > 0.0):
        kept = weights > 0.0
        starts = np.concatenate([[0], np.cumsum(kept)])[starts]
        rows, weights = rows[kept], weights[kept]
    return rows, weights, starts


def _potentials(mixtures: GroupedMixtures, positions: IntArray) -> list[Potentials | None]:
    """Give the potentials of groups: of all components at once, where groups share nothing."""
    if mixtures.family.structure.is_shared:
        return [
            None if one is None else one.potentials for one in (mixtures[position] for position in positions.tolist())
        ]
    parameters = Parameters(mixtures.weights, mixtures.means, mixtures.covariances)
    whole = parameters.potentials(mixtures.family)
    spans = [slice(*mixtures.starts[position : position + 2].tolist()) for position in positions.tolist()]
    return [
        None
        if span.start == span.stop
        else Potentials(whole.offset[span], whole.center[span], whole.whitener[span], whole.structure)
        for span in spans
    ]
