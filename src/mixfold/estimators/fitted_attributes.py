"""What a fit leaves behind: attributes that a caller may replace, and the mixture that follows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from mixfold.covariance import CovarianceFamily, Prior, family_for
from mixfold.engines import to_numpy
from mixfold.estimators.exported import exported
from mixfold.estimators.mixins import BesideFiles
from mixfold.estimators.pickling import PLAIN, plain_state, precisions_of, with_objects
from mixfold.estimators.rows import known_names
from mixfold.estimators.saving import Arrays, Fields, stream_of, stream_saved
from mixfold.estimators.watched import SEEN, WatchedArray, changed, unseen
from mixfold.fitting import Iteration, Outcome, Stream
from mixfold.mixtures import Mixture
from mixfold.parameters import Parameters
from mixfold.typing import Array, FloatArray

WATCHED = {"weights_", "means_", "covariances_", "precisions_cholesky_"}
"""The fitted attributes that a caller may replace or change; `mixture_` follows them."""
NUMBERS = ("lower_bound_", "objective_", "share_skipped_")
"""Of what a fit found, what a file has as it is."""


class FittedAttributes(BesideFiles):
    """Scikit-learn's fitted attributes of a mixture.

    Classes have the parameter `covariance_type`.
    """

    covariance_type: str | CovarianceFamily
    weights_ = WatchedArray()
    means_ = WatchedArray()
    covariances_ = WatchedArray()
    precisions_: Array
    precisions_cholesky_ = WatchedArray()
    outcome_: Outcome
    history_: tuple[Iteration, ...]
    converged_: bool
    n_iter_: int
    lower_bound_: float
    lower_bounds_: list[float]
    objective_: float
    share_skipped_: float
    warnings_: tuple[str, ...]

    # The sums of the rows that these parameters were learned from, and their prior; None of parameters set by hand.
    _stream: tuple[Stream, Prior] | None = None
    # The mixture that the fitted attributes were when they were last looked at.
    _mixture: Mixture | None = None

    @property
    def mixture_(self) -> Mixture:
        """The fitted mixture; made anew if the fitted attributes were replaced."""
        if "weights_" not in vars(self):
            message = f"This {type(self).__name__} is not fitted yet, so it has no `mixture_`. Call `fit` first."
            raise AttributeError(message)
        mixture, others = self._mixture, changed(self)
        if mixture is not None and not others:
            return mixture
        family = family_for(self.covariance_type)
        # As in scikit-learn, densities are those of `precisions_cholesky_` wherever it was set.
        if "precisions_cholesky_" in vars(self) and (mixture is None or "precisions_cholesky_" in others):
            covariances = family.from_precisions_cholesky(to_numpy(self.precisions_cholesky_))
        elif mixture is None or "covariances_" in others:
            covariances = to_numpy(self.covariances_)
        else:
            covariances = mixture.covariances
        names, family = known_names(self), family.holding(covariances)
        mixture = Mixture(to_numpy(self.weights_), to_numpy(self.means_), covariances, family, names)
        self._settle(mixture)
        return mixture

    def _settle(self, mixture: Mixture) -> None:
        """Take a mixture for what the fitted attributes are now."""
        self._mixture, self._stream = mixture, None
        unseen(self)

    def __getstate__(self) -> dict[str, Any]:
        """Give what a pickle holds."""
        known = hasattr(self, "mixture_")  # attributes that were set by hand are taken up
        state = super().__getstate__()
        return plain_state(state, self.mixture_) if known else state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take up what a pickle held."""
        if PLAIN not in state:
            super().__setstate__(state)
            return
        state, mixture = with_objects(state, family_for(state["covariance_type"]))
        super().__setstate__(state)
        self._mixture = mixture

    def __copy__(self) -> Self:
        """Copy the estimator, which shares its arrays: two have hold of each of them from now on."""
        for name in WATCHED & vars(self).keys():
            getattr(self, name)
        copied = super().__copy__()
        if SEEN in vars(self):
            vars(copied)[SEEN] = dict(vars(self)[SEEN])
        return copied

    @property
    def _like(self) -> Array:
        return vars(self)["means_"]  # which nobody gets hold of

    def _publish(self, parameters: Parameters, family: CovarianceFamily, like: Array) -> Mixture:
        """Set the attributes that describe the mixture, in the library, dtype and device of `like`."""
        mixture = Mixture.from_parameters(parameters, family, known_names(self))
        arrays = {"weights_": mixture.weights, "means_": mixture.means, "covariances_": mixture.covariances}
        vars(self).update({name: exported(array, like) for name, array in arrays.items()})
        vars(self).update(precisions_of(mixture, like))
        vars(self).pop(SEEN, None)
        self._settle(mixture)
        return mixture

    def _fit_in_words(self) -> list[str]:
        if "outcome_" not in vars(self):
            return []
        ended = f"{self.outcome_} after {self.n_iter_} iteration{'s' * (self.n_iter_ != 1)}"
        return [f"{type(self).__name__}: {ended}, log-likelihood {self.lower_bound_:.3f} per row", *self.warnings_]

    @classmethod
    def _about(cls, mixture: Mixture) -> Fields:
        parameters = {"n_components": mixture.n_components, "covariance_type": mixture.covariance_type}
        return {"class": cls.__name__, "parameters": parameters, "fit": {"dtype": "float64"}}

    def _saved(self) -> tuple[Fields, Arrays]:
        fit: Fields = {"dtype": str(vars(self)["weights_"].dtype).rpartition(".")[2]}  # of "torch.float32" the word
        arrays: Arrays = {}
        if "outcome_" in vars(self):  # it was fitted, and not merged or made by hand
            fit |= {name: float(vars(self)[name]) for name in NUMBERS}
            fit |= {"outcome_": self.outcome_.name, "n_iter_": int(self.n_iter_), "warnings_": list(self.warnings_)}
            arrays["lower_bounds"] = np.array(self.lower_bounds_, dtype=np.float64)
        if self._stream is not None:
            fit["stream"], sums = stream_saved(*self._stream)
            arrays |= sums
        return fit, arrays

    def _restore(self, mixture: Mixture, fit: Fields, arrays: Mapping[str, FloatArray]) -> None:
        self._publish(mixture.parameters, mixture.family, np.empty(0, dtype=fit["dtype"]))
        if "outcome_" in fit:
            for name in NUMBERS:
                setattr(self, name, np.float64(fit[name]) if name == "lower_bound_" else float(fit[name]))
            self.outcome_, self.n_iter_ = Outcome[fit["outcome_"]], int(fit["n_iter_"])
            self.converged_, self.warnings_ = self.outcome_ is Outcome.CONVERGED, tuple(fit["warnings_"])
            self.lower_bounds_ = arrays["lower_bounds"].tolist()
        if "stream" in fit:
            self._stream = stream_of(fit["stream"], arrays, mixture)
