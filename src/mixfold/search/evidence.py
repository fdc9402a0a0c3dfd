"""What criteria need to know of a fit, and why a fit may be no answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mixfold.covariance import CovarianceFamily
from mixfold.engines import to_numpy
from mixfold.fitting import Outcome
from mixfold.fold import Fold
from mixfold.models import PenalizedProblem, Point
from mixfold.parameters import n_free_parameters, n_own_parameters
from mixfold.search.criteria import Evidence
from mixfold.typing import FloatArray

ROWS_FOR_A_DIRECTION = 3
"""Of each component, where there are fewer rows than parameters, if it has no fewer numbers of its own."""


def n_parameters_of(problem: PenalizedProblem, point: Point) -> int:
    """Count the free parameters."""
    k, d = point.statistics.center.shape
    return problem.model.n_parameters(k, d)


def features_at_once(family: CovarianceFamily, n_rows: float, n_features: int) -> int:
    """Count the features that rows must be enough for together: one, where no component is told by its directions.

    That is where features are independent within components, and all rows are too few for the directions of one:
    each row tells of every feature by itself.

    Parameters
    ----------
    family : CovarianceFamily
    n_rows : float
    n_features : int

    Examples
    --------
    >>> from mixfold.covariance import family_for
    >>> from mixfold.search.evidence import features_at_once
    >>> [features_at_once(family_for(name), 60, n_features=40) for name in ("full", "tied", "diag", "EII")]
    [40, 40, 1, 1]
    >>> features_at_once(family_for("EII"), 60, n_features=10)
    10
    """
    are_independent = not family.structure.is_matrix and n_rows <= ROWS_FOR_A_DIRECTION * n_features
    return 1 if are_independent else n_features


def has_few_rows(family: CovarianceFamily, n_rows: float, n_fewest: float, n_components: int, n_features: int) -> bool:
    """Whether there are too few rows for so many parameters.

    That there are fewer rows than parameters is no flaw while each component has a few for each direction, or more than
    it has numbers of its own: those of VVE have no axes. Then a component is what its rows say, and what a criterion
    asks for each parameter outweighs what they gain by chance. Where not even all rows are so many, a few are enough
    for features that are independent.

    Parameters
    ----------
    family : CovarianceFamily
    n_rows : float
    n_fewest : float
        Rows of the component that has fewest.
    n_components, n_features : int

    Examples
    --------
    >>> from mixfold.covariance import family_for
    >>> from mixfold.search.evidence import has_few_rows
    >>> has_few_rows(family_for("full"), 32, n_fewest=32, n_components=1, n_features=10)
    False
    >>> has_few_rows(family_for("full"), 60, n_fewest=30, n_components=2, n_features=10)
    True
    >>> has_few_rows(family_for("VVE"), 60, n_fewest=30, n_components=2, n_features=10)  # ten means, ten variances
    False
    >>> has_few_rows(family_for("EII"), 60, n_fewest=20, n_components=3, n_features=40)
    False
    """
    at_once = features_at_once(family, n_rows, n_features)
    enough = min(ROWS_FOR_A_DIRECTION * at_once, n_own_parameters(family, n_features))
    return n_rows <= n_free_parameters(family, n_components, n_features) and n_fewest <= enough


def flaw_of(problem: PenalizedProblem, point: Point) -> Outcome | None:
    """Give why a fit is no answer, if it is none."""
    statistics = point.statistics
    counts, n_features = statistics.count / statistics.row_weight, statistics.center.shape[1]
    if has_few_rows(problem.model.family, statistics.weight, float(np.min(counts)), len(counts), n_features):
        return Outcome.FEW_ROWS
    is_flat = np.any(problem.model.rests_on_prior(point.parameters, counts))
    return Outcome.DEGENERATE if is_flat else None


def evidence_with(problem: PenalizedProblem, point: Point, gain: float = 0.0) -> Evidence:
    """Give the evidence of a fit that gained so much more for each unit of weight, as if every row were surely shared.

    Criteria are smallest where rows belong to one component surely.
    """
    statistics = point.statistics
    log_likelihood = statistics.log_likelihood + gain * statistics.weight
    return Evidence(log_likelihood, n_parameters_of(problem, point), statistics.weight)


def evidence_of(problem: PenalizedProblem, point: Point) -> Evidence:
    """Give the evidence of a fit, but for what takes further fits."""
    return replace(evidence_with(problem, point), log_best_share=point.statistics.log_best_share)


def weights_of(fold: Fold) -> FloatArray:
    """Give the weights of the rows, (n,); ones where they have none."""
    weights = fold.source.weights
    return np.ones(fold.source.n_rows) if weights is None else to_numpy(weights)
