"""`Start`: where EM may begin, under a name."""

from __future__ import annotations

from dataclasses import dataclass

from mixfold.covariance import CovarianceFamily
from mixfold.fitting import Elsewhere
from mixfold.models import PenalizedProblem
from mixfold.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Start:
    """Where EM may begin: components of any family.

    Attributes
    ----------
    name : str
    components : Parameters
    family : CovarianceFamily
        That of the components.
    index : int
        Of the start, for the records.
    """

    name: str
    components: Parameters
    family: CovarianceFamily
    index: int = 0

    def under(self, problem: PenalizedProblem) -> Parameters | Elsewhere:
        """Give where EM on a problem begins: there, or elsewhere if the problem has another family."""
        if self.family == problem.model.family:
            return self.components
        return Elsewhere(self.components, self.family)
