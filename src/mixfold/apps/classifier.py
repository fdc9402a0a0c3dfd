"""`MixtureClassifier`: one mixture for each class, and Bayes' rule."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp
from sklearn.utils import assert_all_finite, check_random_state, column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from mixfold.apps.abstract import Density
from mixfold.apps.number_of_components import n_different
from mixfold.covariance import CovarianceFamily, family_for
from mixfold.errors import InputError
from mixfold.estimators import GaussianMixture
from mixfold.estimators.callbacks import fit_context
from mixfold.estimators.scikit_learn import ClassifierMixin
from mixfold.mixtures import Mixture
from mixfold.parameters import normalized_weights
from mixfold.typing import Array, FloatArray
from mixfold.validation import array_of_shape, on_host, weights_of


class MixtureClassifier(ClassifierMixin, Density):
    """Classify rows by the class whose mixture, times its prior, is densest there (mixture discriminant analysis).

    Parameters
    ----------
    n_components : int or None, default=None
        Components of each class; None chooses their number for each class by the BIC.
    covariance_type : str or CovarianceFamily, default='full'
        What the covariances of a class may look like, as in `GaussianMixture`. One full component a class is quadratic
        discriminant analysis, one diagonal component Gaussian naive Bayes.
    priors : array-like of shape (n_classes,), 'balanced' or None, default=None
        How probable each class is, in the order of `classes_`; 'balanced' is equally, None as frequent as in training.
    max_components : int, default=10
        The most components that are tried where their number is not given.
    n_init : int, default=3
        Number of starts of each fit, of which the best is kept.
    reg_covar : float or 'auto', default='auto'
        As in `GaussianMixture`.
    random_state : int, RandomState or None, default=None
        Decides on the starts.
    n_jobs : int, optional
        Number of threads.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    mixtures_ : list of Mixture
        The density of each class.
    priors_ : ndarray of shape (n_classes,)
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features,)
        Only if `X` had column names.

    Notes
    -----
    A class with too few different rows for a covariance of its own gets that of all rows around the means of their
    classes, as in linear discriminant analysis.

    References
    ----------
    Hastie & Tibshirani (1996), Discriminant analysis by Gaussian mixtures. Fraley & Raftery (2002), section 4.3, with
    the number of components of each class by the BIC.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from mixfold import MixtureClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = MixtureClassifier(random_state=0).fit(X[::2], y[::2])
    >>> classifier.predict(X[1::50])
    array([0, 1, 2])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **Density._parameter_constraints,  # noqa: SLF001  (its own kind)
        "priors": ["array-like", StrOptions({"balanced"}), None],
    }

    classes_: npt.NDArray[Any]
    mixtures_: list[Mixture]
    priors_: FloatArray

    def __init__(
        self,
        n_components: int | None = None,
        *,
        covariance_type: str | CovarianceFamily = "full",
        priors: npt.ArrayLike | str | None = None,
        max_components: int = 10,
        n_init: int = 3,
        reg_covar: float | str = "auto",
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(
            n_components,
            covariance_type=covariance_type,
            max_components=max_components,
            n_init=n_init,
            reg_covar=reg_covar,
            random_state=random_state,
            n_jobs=n_jobs,
        )
        self.priors = priors

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Learn the density of each class.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Class of each row; every class needs `n_components` rows of positive weight.
        sample_weight : array-like of shape (n_samples,), optional
            A row of weight 2 counts as two rows, one of weight 0 as none.

        Returns
        -------
        self : MixtureClassifier

        Raises
        ------
        ValueError
            If `X`, `y`, `sample_weight` or `priors` cannot be used, before any work.
        """
        if y is None:
            message = f"{type(self).__name__} requires y to be passed, but the target y is None."
            raise InputError(message)
        rows = self._rows(X, reset=True)
        labels = column_or_1d(on_host(y), warn=True)
        assert_all_finite(labels, input_name="y")
        check_consistent_length(rows, labels)
        check_classification_targets(labels)
        weights = weights_of(sample_weight, rows)
        if weights is not None:
            rows, labels, weights = rows[weights > 0.0], labels[weights > 0.0], weights[weights > 0.0]
        self.classes_, codes = np.unique(labels, return_inverse=True)
        _refuse_small_classes(self.classes_, np.bincount(codes), self.n_components or 1)
        self.priors_ = self._priors_of(np.bincount(codes, weights).astype(np.float64))
        random = check_random_state(self.random_state)
        self.mixtures_ = []
        for code in range(len(self.classes_)):
            here = codes == code
            density = self._density(rows[here], None if weights is None else weights[here], random)
            self.mixtures_.append(density or self._alike(code, rows, codes, weights))
        return self

    def predict(self, X: Any) -> Array:
        """Give the most probable class of each row.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Returns
        -------
        classes : ndarray of shape (n_samples,)
        """
        joint = self._joint_log_density(X)
        return self.classes_[np.argmax(joint, axis=1)]

    def predict_proba(self, X: Any) -> FloatArray:
        """Give the probability of each class for each row (Bayes' rule).

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`; rows sum to one.
        """
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X: Any) -> FloatArray:
        """Give the logarithm of `predict_proba`, finite where that underflows.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
        """
        joint = self._joint_log_density(X)
        # Beside the best: where densities are as small as numbers go, the logarithm of their sum is lost in them.
        beside = joint - np.max(joint, axis=1, keepdims=True)
        return beside - logsumexp(beside, axis=1, keepdims=True)

    def score_samples(self, X: Any) -> FloatArray:
        """Give the log density of each row, whatever its class: low where the classifier has seen nothing.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)

        Returns
        -------
        log_density : ndarray of shape (n_samples,)
        """
        return np.asarray(logsumexp(self._joint_log_density(X), axis=1))

    def _joint_log_density(self, X: Any) -> FloatArray:
        """Give log prior plus log density of every class, (n, c)."""
        check_is_fitted(self, "mixtures_")
        rows = self._rows(X)
        with np.errstate(divide="ignore"):  # a class of prior zero is never predicted
            log_priors = np.log(self.priors_)
        return np.column_stack([mixture.log_density(rows) for mixture in self.mixtures_]) + log_priors

    def _density(self, rows: FloatArray, weights: FloatArray | None, random: np.random.RandomState) -> Mixture | None:
        """Give the mixture of a class, or None where its rows are too few for a covariance of its own."""
        needed = max(2, family_for(self.covariance_type).rows_needed(rows.shape[1]))
        if self.n_components in {None, 1} and n_different(rows, weights) < needed:
            return None
        return self._mixture(rows, random, feature_names=self._names(), sample_weight=weights)

    def _alike(self, code: int, rows: FloatArray, codes: npt.NDArray[np.intp], weights: FloatArray | None) -> Mixture:
        """Give one component at the mean of a class, with the covariance that rows have around the means of theirs."""
        means = np.array([_mean_of(rows, codes == other, weights) for other in range(len(self.classes_))])
        around = GaussianMixture(1, covariance_type=self.covariance_type, reg_covar=self.reg_covar).fit(
            rows - means[codes], sample_weight=weights
        )
        return Mixture([1.0], means[[code]], around.covariances_, self.covariance_type, self._names())

    def _priors_of(self, counts: FloatArray) -> FloatArray:
        n_classes = len(counts)
        if self.priors is None:
            return counts / np.sum(counts)
        if isinstance(self.priors, str):
            return np.full(n_classes, 1.0 / n_classes)
        return normalized_weights(array_of_shape(self.priors, (n_classes,), "priors", "(n_classes,)"), "priors")


def _mean_of(rows: FloatArray, here: npt.NDArray[np.bool_], weights: FloatArray | None) -> FloatArray:
    """Give the mean of some rows: of the values that they have, or that all rows have where they have none."""
    there = ~np.isnan(rows)
    counted = there * (1.0 if weights is None else weights[:, None])
    counted = np.where(np.any(counted[here] > 0.0, axis=0), counted * here[:, None], counted)
    return np.asarray(np.sum(counted * np.where(there, rows, 0.0), axis=0) / np.sum(counted, axis=0))


def _refuse_small_classes(classes: npt.NDArray[Any], counts: npt.NDArray[Any], needed: int) -> None:
    smallest = int(np.argmin(counts))
    if counts[smallest] < needed:
        message = (
            f"Every class must have at least {needed} rows of positive weight, but class {classes[smallest]!r} has "
            f"{counts[smallest]}. Leave the class out, or ask for fewer components."
        )
        raise InputError(message)
