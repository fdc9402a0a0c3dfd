"""`Start`: where EM may begin, under a name."""

from __future__ import annotations

from dataclasses import dataclass

from mixfold.covariance import CovarianceFamily
from mixfold.fitting import Elsewhere
from mixfold.fitting.places import Place
from mixfold.models import PenalizedProblem
from mixfold.parameters import Parameters
from mixfold.statistics import SufficientStatistics


@dataclass(frozen=True, slots=True)
class Start:
    """Where EM may begin: components of any family, or rows that are shared out for an M step.

    Attributes
    ----------
    name : str
    components : Parameters or SufficientStatistics
    family : CovarianceFamily
        That of the components, or for whose M step rows are shared out.
    index : int
        Of the start, for the records.
    """

    name: str
    components: Parameters | SufficientStatistics
    family: CovarianceFamily
    index: int = 0

    def under(self, problem: PenalizedProblem) -> Place:
        """Give where EM on a problem begins: there, or elsewhere if the problem has another family."""
        if isinstance(self.components, SufficientStatistics) or self.family == problem.model.family:
            return self.components
        return Elsewhere(self.components, self.family)
