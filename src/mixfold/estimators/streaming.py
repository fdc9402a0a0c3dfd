"""Learning from rows that come batch by batch, and from models that saw different shards."""

from __future__ import annotations

from typing import Any, Self

import numpy.typing as npt
from sklearn.base import clone

from mixfold.covariance import CovarianceFamily, Prior, family_for, is_family
from mixfold.errors import InputError
from mixfold.estimators.publishing import PublishingEstimator
from mixfold.fitting import Stream, matched, merged
from mixfold.mixture import Mixture
from mixfold.parameters import Parameters
from mixfold.validation import name_features


class StreamingEstimator(PublishingEstimator):
    """A `PublishingEstimator` that remembers the sums of the rows it has seen.

    Subclasses set `_stream` when they fit, and have the parameters `step_exponent` and `forgetting` too.
    """

    step_exponent: float
    forgetting: float

    def partial_fit(self, X: Any, y: None = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Learn from one more batch of a stream; the first is fitted as by `fit`.

        The statistics of the past are moved towards those of the batch by a step that shrinks as
        ``(batches)^-step_exponent`` but never below ``1 - forgetting`` (Cappe & Moulines 2009, eq. 14).

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
            return self.fit(X, sample_weight=sample_weight)
        mixture, (stream, prior) = self._remembered("`partial_fit`")
        source = self._source(X, sample_weight, n_features=mixture.n_features)
        with self._folding(source) as fold:
            batch = fold.statistics(mixture.potentials.jittered(prior.jitter), mixture.family.structure)
        stream = stream.followed_by(batch, self.step_exponent, self.forgetting)
        parameters = Parameters.maximize(stream.statistics, mixture.family, prior, mixture.parameters)
        self._publish(parameters, mixture.family, source.first)
        self._stream = stream, prior
        return self

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
        name_features(model, mixture.n_features, getattr(self, "feature_names_in_", None))
        parameters = Parameters.maximize(statistics, mixture.family, prior, mixture.parameters)
        model._publish(parameters, mixture.family, self.means_)  # noqa: SLF001  (of its own class)
        model._jitter = prior.jitter  # noqa: SLF001  (of its own class)
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
