"""A posterior that learns from rows that come batch by batch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mixfold.errors import InputError
from mixfold.estimators.bayesian_fitter import GIBBS, BayesianFitter
from mixfold.estimators.em_settings import AUTO
from mixfold.estimators.mixins import BesidePosterior
from mixfold.estimators.posterior_attributes import EXISTS
from mixfold.fitting import Reservoir, Stopping
from mixfold.fitting.reservoir import KEPT_ROWS
from mixfold.fold import Fold
from mixfold.models import Point, Problem, Variational
from mixfold.rows import Marks
from mixfold.search.component_moves import find_components_from
from mixfold.search.component_search import ComponentLimit
from mixfold.search.found_components import Found


class PosteriorStreaming(BesidePosterior):
    """Remembers the sums of the rows that a posterior has seen, and goes on from them.

    Classes have the parameters `step_exponent` and `forgetting` too.
    """

    step_exponent: float
    forgetting: float
    tol: float
    max_iter: int
    init_params: Any
    posterior: str
    responsibilities_init: Any

    def partial_fit(self, X: Any, y: None = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Learn from one more batch of a stream; the first is fitted as by `fit`.

        The statistics of the past are moved towards those of the batch as `GaussianMixture.partial_fit` moves them, and
        the posterior is that of all rows that have gone by. Where components are searched for, a sample of at most 2000
        of those rows is kept; where the stream has grown by half, or a batch is a surprise, moves that merge, split and
        drop components begin there at the posterior, and what they find is gone on from if the bound is higher.

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
        >>> from mixfold import BayesianGaussianMixture
        >>> random = np.random.default_rng(0)
        >>> model = BayesianGaussianMixture(n_components=4, random_state=0)
        >>> for center in (0.0, 0.0, 9.0, 9.0):  # a second cluster comes later
        ...     _ = model.partial_fit(random.normal(center, 1.0, size=(200, 1)))
        >>> model.n_components_, sorted(model.means_.round().astype(int).ravel().tolist())
        (2, [0, 9])
        """
        del y
        if self.posterior == GIBBS:
            message = "`partial_fit` learns by posterior='variational', got 'gibbs'. Keep all rows, and call `fit`."
            raise InputError(message)
        if self._fit is None:
            return self._begun(X, sample_weight)
        if self._stream is None:
            message = (
                "`partial_fit` needs the sums of complete rows that a posterior was learned from, but this model has "
                "none: a Gibbs sampler drew from it, or it learned with `noise`, `must_link` or `outliers`. Begin with "
                "a new model."
            )
            raise InputError(message)
        posterior, model = self._fit
        source = self._source(X, sample_weight, n_features=len(model.mean_prior))
        with self._folding(source) as fold:
            batch = fold.statistics(model.potentials(posterior), model.structure)
            shortfall = self._stream.mean_log_likelihood - batch.log_likelihood / batch.weight
            is_due = self._keep(fold, shortfall)
        stream = self._stream.followed_by(batch, self.step_exponent, self.forgetting)
        posterior = model.maximize(stream.statistics, posterior)
        self._publish_posterior(posterior, model, source.first)
        self._stream = stream
        if is_due:
            self._search(model)
            self._publish_posterior(*self._fit, source.first)
        self.n_components_ = int(np.sum(self._stream.statistics.count > EXISTS))
        self.component_probabilities_ = {}
        return self

    def _begun(self, X: Any, sample_weight: npt.ArrayLike | None) -> Self:
        self.fit(X, sample_weight=sample_weight)
        with self._folding(self._source(X, sample_weight)) as fold:
            if self.init_params == AUTO and self.responsibilities_init is None and fold.is_complete:
                rows = fold.sample(np.random.RandomState(0), KEPT_ROWS)
                self._kept = Reservoir.of(rows.values, rows.weights_or_ones, self._first, fold.source.n_rows)
        return self

    @property
    def _first(self) -> int:
        return ComponentLimit.of(self.n_components, 0).first

    def _keep(self, fold: Fold, shortfall: float) -> bool:
        """Keep rows of a batch where rows are kept; whether they are to be searched now."""
        if self._kept is None or not fold.is_complete:
            return False
        drawn, n_rows = fold.sample(np.random.RandomState(0), KEPT_ROWS), fold.source.n_rows
        reservoir = self._kept.followed_by(
            drawn.values, drawn.weights_or_ones, n_rows, self._first, 1.0 - self.forgetting
        )
        is_due = reservoir.is_due(shortfall, n_rows)
        self._kept = reservoir.searched if is_due else reservoir
        return is_due

    def _search(self, model: Variational) -> None:
        """Look by moves on the rows that were kept for a better number of components, beginning at the posterior."""
        assert self._kept is not None  # noqa: S101  (they are due)
        assert self._fit is not None  # noqa: S101  (it is fitted)
        assert self._stream is not None  # noqa: S101  (it has begun)
        posterior, statistics = self._fit[0], self._stream.statistics
        weights = self._kept.weights * (statistics.weight / np.sum(self._kept.weights))
        fold = Fold.of_rows(self._kept.rows, Marks(weights))
        scale = replace(BayesianFitter(self).scale_of(fold), jitter=model.jitter)
        problem, stopping = Problem(fold, model), Stopping(self.tol, self.max_iter)
        here = Point.at(problem, posterior)
        found = find_components_from(Found(problem, here), scale, stopping, BayesianFitter(self).limit(fold).most)
        if found.log_evidence > Found(problem, here).log_evidence:
            kept = replace(found.point.statistics, n_rows=statistics.n_rows)
            self._fit = found.posterior, found.problem.model
            self._stream = replace(self._stream, statistics=kept)
