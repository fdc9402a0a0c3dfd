"""`Elsewhere`: where EM may begin that is of another family than what it fits."""

from __future__ import annotations

from dataclasses import dataclass

from mixfold.covariance import CovarianceFamily
from mixfold.models import Model, Problem
from mixfold.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Components of another family than a problem's: rows are shared out between them, for an M step of the problem.

    Attributes
    ----------
    parameters : Parameters
    family : CovarianceFamily
        Theirs.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting.elsewhere import Elsewhere
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import Penalized, Problem
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> spheres = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [9.0]]), np.array([1.0, 1.0]))
    >>> begun = Elsewhere(spheres, family_for("spherical"))
    >>> begun.under(Problem(fold, Penalized(family_for("full"), Prior.from_ridge(1e-6)))).covariances.shape
    (2, 1, 1)
    """

    parameters: Parameters
    family: CovarianceFamily

    def under(self, problem: Problem[Model]) -> Parameters:
        """Give what the M step makes of them.

        Raises
        ------
        CollapseError
            If a component has no density.
        """
        statistics = problem.fold.statistics(self.parameters.potentials(self.family), problem.model.structure)
        return problem.model.maximize(statistics)
