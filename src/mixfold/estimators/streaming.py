"""Learning from rows that come batch by batch, and from models that saw different shards."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import clone

from mixfold.covariance import CovarianceFamily, Prior, family_for, is_family
from mixfold.errors import CollapseError, InputError
from mixfold.estimators.mixins import BesideAttributes
from mixfold.estimators.rows import known_names
from mixfold.fitting import Reservoir, Stream, matched, merged
from mixfold.fitting.reservoir import KEPT_ROWS
from mixfold.fold import Fold
from mixfold.mixtures import Mixture
from mixfold.models import Penalized, Point, Problem
from mixfold.parameters import Parameters
from mixfold.rows import Marks
from mixfold.validation import name_features

STARTS = ("weights_init", "means_init", "precisions_init", "labels_init", "responsibilities_init")
"""Parameters by which a caller says where to begin, who is not to be brought elsewhere."""
WITHOUT_WITNESSES = {"warm_start": False, "verbose": 0, "callback": None, "checkpoint": None, "executor": None}
"""What a fit leaves out that nobody asked for."""


class Streaming(BesideAttributes):
    """Remembers the sums of the rows that a model has seen, and goes on from them.

    Classes set `_stream` when they fit, and have the parameters `step_exponent` and `forgetting` too.
    """

    n_components: int
    step_exponent: float
    forgetting: float
    # What makes the `Reservoir` of a stream that began here.
    _kept: tuple[Any, ...] | None = None

    def partial_fit(self, X: Any, y: None = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Learn from one more batch of a stream; the first is fitted as by `fit`.

        The statistics of the past are moved towards those of the batch by a step that shrinks as
        ``(batches)^-step_exponent`` but never below ``1 - forgetting`` (Cappe & Moulines 2009, eq. 14). A stream that
        begins here keeps a sample of its rows, at most 2000, and where it has grown by half, or a batch is a surprise,
        that is fitted anew; the new optimum is gone on from where it is better, so that a small or one-sided first
        batch does no lasting harm.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        self : estimator

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold import GaussianMixture
        >>> random = np.random.default_rng(0)
        >>> model = GaussianMixture(1)
        >>> for _ in range(20):
        ...     _ = model.partial_fit(random.normal(3.0, 1.0, size=(500, 1)))
        >>> bool(abs(model.means_[0, 0] - 3.0) < 0.1)
        True
        """
        del y
        if is_family(self.covariance_type):  # else `fit` says what is wrong with it
            refuse_streams(family_for(self.covariance_type), "`partial_fit`")
        if not hasattr(self, "mixture_"):
            return self._begun(X, sample_weight)
        mixture, (stream, prior) = self._remembered("`partial_fit`")
        source = self._source(X, sample_weight, n_features=mixture.n_features)
        with self._folding(source) as fold:
            batch = fold.statistics(mixture.potentials.jittered(prior.jitter), mixture.family.structure)
            shortfall = stream.mean_log_likelihood - batch.log_likelihood / batch.weight
            is_due = self._keep(fold, shortfall)
        stream = stream.followed_by(batch, self.step_exponent, self.forgetting)
        parameters = Penalized(mixture.family, prior).maximize(stream.statistics, mixture.parameters)
        if is_due:
            parameters, stream, prior = self._searched(parameters, stream, prior)
        self._publish(parameters, mixture.family, source.first)
        self._jitter, self._stream = prior.jitter, (stream, prior)
        return self

    def _begun(self, X: Any, sample_weight: npt.ArrayLike | None) -> Self:
        """Fit the first batch, and keep some of its rows where later ones may tell of another optimum."""
        self.fit(X, sample_weight=sample_weight)
        if self.n_components > 1 and all(getattr(self, name) is None for name in STARTS):
            with self._folding(self._source(X, sample_weight)) as fold:
                if not fold.is_complete:
                    return self
                rows = fold.sample(np.random.RandomState(0), KEPT_ROWS)
                self._kept = Reservoir.of(
                    rows.values, rows.weights_or_ones, self.n_components, fold.source.n_rows
                ).plain
        return self

    def _keep(self, fold: Fold, shortfall: float) -> bool:
        """Keep rows of a batch where rows are kept; whether they are to be searched now."""
        if self._kept is None or not fold.is_complete:
            return False
        drawn = fold.sample(np.random.RandomState(0), KEPT_ROWS)
        rows, weights = drawn.values, drawn.weights_or_ones
        n_rows, before = fold.source.n_rows, Reservoir(*self._kept)
        reservoir = before.followed_by(rows, weights, n_rows, self.n_components, 1.0 - self.forgetting)
        is_due = reservoir.is_due(shortfall, n_rows)
        self._kept = (reservoir.searched if is_due else reservoir).plain
        return is_due

    def _searched(self, parameters: Parameters, stream: Stream, prior: Prior) -> tuple[Parameters, Stream, Prior]:
        """Fit the rows that were kept, and give what is better of them: that, or what the steps have led to."""
        assert self._kept is not None  # noqa: S101  (they are due)
        rows, weights = self._kept[:2]
        going = self._known_mixture()  # a stream keeps its shape, whatever was set since it began
        shape = {"n_components": going.n_components, "covariance_type": going.family}
        model = type(self)(**{**self.get_params(deep=False), **WITHOUT_WITNESSES, **shape})
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a model that nobody sees
                model.fit(rows, sample_weight=weights)
        except CollapseError:  # of few rows, with a number for `reg_covar`; the steps go on
            return parameters, stream, prior
        mixture, (_, anew) = model._remembered("`partial_fit`")  # noqa: SLF001  (of its own class)
        fold = Fold.of_rows(rows, Marks(weights))
        problem = Problem(fold, Penalized(mixture.family, anew))
        here, there = (Point.at(problem, each) for each in (parameters, mixture.parameters))
        # An optimum of few rows is higher on them than that of all by half a nat for each parameter.
        if not there.objective - here.objective > mixture.n_parameters / np.sum(weights):
            return parameters, stream, prior
        statistics = there.statistics.scaled(stream.statistics.weight / there.statistics.weight)
        statistics = replace(statistics, n_rows=stream.statistics.n_rows)
        return mixture.parameters, replace(stream, statistics=statistics), anew

    def merge(self, other: Self) -> Self:
        """Give the model of two shards of the data, from the statistics of both; neither sees the other's rows.

        Components are paired by the symmetrized Kullback-Leibler divergence. Where both were fitted from one start the
        result is near the fit of all rows; `warm_start` and a further `fit` polish it.

        Parameters
        ----------
        other : estimator
            Fitted, with the same number of components and features and the same `covariance_type`.

        Returns
        -------
        merged : estimator
            A new one, with the parameters of this one.
        """
        (mixture, (one, prior)), (theirs, (two, _)) = self._remembered("`merge`"), other._remembered("`merge`")
        here = (mixture.n_components, mixture.n_features, mixture.covariance_type)
        there = (theirs.n_components, theirs.n_features, theirs.covariance_type)
        if here != there:
            message = (
                f"Models can be merged when they have the same (n_components, n_features, covariance_type), got {here} "
                f"and {there}. Fit both shards alike."
            )
            raise InputError(message)
        refuse_streams(mixture.family, "`merge`")
        statistics = merged(one.statistics, two.statistics, matched(mixture, theirs))
        model = clone(self)
        name_features(model, mixture.n_features, known_names(self))
        parameters = Penalized(mixture.family, prior).maximize(statistics, mixture.parameters)
        model._publish(parameters, mixture.family, self._like)  # noqa: SLF001  (of its own class)
        model._jitter, model._n_beside = prior.jitter, self._n_beside  # noqa: SLF001  (of its own class)
        model._stream = Stream(statistics, one.n_batches + two.n_batches), prior  # noqa: SLF001
        return model

    def _remembered(self, what: str) -> tuple[Mixture, tuple[Stream, Prior]]:
        """Give the mixture and the sums of the rows that it was learned from, or say that there are none."""
        mixture = self._known_mixture()
        if self._stream is None:
            message = (
                f"{what} needs the sums of the rows that the parameters were learned from, but this model has none: "
                "its parameters were set after the fit, or without one. Pass them as `weights_init`, `means_init` and "
                "`precisions_init` to a new model."
            )
            raise InputError(message)
        return mixture, self._stream


def refuse_streams(family: CovarianceFamily, what: str) -> None:
    """Refuse families whose statistics of one step cannot be added to those of another."""
    if not family.structure.is_streamable:
        message = (
            f"{what} adds statistics of different steps, and covariance_type={family.name!r} asks for others at each "
            "step. Call `fit` on all rows, or use covariance_type='diag'."
        )
        raise InputError(message)
