"""What a fit leaves behind: attributes that a caller may replace, and the mixture that follows them."""

from __future__ import annotations

import numpy as np

from mixfold.covariance import CovarianceFamily, Prior, family_for
from mixfold.engines import to_numpy
from mixfold.estimators.abstract import MixtureEstimator, exported
from mixfold.fitting import Stream
from mixfold.mixture import Mixture
from mixfold.parameters import Parameters
from mixfold.typing import Array

MIXTURE_ATTRIBUTES = ("weights_", "means_", "covariances_", "precisions_cholesky_")
"""The fitted attributes that a caller may replace or change; `mixture_` follows them."""


class PublishingEstimator(MixtureEstimator):
    """A `MixtureEstimator` with scikit-learn's fitted attributes of a mixture.

    Subclasses have the parameter `covariance_type`.
    """

    covariance_type: str | CovarianceFamily
    weights_: Array
    means_: Array
    covariances_: Array
    precisions_: Array
    precisions_cholesky_: Array

    # The sums of the rows that these parameters were learned from, and their prior; None of parameters set by hand.
    _stream: tuple[Stream, Prior] | None = None
    # The values of the fitted attributes, and the mixture that they were taken from.
    _fitted: tuple[dict[str, bytes], Mixture | None] = ({}, None)

    @property
    def mixture_(self) -> Mixture:
        """The fitted mixture; made anew if the fitted attributes were replaced."""
        if "weights_" not in vars(self):
            message = f"This {type(self).__name__} is not fitted yet, so it has no `mixture_`. Call `fit` first."
            raise AttributeError(message)
        now = self._attribute_bytes()
        then, mixture = self._fitted
        if mixture is None or now != then:
            family = family_for(self.covariance_type)
            changed = {name for name in MIXTURE_ATTRIBUTES if now.get(name) != then.get(name)}
            # As in scikit-learn, densities are those of `precisions_cholesky_` wherever it was set.
            if "precisions_cholesky_" in now and "precisions_cholesky_" in changed:
                covariances = family.from_precisions_cholesky(to_numpy(self.precisions_cholesky_))
            elif mixture is None or "covariances_" in changed:
                covariances = to_numpy(self.covariances_)
            else:
                covariances = mixture.covariances
            names = getattr(self, "feature_names_in_", None)
            mixture = Mixture(to_numpy(self.weights_), to_numpy(self.means_), covariances, family.name, names)
            self._fitted = (now, mixture)
            self._stream = None
        return mixture

    def _attribute_bytes(self) -> dict[str, bytes]:
        """Give the values of the fitted attributes in a form that is quick to compare."""
        attributes = vars(self)
        return {
            name: (value if isinstance(value := attributes[name], np.ndarray) else to_numpy(value)).tobytes()
            for name in MIXTURE_ATTRIBUTES
            if name in attributes
        }

    def _publish(self, parameters: Parameters, family: CovarianceFamily, like: Array) -> Mixture:
        """Set the attributes that describe the mixture, in the library, dtype and device of `like`."""
        mixture = Mixture.from_parameters(parameters, family, getattr(self, "feature_names_in_", None))
        whitener = mixture.potentials.whitener
        self.weights_ = exported(mixture.weights, like)
        self.means_ = exported(mixture.means, like)
        self.covariances_ = exported(mixture.covariances, like)
        self.precisions_ = exported(family.precisions(whitener), like)
        self.precisions_cholesky_ = exported(family.precisions_cholesky(whitener), like)
        self._fitted = (self._attribute_bytes(), mixture)
        self._stream = None
        return mixture
