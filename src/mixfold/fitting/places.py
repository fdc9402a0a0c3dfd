"""Where EM steps may begin: at parameters, at rows that are shared out, or elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mixfold.covariance import CovarianceFamily
from mixfold.engines import Beginning, EMLoop
from mixfold.models import Model, Point, Problem
from mixfold.parameters import Parameters
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray


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
    >>> from mixfold.fitting.places import Elsewhere
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


Place: TypeAlias = Point | Parameters | SufficientStatistics | Elsewhere
"""Where steps may begin; statistics are those of rows that are shared out, for an M step."""


Kind: TypeAlias = Structure | type[SufficientStatistics | EMLoop] | None
"""The structure of another family's covariances, rows that are shared out, where a loop ended, or what is of the
problem's family."""


def beginning_of(start: Place) -> Beginning:
    """Give what a loop of an engine begins at.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting.places import beginning_of
    >>> from mixfold.parameters import Parameters
    >>> len(beginning_of(Parameters(np.ones(1), np.zeros((1, 2)), np.eye(2)[None])))
    3
    """
    if isinstance(start, SufficientStatistics):
        return start
    if isinstance(start, Point) and isinstance(start.evaluation, EMLoop):
        return start.evaluation
    parameters = start if isinstance(start, Parameters) else start.parameters
    return parameters.weights, parameters.means, parameters.covariances


def centers_of(start: Place) -> FloatArray:
    """Give the centers of the components, (K, D).

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting.places import centers_of
    >>> from mixfold.parameters import Parameters
    >>> centers_of(Parameters(np.ones(1), np.zeros((1, 2)), np.eye(2)[None])).shape
    (1, 2)
    """
    if isinstance(start, SufficientStatistics):
        return start.center
    return start.means if isinstance(start, Parameters) else start.parameters.means


def kind_of(start: Place) -> Kind:
    """Give what loops begin alike at: another family's structure, shared rows, where a loop ended, or nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting.places import kind_of
    >>> from mixfold.parameters import Parameters
    >>> kind_of(Parameters(np.ones(1), np.zeros((1, 2)), np.eye(2)[None])) is None
    True
    """
    if isinstance(start, SufficientStatistics):
        return SufficientStatistics
    if isinstance(start, Point) and isinstance(start.evaluation, EMLoop):
        return EMLoop
    return start.family.structure if isinstance(start, Elsewhere) else None


def point_at(problem: Problem[Model], start: Place) -> Point:
    """Give the point of a problem where steps begin.

    Raises
    ------
    CollapseError
        If a component has no density.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting.places import point_at
    >>> from mixfold.fold import Fold
    >>> from mixfold.initialization import GivenMeans
    >>> from mixfold.models import Penalized, Problem
    >>> fold, family = Fold.of_rows(np.array([[0.0], [2.0], [7.0], [9.0]])), family_for("full")
    >>> shared_out = GivenMeans(np.array([[0.0], [9.0]]))(fold, 2, family.structure, np.random.RandomState(0))
    >>> point_at(Problem(fold, Penalized(family, Prior.from_ridge(1e-6))), shared_out).parameters.means.ravel()
    array([1., 8.])
    """
    if isinstance(start, Point):
        return start
    if isinstance(start, SufficientStatistics):
        start = problem.model.maximize(start)
    return Point.at(problem, start.under(problem) if isinstance(start, Elsewhere) else start)
