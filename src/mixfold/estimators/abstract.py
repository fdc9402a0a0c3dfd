"""What every estimator of a mixture does once it is fitted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from mixfold import search
from mixfold.engines import Engine, engine_for, to_numpy
from mixfold.estimators.changed_parameters import validate_changed
from mixfold.estimators.rows import Question, folding, known_names, log_best_shares, sampled_like, source_of
from mixfold.estimators.scikit_learn import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    DensityMixin,
    TransformerMixin,
)
from mixfold.executors import Executor
from mixfold.fold import Fold
from mixfold.mixtures import Mixture, mahalanobis_distances, probability_of_others
from mixfold.potentials import Potentials
from mixfold.rows import CHUNK_ROWS, Source
from mixfold.sources import in_memory, mapped
from mixfold.typing import Array, FloatArray, IntArray
from mixfold.validation import is_ready


class MixtureEstimator(ClassNamePrefixFeaturesOutMixin, TransformerMixin, DensityMixin, BaseEstimator, ABC):
    """The scikit-learn face of a fitted `Mixture`: prediction, scoring, criteria and sampling.

    Subclasses learn: they set `mixture_` and `n_features_in_`, and have `engine`, `n_jobs` and `random_state`.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import Mixture
    >>> from mixfold.estimators import MixtureEstimator
    >>> from mixfold.validation import rows_of
    >>> class OneNormal(MixtureEstimator):
    ...     def __init__(self):
    ...         self.engine, self.n_jobs, self.random_state = "auto", None, None
    ...     mixture_ = property(lambda self: self._mixture)
    ...     def fit(self, X, y=None, sample_weight=None):
    ...         X = rows_of(X, estimator=self, reset=True)
    ...         self._mixture = Mixture([1.0], X.mean(axis=0)[None], np.cov(X.T, bias=True)[None])
    ...         return self
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> OneNormal().fit(X).predict_proba(X).shape
    (100, 1)
    """

    _jitter: FloatArray | None = None  # of what rows counted as spread around where they are
    _n_beside: int = 0  # free parameters beside those of the mixture, less those of it that rows did not tell
    _usual_clusters: IntArray | None = None  # of components, where a fit has decided it
    engine: str | Engine
    n_jobs: int | None
    executor: str | Executor | None = None
    missing: str = "raise"
    random_state: int | np.random.RandomState | None
    _validate_params = validate_changed

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
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)
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
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)

        Returns
        -------
        labels : ndarray or tensor of shape (n_samples,)
            Of a Dask collection or a Spark data frame one of its kind (column ``prediction``), computed when asked for.
        """
        return self._map(X, "labels")

    def predict_proba(self, X: Any) -> Array:
        """Give the posterior probability of each component for each row.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)

        Returns
        -------
        responsibilities : ndarray or tensor of shape (n_samples, n_components)
            Rows sum to one; dtype and device of `X`. Lazy data frames get a column ``probability`` of arrays.
        """
        return self._map(X, "responsibilities")

    def transform(self, X: Any) -> Array:
        """Give the responsibilities as features, one column a component; `set_output` makes them a data frame.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)

        Returns
        -------
        responsibilities : ndarray, data frame or tensor of shape (n_samples, n_components)
        """
        return self.predict_proba(X)

    def cluster_labels(self, X: Any, n_clusters: int | None = None) -> IntArray:
        """Give the most probable cluster of each row, where a cluster is one component or several that overlap.

        Components are merged by how the rows of `X` are shared between them (`mixfold.search.CombinedComponents`): pass
        the rows that were fitted, or as many of their kind.

        Parameters
        ----------
        X : array-like, data frame, tensor, or path of a .npy file, of shape (n_samples, n_features)
        n_clusters : int, optional
            From 1 to the number of components. By default combining ends before two clusters that take less than 16 %
            of each other's rows and, if neither is Gaussian, have a gap: an `AutoGaussianMixture` asked its own rows.

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
        responsibilities = to_numpy(self._map_here(X, "responsibilities"))
        groups = self._usual_clusters if n_clusters is None else None
        if groups is None:
            source = self._source(X, n_features=self._potentials_for("responsibilities").n_features)
            rows = to_numpy(in_memory(source).values) if source.is_in_memory else None
            groups = search.CombinedComponents.of_responsibilities(responsibilities, rows=rows).groups(n_clusters)
        return search.labels_of_groups(responsibilities, groups)

    def score_samples(self, X: Any) -> Array:
        """Give the log density of each row.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)

        Returns
        -------
        log_density : ndarray or tensor of shape (n_samples,)
            In nats; dtype and device of `X`. Lazy data frames get a column ``log_density``.
        """
        return self._map(X, "log_density")

    def score(self, X: Any, y: None = None, sample_weight: npt.ArrayLike | None = None) -> float:
        """Give the mean log density of the rows, weighted.

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
        return float(np.divide(*self._log_likelihood(X, sample_weight)))

    def bic(self, X: Any, sample_weight: npt.ArrayLike | None = None) -> float:
        """Give the Bayesian information criterion, ``-2 log L + p log n`` (Schwarz 1978); smaller is better.

        L counts rows as intervals where their values have steps, p no features that follow from others: as in the fit.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)
        sample_weight : array-like of shape (n_samples,), optional
            Their sum takes the place of n; of an `AutoGaussianMixture` that of `effective_rows`.
        """
        log_likelihood, weight = self._log_likelihood(X, sample_weight, self._jitter)
        return -2.0 * log_likelihood + (self.mixture_.n_parameters + self._n_beside) * float(np.log(weight))

    def aic(self, X: Any, sample_weight: npt.ArrayLike | None = None) -> float:
        """Give the Akaike information criterion, ``-2 log L + 2 p`` (Akaike 1974), with the L of `bic`.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)
        sample_weight : array-like of shape (n_samples,), optional
        """
        log_likelihood = self._log_likelihood(X, sample_weight, self._jitter)[0]
        return 2.0 * (self.mixture_.n_parameters + self._n_beside - log_likelihood)

    def icl(self, X: Any, sample_weight: npt.ArrayLike | None = None) -> float:
        """Give the integrated complete-data likelihood criterion (Biernacki, Celeux & Govaert 2000, eq. 10).

        It is ``bic(X) - 2 sum_i log max_k r_ik``: BIC, and what it costs that rows belong to no component surely;
        smaller is better. Rows count as in `bic`.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)
        sample_weight : array-like of shape (n_samples,), optional

        Examples
        --------
        >>> from mixfold import GaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> X = load_faithful().data
        >>> [round(GaussianMixture(k, random_state=0).fit(X).icl(X)) for k in (1, 2, 3)]
        [2608, 2324, 2392]
        """
        potentials = self._jittered(self._jitter)
        with self._folding(self._source(X, self._counted(sample_weight), n_features=potentials.n_features)) as fold:
            return self.bic(X, sample_weight) - 2.0 * log_best_shares(fold, potentials)

    def mahalanobis(self, X: Any) -> Array:
        """Give the Mahalanobis distance of each row from each component's mean (Bishop 2006, eq. 2.44).

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)

        Returns
        -------
        distances : ndarray or tensor of shape (n_samples, n_components)
            In standard deviations: ``sqrt((x - m_k)^T S_k^-1 (x - m_k))``; dtype and device of `X`.

        Examples
        --------
        >>> from mixfold import GaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> X = load_faithful().data
        >>> GaussianMixture(2, random_state=0).fit(X).mahalanobis(X[:2]).round(1)
        array([[1.8, 6.3],
               [6.5, 0.9]])
        """
        mixture = self._known_mixture()
        with self._folding(source_of(X, estimator=self, n_features=mixture.n_features)) as fold:
            return mahalanobis_distances(fold, mixture.potentials)

    def uncertainty(self, X: Any) -> Array:
        """Give the probability that each row is not of its most probable component, as mclust's `uncertainty`.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)

        Returns
        -------
        uncertainty : ndarray or tensor of shape (n_samples,)
            ``1 - max_k r_k``, exact where it is tiny. Dtype and device of `X`.

        Examples
        --------
        >>> from mixfold import GaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> X = load_faithful().data
        >>> int((GaussianMixture(2, random_state=0).fit(X).uncertainty(X) > 0.1).sum())
        1
        """
        return probability_of_others(self._map_here(X, "responsibilities"))

    def summary(self) -> str:
        """Say in a few lines what was fitted: the weight, means and standard deviations of each component.

        Returns
        -------
        summary : str

        Examples
        --------
        >>> from mixfold import GaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> print(GaussianMixture(2, random_state=0).fit(load_faithful().data).summary())
        Mixture of 2 components in 2 features, covariance_type='full', 11 free parameters
        component  weight             x0            x1
                0  0.6437  4.290 ± 0.407  79.98 ± 5.99
                1  0.3563  2.037 ± 0.276  54.49 ± 5.77
        GaussianMixture: converged after 8 iterations, log-likelihood -4.158 per row
        """
        return "\n".join([self._known_mixture().summary(), *self._fit_in_words()])

    def _fit_in_words(self) -> list[str]:
        """Give lines on how it was fitted."""
        return []

    def sample(self, n_samples: int = 1) -> tuple[Array, Array]:
        """Draw rows from the fitted mixture, with the estimator's `random_state`.

        Parameters
        ----------
        n_samples : int

        Returns
        -------
        X : ndarray or tensor of shape (n_samples, n_features)
            In float64; a tensor after a fit of tensors, on their device.
        labels : ndarray or tensor of int of shape (n_samples,)
        """
        rows, labels = self._known_mixture().sample(n_samples, check_random_state(self.random_state))
        return (rows, labels) if self._like is None else sampled_like(rows, labels, self._like)

    @property
    def _like(self) -> Array | None:
        """An array of the library and on the device that samples are given in; None for NumPy's."""
        return None

    @property
    def _n_features_out(self) -> int:
        return self.mixture_.n_components

    def _source(
        self, X: Any, sample_weight: npt.ArrayLike | None = None, *, reset: bool = False, n_features: int | None = None
    ) -> Source:
        """Open rows, checked."""
        gaps = self.missing == "em"
        return source_of(X, sample_weight, estimator=self, reset=reset, n_features=n_features, gaps=gaps)

    def _folding(self, source: Source) -> AbstractContextManager[Fold]:
        """Give the fold over a source; data that are not in memory are checked by a first walk over them."""
        return folding(source, self.engine, self.n_jobs, self.executor, gaps=self.missing == "em")

    def _log_likelihood(
        self, X: Any, sample_weight: npt.ArrayLike | None, jitter: FloatArray | None = None
    ) -> tuple[float, float]:
        """Give the summed log density, of rows spread around where they are if there is jitter, and the weight."""
        potentials = self._jittered(jitter)
        with self._folding(self._source(X, self._counted(sample_weight), n_features=potentials.n_features)) as fold:
            return fold.log_likelihood(potentials)

    def _jittered(self, jitter: FloatArray | None) -> Potentials:
        potentials = self._potentials_for("log_density")
        return potentials if jitter is None else potentials.jittered(jitter)

    def _counted(self, sample_weight: npt.ArrayLike | None) -> npt.ArrayLike | None:
        """Give the weights that criteria count rows by."""
        return sample_weight

    def _known_mixture(self) -> Mixture:
        """Give the fitted mixture, or say by scikit-learn's error that there is none yet."""
        if (mixture := getattr(self, "mixture_", None)) is None:
            check_is_fitted(self, "mixture_")
        return cast("Mixture", mixture)

    def _potentials_for(self, question: str) -> Potentials:  # noqa: ARG002  (subclasses look at it)
        """Give what answers one of a fold's questions."""
        return self._known_mixture().potentials

    def _map(self, X: Any, question: str) -> Array:
        """Ask one of a fold's questions about each row: of collections where they lie, when somebody looks."""
        potentials = self._potentials_for(question)
        if is_ready(X, self, potentials.n_features):
            return getattr(engine_for(X, self.engine), question)(X, potentials)
        about = Question(potentials, question, self.engine, self.missing == "em")
        answers = mapped(X, known_names(self), about.answer, potentials.n_features)
        return self._map_here(X, question) if answers is None else answers

    def _map_here(self, X: Any, question: str) -> Array:
        """Ask the fold over `X` one of its questions about each row, and bring the answers here."""
        potentials = self._potentials_for(question)
        source = self._source(X, n_features=potentials.n_features)
        if source.n_rows <= CHUNK_ROWS and source.is_in_memory and source.known.is_finite:
            return getattr(engine_for(source.first, self.engine), question)(in_memory(source).values, potentials)
        with self._folding(source) as fold:
            return getattr(fold, question)(potentials)
