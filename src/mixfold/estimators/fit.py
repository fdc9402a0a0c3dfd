"""`Fit`: what a fit found, before an estimator has it for its attributes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mixfold.covariance import CovarianceFamily
from mixfold.estimators.warnings import FitWarning
from mixfold.fitting import Run, Stream
from mixfold.models import Penalized
from mixfold.parameters import Parameters
from mixfold.typing import IntArray


@dataclass(frozen=True, slots=True)
class Fit:
    """What a fit found.

    Attributes
    ----------
    run : Run
        The best.
    parameters : Parameters
    model : Penalized
        What was learned.
    restarts : list of Run
        All of them, the best too.
    said : tuple of (type, str)
        What there is to warn of.
    recent : tuple of float
        The last objectives, by which a fit that goes on knows whether this one had all but converged.
    stream : Stream or None
        The sums of the rows under the parameters.
    n_missing : ndarray of int of shape (n_features,), or None
        How many values were missing of each feature, of rows that are not in memory; None of others.
    n_beside : int
        Free parameters beside those of the mixture; negative where rows did not tell all of these.
    """

    run: Run
    parameters: Parameters
    model: Penalized
    restarts: list[Run]
    said: tuple[FitWarning, ...]
    recent: tuple[float, ...] = ()
    stream: Stream | None = None
    n_missing: IntArray | None = None
    n_beside: int = 0

    def parameters_in(self, family: CovarianceFamily) -> Parameters:
        """Give the parameters in a family of which the model's is one with more factors, or which it is."""
        if self.model.family == family:
            return self.parameters
        nearest = family.nearest(self.parameters.covariances, self.parameters.means.shape[1])
        return replace(self.parameters, covariances=nearest)
