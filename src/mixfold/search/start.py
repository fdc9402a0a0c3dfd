"""`Start`: where EM may begin, under a name."""

from __future__ import annotations

from dataclasses import dataclass

from mixfold.covariance import CovarianceFamily
from mixfold.errors import CollapseError
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

    def under(self, problem: PenalizedProblem) -> Parameters | CollapseError:
        """Give it in a problem's family: rows are shared out between its components, for the M step of another one.

        Returns
        -------
        parameters : Parameters or CollapseError
            The error where a component has no density.
        """
        if self.family == problem.model.family:
            return self.components
        try:
            statistics = problem.fold.statistics(self.components.potentials(self.family), problem.model.structure)
            return problem.model.maximize(statistics)
        except CollapseError as error:
            return error
