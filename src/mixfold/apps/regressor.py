"""`MixtureRegressor`: targets given features, from one mixture of both."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d

from mixfold.apps.abstract import Density
from mixfold.errors import InputError, ShapeError
from mixfold.estimators.callbacks import fit_context
from mixfold.estimators.missing import given_the_rest
from mixfold.estimators.scikit_learn import MultiOutputMixin, RegressorMixin
from mixfold.fold import has_gaps
from mixfold.mixtures import Mixture, Regressions
from mixfold.mixtures.scoring import fold_over
from mixfold.typing import Array, FloatArray
from mixfold.validation import on_host, weights_of

SMALLEST_VARIANCE = 1e-10
"""Of standardized features along a direction; the default prior alone gives less where there are collinear ones."""


class MixtureRegressor(MultiOutputMixin, RegressorMixin, Density):
    """Regression by a Gaussian mixture of features and targets together (Ghahramani & Jordan 1994).

    Given the features, the targets follow a mixture again: its mean is the prediction, its standard deviation says how
    sure that is, and it may be skewed, have several modes and a spread that depends on the features.

    Parameters
    ----------
    n_components : int or None, default=None
        Number of components; None chooses it by the BIC.
    covariance_type : str or CovarianceFamily, default='full'
        As in `GaussianMixture`, of the joint mixture. 'tied' with one component is linear regression.
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
    mixture_ : Mixture
        Of the features and then the targets.
    n_outputs_ : int
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features,)
        Only if `X` had column names.

    References
    ----------
    Ghahramani & Jordan (1994), Supervised learning from incomplete data via an EM approach. Bishop (2006),
    section 2.3.1.

    Examples
    --------
    >>> from mixfold import MixtureRegressor
    >>> from mixfold.datasets import load_faithful
    >>> X, y = load_faithful().data[:, :1], load_faithful().data[:, 1]
    >>> regressor = MixtureRegressor(2, random_state=0).fit(X, y)
    >>> mean, std = regressor.predict([[2.0]], return_std=True)
    >>> mean.round(1), std.round(1)
    (array([54.3]), array([5.5]))
    """

    mixture_: Mixture
    n_outputs_: int

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Learn the mixture of features and targets.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Predictions have the same number of axes.
        sample_weight : array-like of shape (n_samples,), optional
            A row of weight 2 counts as two rows, one of weight 0 as none.

        Returns
        -------
        self : MixtureRegressor

        Raises
        ------
        ValueError
            If `X`, `y` or `sample_weight` cannot be used, before any work.
        """
        rows = self._rows(X, reset=True)
        targets = _targets_of(y, type(self).__name__)
        check_consistent_length(rows, targets)
        self._is_flat = targets.ndim == 1
        targets = targets.reshape(len(rows), -1)
        self.n_outputs_ = targets.shape[1]
        self.mixture_ = self._mixture(
            np.hstack([rows, targets]),
            check_random_state(self.random_state),
            feature_names=self._names(*(f"target_{t}" for t in range(self.n_outputs_))),
            sample_weight=weights_of(sample_weight, rows),
        )
        self._regressions = Regressions.of(self.mixture_, range(rows.shape[1]), SMALLEST_VARIANCE)
        return self

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Give the expected targets of each row, and on demand their standard deviations.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
        return_std : bool, default=False

        Returns
        -------
        mean : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            E[y | x].
        std : ndarray of the same shape
            Only with `return_std`: that of the predictive distribution, the noise included.
        """
        check_is_fitted(self, "mixture_")
        if has_gaps(rows := self._rows(X)):
            mean, std = self._given_what_is_there(rows)
            return (self._shaped(mean), self._shaped(std)) if return_std else self._shaped(mean)
        shares, expected = self._expectations(rows)
        mean = np.einsum("nk,nkt->nt", shares, expected)
        if not return_std:
            return self._shaped(mean)
        within = shares @ np.einsum("ktt->kt", self._regressions.covariances)
        between = np.einsum("nk,nkt->nt", shares, (expected - mean[:, None, :]) ** 2)
        return self._shaped(mean), self._shaped(np.sqrt(within + between))

    def predict_distribution(self, x: npt.ArrayLike) -> Mixture:
        """Give the predictive distribution of the targets of one row.

        Parameters
        ----------
        x : array-like of shape (n_features,)

        Returns
        -------
        mixture : Mixture
            Of the targets.
        """
        check_is_fitted(self, "mixture_")
        values = np.asarray(x, dtype=np.float64)
        if values.shape != (self.n_features_in_,):
            message = f"`x` must be one row of shape (n_features,) = ({self.n_features_in_},), got {values.shape}."
            raise ShapeError(message)
        return self._regressions.at(values)

    def log_predictive_density(self, X: Any, y: npt.ArrayLike) -> FloatArray:
        """Give the log predictive density of each row's targets, ``log p(y | x)``.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)

        Returns
        -------
        log_density : ndarray of shape (n_samples,)
            In nats.
        """
        check_is_fitted(self, "mixture_")
        shares, expected = self._expectations(self._rows(X, gaps=False))
        targets = _targets_of(y, type(self).__name__)
        check_consistent_length(shares, targets)
        targets = targets.reshape(len(shares), -1)
        if targets.shape[1] != self.n_outputs_:
            message = f"y must have n_outputs = {self.n_outputs_} columns, got {targets.shape[1]}."
            raise ShapeError(message)
        return self._regressions.log_density(shares, expected, targets)

    def log_score(self, X: Any, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> float:
        """Give the mean log predictive density; higher is better (Gneiting & Raftery 2007, section 4.1).

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        log_score : float
            In nats.
        """
        scores = self.log_predictive_density(X, y)
        return float(np.average(scores, weights=weights_of(sample_weight, scores)))

    def _given_what_is_there(self, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give the expected targets (n, t) of rows that lack values, and their standard deviations."""
        joint = np.hstack([rows, np.full((len(rows), self.n_outputs_), np.nan)])
        mean, std = np.empty((2, len(rows), self.n_outputs_))
        fold = fold_over(joint, self.mixture_.n_features, gaps=True)
        for gap in given_the_rest(fold, self.mixture_.potentials):  # the targets are the last of what is missing
            mean[gap.rows], std[gap.rows] = gap.mean[:, -self.n_outputs_ :], gap.deviation[:, -self.n_outputs_ :]
        return mean, std

    def _expectations(self, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give the responsibilities (n, k) and what every component expects (n, k, t)."""
        return self._regressions.known.responsibilities(rows), self._regressions.expected(rows)

    def _shaped(self, values: FloatArray) -> Array:
        return values[:, 0] if self._is_flat else values


def _targets_of(y: Any, estimator: str) -> FloatArray:
    """Give targets as float64 with one or two axes, or refuse them."""
    if y is None:
        message = f"{estimator} requires y to be passed, but the target y is None."
        raise InputError(message)
    checked = check_array(on_host(y), ensure_2d=False, dtype=np.float64, input_name="y")
    return checked if checked.ndim == 2 and checked.shape[1] > 1 else column_or_1d(checked, warn=True)
