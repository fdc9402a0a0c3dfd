"""What every estimator of a mixture does once it is fitted."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Self, cast

import array_api_compat
import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, DensityMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from mixfold.engines import engine_for, to_numpy
from mixfold.errors import InputError, ShapeError
from mixfold.executors import Executor, executor_for
from mixfold.fold import Fold
from mixfold.mixture import Mixture
from mixfold.selection import Merging
from mixfold.sources import CHUNK_ROWS, ArraySource, MemoryMapSource, Source
from mixfold.typing import Array, FloatArray, IntArray
from mixfold.validation import rows_of, weights_of


class MixtureEstimator(ClassNamePrefixFeaturesOutMixin, TransformerMixin, DensityMixin, BaseEstimator, ABC):
    """The scikit-learn face of a fitted `Mixture`: prediction, scoring, criteria and sampling.

    Subclasses learn; they set `mixture_` and `n_features_in_`, and have the parameters `engine`, `n_jobs` and
    `random_state`.
    """

    engine: str
    n_jobs: int | None
    random_state: int | np.random.RandomState | None

    @property
    @abstractmethod
    def mixture_(self) -> Mixture:
        """The fitted mixture."""

    @abstractmethod
    def fit(self, X: Any, y: None = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Learn the mixture."""

    def fit_predict(self, X: Any, y: None = None, sample_weight: npt.ArrayLike | None = None) -> Array:
        """Fit, and give the most probable component of each row: ``fit(X).predict(X)``.

        Parameters
        ----------
        X : array-like, data frame, tensor, or path of a .npy file, of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        labels : ndarray or tensor of shape (n_samples,)
        """
        return self.fit(X, y, sample_weight=sample_weight).predict(X)

    def predict(self, X: Any) -> Array:
        """Give the most probable component of each row.

        Parameters
        ----------
        X : array-like, data frame, tensor, or path of a .npy file, of shape (n_samples, n_features)

        Returns
        -------
        labels : ndarray or tensor of shape (n_samples,)
        """
        return self._map(X, "labels")

    def predict_proba(self, X: Any) -> Array:
        """Give the posterior probability of each component for each row.

        Parameters
        ----------
        X : array-like, data frame, tensor, or path of a .npy file, of shape (n_samples, n_features)

        Returns
        -------
        responsibilities : ndarray or tensor of shape (n_samples, n_components)
            Rows sum to one; dtype and device of `X`.
        """
        return self._map(X, "responsibilities")

    def transform(self, X: Any) -> Array:
        """Give the responsibilities as features, one column a component; `set_output` makes them a data frame.

        Parameters
        ----------
        X : array-like, data frame, tensor, or path of a .npy file, of shape (n_samples, n_features)

        Returns
        -------
        responsibilities : ndarray, data frame or tensor of shape (n_samples, n_components)
        """
        return self.predict_proba(X)

    def cluster_labels(self, X: Any, n_clusters: int | None = None) -> IntArray:
        """Give the most probable cluster of each row, where a cluster is one component or several that overlap.

        Components are merged by how the rows of `X` are shared between them (Baudry et al. 2010; see
        `mixfold.selection.Merging`): pass the rows that were fitted, or as many of their kind.

        Parameters
        ----------
        X : array-like, data frame, tensor, or path of a .npy file, of shape (n_samples, n_features)
        n_clusters : int, optional
            From 1 to the number of components. By default as many as the elbow of the entropies says; for an
            `AutoGaussianMixture`, its `n_clusters_`.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            From 0, clusters in the order of their first components.

        Raises
        ------
        InputError
            If `n_clusters` is out of its range.

        Examples
        --------
        >>> from mixfold import GaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> X = load_faithful().data
        >>> int(GaussianMixture(4, random_state=0).fit(X).cluster_labels(X, n_clusters=2).max())
        1
        """
        responsibilities = to_numpy(self.predict_proba(X))
        merging = Merging.of_responsibilities(responsibilities)
        return merging.labels(responsibilities, self._usual_clusters() if n_clusters is None else n_clusters)

    def _usual_clusters(self) -> int | None:
        """Give how many clusters there are unless a caller says otherwise; None for the elbow."""
        return None

    def score_samples(self, X: Any) -> Array:
        """Give the log density of each row.

        Parameters
        ----------
        X : array-like, data frame, tensor, or path of a .npy file, of shape (n_samples, n_features)

        Returns
        -------
        log_density : ndarray or tensor of shape (n_samples,)
            In nats; dtype and device of `X`.
        """
        return self._map(X, "log_density")

    def score(self, X: Any, y: None = None, sample_weight: npt.ArrayLike | None = None) -> float:
        """Give the mean log density of the rows, weighted.

        Parameters
        ----------
        X : array-like, data frame, tensor, or path of a .npy file, of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        score : float
            In nats for each unit of weight.
        """
        del y
        log_likelihood, weight = self._log_likelihood(X, sample_weight)
        return log_likelihood / weight

    def bic(self, X: Any, sample_weight: npt.ArrayLike | None = None) -> float:
        """Give the Bayesian information criterion, ``-2 log L + p log n`` (Schwarz 1978); smaller is better.

        Parameters
        ----------
        X : array-like, data frame, tensor, or path of a .npy file, of shape (n_samples, n_features)
        sample_weight : array-like of shape (n_samples,), optional
            Their sum takes the place of n.
        """
        log_likelihood, weight = self._log_likelihood(X, sample_weight)
        return -2.0 * log_likelihood + self.mixture_.n_parameters * float(np.log(weight))

    def aic(self, X: Any, sample_weight: npt.ArrayLike | None = None) -> float:
        """Give the Akaike information criterion, ``-2 log L + 2 p`` (Akaike 1974); smaller is better.

        Parameters
        ----------
        X : array-like, data frame, tensor, or path of a .npy file, of shape (n_samples, n_features)
        sample_weight : array-like of shape (n_samples,), optional
        """
        log_likelihood, _ = self._log_likelihood(X, sample_weight)
        return -2.0 * log_likelihood + 2.0 * self.mixture_.n_parameters

    def sample(self, n_samples: int = 1) -> tuple[FloatArray, IntArray]:
        """Draw rows from the fitted mixture, with the estimator's `random_state`.

        Parameters
        ----------
        n_samples : int

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
        labels : ndarray of shape (n_samples,)
        """
        return self._known_mixture().sample(n_samples, check_random_state(self.random_state))

    @property
    def _n_features_out(self) -> int:
        return self.mixture_.n_components

    def _log_likelihood(self, X: Any, sample_weight: npt.ArrayLike | None) -> tuple[float, float]:
        """Give the summed log density and the summed weight."""
        log_density = self.score_samples(X)
        weights = weights_of(sample_weight, log_density)
        log_density = to_numpy(log_density)
        if weights is None:
            return float(np.sum(log_density)), float(len(log_density))
        weights = to_numpy(weights)
        return float(weights @ log_density), float(np.sum(weights))

    def _known_mixture(self) -> Mixture:
        """Give the fitted mixture, or say by scikit-learn's error that there is none yet."""
        mixture = getattr(self, "mixture_", None)
        if mixture is None:
            check_is_fitted(self, "mixture_")
        return cast("Mixture", mixture)

    def _map(self, X: Any, question: str) -> Array:
        """Ask the fold over `X` one of its questions about each row."""
        mixture = self._known_mixture()
        source = self._source(X, n_features=mixture.n_features)
        with_potentials = mixture.potentials
        if source.n_rows <= CHUNK_ROWS and isinstance(source, ArraySource):
            # One chunk: no executor to start, so that predicting a few rows costs little.
            return getattr(engine_for(source.rows, self.engine), question)(source.rows, with_potentials)
        executor = self._executor(source)
        with executor:
            return getattr(self._fold(source, executor), question)(with_potentials)

    def _source(
        self,
        X: Any,
        sample_weight: npt.ArrayLike | None = None,
        *,
        reset: bool = False,
        n_features: int | None = None,
    ) -> Source:
        """Open `X` as a source of chunks, once everything about it, `n_features` if given, is known to be usable."""
        if not isinstance(X, str | os.PathLike):
            rows = rows_of(X, estimator=self, reset=reset, n_features=n_features)
            return ArraySource(rows, weights_of(sample_weight, rows))
        source = MemoryMapSource(Path(X))
        if n_features is not None and source.n_features != n_features:
            message = f"{X} must have n_features = {n_features} columns, got {source.n_features}."
            raise ShapeError(message)
        if source.n_rows < (2 if reset else 1):
            message = f"{X} must have at least {2 if reset else 1} row(s), got {source.n_rows}."
            raise ShapeError(message)
        for chunk in source.chunks():
            if not np.all(np.isfinite(chunk.rows)):
                row = chunk.start + int(np.argmin(np.isfinite(chunk.rows).all(axis=1)))
                message = f"{X} must be finite, but row {row} holds NaN or infinity. Drop or impute such rows."
                raise InputError(message)
        if reset:
            self.n_features_in_ = source.n_features
            if hasattr(self, "feature_names_in_"):
                del self.feature_names_in_
        if sample_weight is None:
            return source
        return MemoryMapSource(Path(X), weights_of(sample_weight, np.empty((source.n_rows, 1))))

    def _executor(self, source: Source) -> Executor:
        return executor_for(self.n_jobs, -(-source.n_rows // CHUNK_ROWS))

    def _fold(self, source: Source, executor: Executor) -> Fold:
        return Fold(source, engine_for(source.take(np.zeros(1, dtype=np.intp)).rows, self.engine), executor)


def exported(values: FloatArray, like: Array) -> Array:
    """Give float64 host values in the library, dtype and device of `like`."""
    xp = array_api_compat.array_namespace(like)
    return xp.asarray(np.ascontiguousarray(values), dtype=like.dtype, device=array_api_compat.device(like), copy=True)
