"""`MixtureOutlierDetector`: rows where a mixture of normal data is thin, and why."""

from __future__ import annotations

import os
from copy import copy
from functools import partial
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from mixfold.apps.abstract import Density
from mixfold.apps.calibration import n_allowed, p_values_of, rate_bound, refuse_too_few
from mixfold.apps.explanation import Explanation, explain
from mixfold.covariance import CovarianceFamily
from mixfold.errors import InputError, MixfoldError, ModelFileError
from mixfold.estimators.callbacks import fit_context, observer_of
from mixfold.estimators.missing import filled
from mixfold.estimators.scikit_learn import OutlierMixin
from mixfold.fitting import Callback
from mixfold.formats import DAMAGE, Document, read_document, write_document
from mixfold.mixtures import Mixture
from mixfold.typing import FloatArray, IntArray

KIND, VERSION = "detector of outliers", 1


class MixtureOutlierDetector(OutlierMixin, Density):
    """Flag rows of low density under a Gaussian mixture, at a percentile or at a guaranteed false-positive rate.

    Parameters
    ----------
    n_components : int or None, default=None
        Number of components; None chooses it by the BIC.
    covariance_type : str or CovarianceFamily, default='full'
        As in `GaussianMixture`.
    contamination : float in (0, 0.5], default=0.05
        Without `alpha`: the share of the training rows that is flagged.
    alpha : float in (0, 1), optional
        The false-positive rate to guarantee. Part of the rows is then held out for calibration.
    calibration_size : float in (0, 1), default=0.5
        With `alpha`: the share of the rows that is held out. The smallest alpha that n held-out rows can guarantee
        is ``1 / (n + 1)``.
    max_components : int, default=10
        The most components that are tried where their number is not given.
    n_init : int, default=3
        Number of starts of each fit, of which the best is kept.
    reg_covar : float or 'auto', default='auto'
        As in `GaussianMixture`.
    random_state : int, RandomState or None, default=None
        Decides on the held-out rows and the starts.
    n_jobs : int, optional
        Number of threads.
    callback : callable, optional
        Called with an `Iteration` after each iteration of EM, as in `GaussianMixture`.

    Attributes
    ----------
    mixture_ : Mixture
        The density of normal rows.
    offset_ : float
        The log density below which a row is flagged.
    calibration_scores_ : ndarray of shape (n_calibration,), or None
        With `alpha`: the log densities of the held-out rows, ascending.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features,)
        Only if `X` had column names.

    Notes
    -----
    With `alpha` this is split-conformal testing (Vovk et al. 2005; Laxhammar & Falkman 2015; Bates et al. 2023). The
    p-value of a row with log density s is ``(1 + #{held-out scores <= s}) / (n + 1)``, and it is flagged if that is at
    most alpha. *If the rows of the fit and the new row are exchangeable* (drawn independently from one distribution,
    say), the probability that the new row is flagged is at most alpha, whatever the distribution and however badly the
    mixture fits it. The guarantee is marginal: an average over held-out sets and new rows. For the one held-out set
    that a fit has, the rate follows a beta distribution with that mean (Vovk 2012); `false_positive_bound` gives its
    quantiles. It is no statement about single rows or subgroups, nor about how many of the flagged rows are normal.

    Rows of the fit itself are not new: held-out ones get a p-value that is too large by at most ``1 / (n + 1)``, and
    those that the mixture learned from lie where it is dense, so that fewer of them are flagged.

    References
    ----------
    Vovk, Gammerman & Shafer (2005), Algorithmic learning in a random world. Vovk (2012), Conditional validity of
    inductive conformal predictors. Laxhammar & Falkman (2015), Inductive conformal anomaly detection. Bates, Candes,
    Lei, Romano & Sesia (2023), Testing for outliers with conformal p-values.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import MixtureOutlierDetector
    >>> normal = np.random.default_rng(0).normal(size=(400, 2))
    >>> detector = MixtureOutlierDetector(alpha=0.01, random_state=0).fit(normal)
    >>> detector.predict([[0.0, 0.0], [0.0, 9.0]])
    array([ 1, -1])
    >>> detector.explain([[0.0, 9.0]]).feature
    array([1])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **Density._parameter_constraints,  # noqa: SLF001  (its own kind)
        "contamination": [Interval(Real, 0.0, 0.5, closed="right")],
        "alpha": [Interval(Real, 0.0, 1.0, closed="neither"), None],
        "calibration_size": [Interval(Real, 0.0, 1.0, closed="neither")],
        "callback": [callable, None],
    }

    mixture_: Mixture
    offset_: float
    calibration_scores_: FloatArray | None

    def __init__(
        self,
        n_components: int | None = None,
        *,
        covariance_type: str | CovarianceFamily = "full",
        contamination: float = 0.05,
        alpha: float | None = None,
        calibration_size: float = 0.5,
        max_components: int = 10,
        n_init: int = 3,
        reg_covar: float | str = "auto",
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        callback: Callback | None = None,
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
        self.contamination = contamination
        self.alpha = alpha
        self.calibration_size = calibration_size
        self.callback = callback

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: None = None) -> Self:
        """Learn what is normal.

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_samples, n_features)
            Real numbers, NaN where one is missing, none infinite; with `alpha` all of them normal.
        y : ignored

        Returns
        -------
        self : MixtureOutlierDetector

        Raises
        ------
        ValueError
            If `X` cannot be used, or has too few rows for `alpha`, before any work.
        """
        del y
        rows = self._rows(X, reset=True)
        random = check_random_state(self.random_state)
        learn = partial(self._mixture, random=random, feature_names=self._names(), callback=observer_of(self))
        if self.alpha is None:
            self.mixture_, self.calibration_scores_ = learn(rows), None
            self.offset_ = float(np.percentile(self.mixture_.log_density(rows), 100.0 * self.contamination))
            return self
        n_held_out = round(self.calibration_size * len(rows))
        refuse_too_few(self.alpha, n_held_out, len(rows), self.calibration_size)
        order = random.permutation(len(rows))
        self.mixture_ = learn(rows[np.sort(order[n_held_out:])])
        self.calibration_scores_ = np.sort(self.mixture_.log_density(rows[order[:n_held_out]]))
        self.offset_ = float(self.calibration_scores_[n_allowed(self.alpha, n_held_out) - 1])
        return self

    def score_samples(self, X: Any) -> FloatArray:
        """Give the log density of each row, in nats; the lower, the more unusual.

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_samples, n_features)

        Returns
        -------
        scores : ndarray of shape (n_samples,)
        """
        check_is_fitted(self, "mixture_")
        return np.asarray(self.mixture_.log_density(self._rows(X)))

    def decision_function(self, X: Any) -> FloatArray:
        """Give the log density above `offset_`: negative for flagged rows.

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_samples, n_features)

        Returns
        -------
        scores : ndarray of shape (n_samples,)
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> IntArray:
        """Give -1 for each flagged row, and 1 for the others.

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_samples, n_features)

        Returns
        -------
        labels : ndarray of shape (n_samples,)
        """
        return np.where(self.decision_function(X) < 0.0, -1, 1)

    def p_values(self, X: Any) -> FloatArray:
        """Give each row the conformal p-value of its being normal: at most u with probability at most u, if it is.

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_samples, n_features)

        Returns
        -------
        p_values : ndarray of shape (n_samples,)
            From 1 / (n_calibration + 1) to 1. Rows with ``p_values(X) <= alpha`` are those that `predict` flags.

        Raises
        ------
        InputError
            If the detector was fitted without `alpha`.
        """
        scores = self.score_samples(X)
        return p_values_of(scores, self._calibration()[1])

    def false_positive_bound(self, confidence: float = 0.95) -> float:
        """Give a bound on the share of normal rows that *this* detector flags, which holds with some confidence.

        The rate, given the held-out rows, is Beta(m, n + 1 - m) with m = floor(alpha (n + 1)) if no scores are tied
        (Vovk 2012, proposition 2), and smaller than such a variable if some are.

        Parameters
        ----------
        confidence : float
            The probability, over held-out sets, that the bound holds.

        Returns
        -------
        bound : float

        Raises
        ------
        InputError
            If the detector was fitted without `alpha`.
        """
        check_is_fitted(self, "mixture_")
        alpha, scores = self._calibration()
        return rate_bound(alpha, len(scores), confidence)

    def at(self, alpha: float) -> Self:
        """Give a detector of the same mixture and held-out rows with another false-positive rate.

        Parameters
        ----------
        alpha : float in (0, 1)

        Returns
        -------
        detector : MixtureOutlierDetector

        Raises
        ------
        InputError
            If the held-out rows are too few for it, or there are none.
        """
        check_is_fitted(self, "mixture_")
        _, scores = self._calibration()
        if n_allowed(alpha, len(scores)) < 1 or not alpha < 1.0:
            message = (
                f"`alpha` must be less than 1 and at least 1 / (n + 1) = {1.0 / (len(scores) + 1):.3g} with the "
                f"n = {len(scores)} held-out rows of this detector, got {alpha:g}. Fit it with more rows."
            )
            raise InputError(message)
        other = copy(self)
        other.alpha, other.offset_ = alpha, float(scores[n_allowed(alpha, len(scores)) - 1])
        return other

    def explain(self, X: Any) -> Explanation:
        """Say for each row which component is nearest, and which features move the row away from it.

        Values that are missing are taken to be what is expected of them given the others.

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_samples, n_features)

        Returns
        -------
        explanation : Explanation
        """
        check_is_fitted(self, "mixture_")
        return explain(self.mixture_, filled(self._rows(X), self.mixture_.potentials))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted detector to a .safetensors or .json file, which appears whole or not at all."""
        check_is_fitted(self, "mixture_")
        stored = self.mixture_.to_document({})
        arrays = dict(stored.arrays)
        if self.calibration_scores_ is not None:
            arrays["calibration_scores"] = self.calibration_scores_
        settings = {"alpha": self.alpha, "contamination": self.contamination, "offset": self.offset_}
        write_document(path, Document(KIND, VERSION, {**stored.fields, **settings}, arrays))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a detector that `save` wrote; nothing in the file is ever executed.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ModelFileError
            If it is truncated, corrupted, of another kind or written by a newer version.
        """
        document = read_document(path, KIND, VERSION)
        mixture = Mixture.from_document(document, path)
        try:
            fields, scores = document.fields, document.arrays.get("calibration_scores")
            detector = cls(mixture.n_components, covariance_type=mixture.covariance_type, alpha=fields["alpha"])
            detector.contamination = float(fields["contamination"])
            detector.offset_ = float(fields["offset"])
            if (detector.alpha is None) != (scores is None):
                raise InputError("alpha and calibration scores must come together")  # noqa: TRY003
        except (*DAMAGE, MixfoldError) as error:
            message = (
                f"{path} must describe a detector of outliers, but its content is not one: {error}. Save it again."
            )
            raise ModelFileError(message) from error
        detector.mixture_, detector.calibration_scores_ = mixture, scores
        detector.n_features_in_ = mixture.n_features
        if mixture.feature_names is not None:
            detector.feature_names_in_ = np.array(mixture.feature_names, dtype=object)
        return detector

    def _calibration(self) -> tuple[float, FloatArray]:
        if self.alpha is None or self.calibration_scores_ is None:
            message = "p-values need held-out rows, but the detector was fitted without `alpha`. Fit it with `alpha`."
            raise InputError(message)
        return self.alpha, self.calibration_scores_
