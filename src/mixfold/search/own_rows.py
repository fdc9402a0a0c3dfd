"""Whether there are more components than BIC says: what is learned from a component's own rows is charged by these.

BIC takes ``log n`` for each parameter: half the log determinant of the information of n rows is that to its order
(Schwarz 1978). But a component's mean and covariance are learned from its own rows, n_k of n, and the information about
them is that of n_k rows (as in Figueiredo & Jain 2002, section 3, for the length of a message). Of the same order, this
charges less where components are many. It is an approximation where a component has a few rows for each of its
parameters, so that fewer than two for each are charged as two, and below four the larger mixture has to be more
probable with covariances integrated out, too (integrated.py).

A smaller charge also pays for components that are there to follow a shape. So what ICL takes for rows that are shared
is taken here, too, where components are fewer than eight, and the larger mixture has to be one of Gaussians: third and
fourth moments do not refute that, nor do tails that are a little too short in all of them, and none are laid end to end
along a curve (shapes.py). Where it is, no tie break leaves components out either.
Some hundred variants were compared on one half of a bank of generated tables (`benchmarks.cluster_bank`). That which is
nearest to the evidence of the prior the tables were drawn by (Laplace's approximation, six tables) was taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.stats import combine_pvalues

from mixfold.covariance import LARGEST, family_for
from mixfold.engines import to_numpy
from mixfold.fold import Fold
from mixfold.parameters import n_free_parameters, n_own_parameters
from mixfold.search.criteria import CLEAR_BIC_DIFFERENCE, name_of
from mixfold.search.grid_model import GridModel
from mixfold.search.shapes import PIECES, SIGNIFICANT, Shapes, in_common_shape
from mixfold.search.unimodality import gaussian_probabilities, probability_of_flatness

STRONG = 0.6 * CLEAR_BIC_DIFFERENCE
"""A difference in a criterion from which on it is strong evidence (Kass & Raftery 1995, section 3.2)."""
MOST_DOUBTFUL = 1.0 / PIECES
"""Share of the components that may look little Gaussian by themselves."""


@dataclass(frozen=True, slots=True)
class More:
    """Why a mixture of more components than the best has was chosen.

    Attributes
    ----------
    best : GridModel
        By the criterion.
    gain : float
        By how much the other is better where own rows count.
    """

    best: GridModel
    gain: float

    def told(self, criterion: str, tie_break: str) -> str:
        """Say in a sentence what decided."""
        del tie_break
        named = f"{self.best.n_components} component(s), {self.best.covariance_type}"
        return (
            f"Its components are Gaussian, and the rows of each pay for it by {self.gain:.1f}: more than {named}, with "
            f"the smallest {name_of(criterion)}, {self.best.value(criterion):.3f}, by which all rows would have to."
        )


def own_rows_value(cell: GridModel, log_likelihood: float | None = None, *, are_many: bool = False) -> float:
    """Give minus twice the log-likelihood, and what parameters cost: log n, or log n_k where a component has its own.

    And what ICL adds to BIC for rows that are shared, unless components are many.

    Parameters
    ----------
    cell : GridModel
        With parameters.
    log_likelihood : float, optional
        By default the cell's.
    are_many : bool, default=False
        Whether components are so many that rows which neighbors share are to be expected.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting import Outcome
    >>> from mixfold.parameters import Parameters
    >>> from mixfold.search import Evidence, GridModel
    >>> from mixfold.search.own_rows import own_rows_value
    >>> halves = Parameters(np.array([0.5, 0.5]), np.array([[0.0], [9.0]]), np.ones((2, 1, 1)))
    >>> cell = GridModel(2, "full", Outcome.CONVERGED, "", halves, Evidence(-100.0, 5, 200.0))
    >>> bool(np.isclose(own_rows_value(cell), 200.0 + np.log(200.0) + 4 * np.log(100.0)))
    True
    """
    assert cell.parameters is not None  # noqa: S101  (callers look)
    assert cell.evidence is not None  # noqa: S101
    n, (k, d) = cell.evidence.n_rows, cell.parameters.means.shape
    family = family_for(cell.covariance_type)
    own = n_own_parameters(family, d)
    shared = n_free_parameters(family, k, d) - own * k
    rows = np.clip(n * cell.parameters.weights, min(2 * own, n), n)
    value = cell.evidence.log_likelihood if log_likelihood is None else log_likelihood
    charge = shared * math.log(n) + own * float(np.sum(np.log(rows)))
    shared_rows = 0.0 if are_many else cell.evidence.log_best_share
    return -2.0 * (value + shared_rows) + charge


def has_many(best: GridModel) -> bool:
    """Whether a mixture has so many components that the charge by own rows is much smaller than by all rows."""
    return best.n_components >= 2 * PIECES


def gain_of(best: GridModel, cell: GridModel) -> float:
    """Give by how much a larger mixture is better where own rows count."""
    are_many = has_many(best)
    return own_rows_value(best, are_many=are_many) - own_rows_value(cell, are_many=are_many)


def larger_than(best: GridModel, cells: Iterable[GridModel]) -> list[GridModel]:
    """Give the cells of more components that own rows may pay for, with what EM may still gain, the best first.

    They do not pay for more where another cell of as many as the best is as good by them: its family is what they pay.
    None is larger than a single component: that there is one cluster is not for Gaussian components to say.

    Parameters
    ----------
    best : GridModel
        By BIC.
    cells : iterable of GridModel
    """
    if best.n_components < 2 or not best.is_sound:
        return []
    are_many = has_many(best)
    cells = [cell for cell in cells if cell.covariance_type in {best.covariance_type, LARGEST} and cell.is_sound]
    values = [own_rows_value(cell, cell.reach, are_many=are_many) for cell in cells]
    as_many = (value for value, cell in zip(values, cells, strict=True) if cell.n_components == best.n_components)
    limit = min([own_rows_value(best, are_many=are_many), *as_many]) - STRONG
    found = [
        (value, cell)
        for value, cell in zip(values, cells, strict=True)
        if cell.n_components > best.n_components and value < limit
    ]
    return [cell for _, cell in sorted(found, key=lambda pair: pair[0])]


def is_gaussian(fold: Fold, cell: GridModel, n_rows: int, *, together: bool = True) -> bool:
    """Whether rows do not refute that a cell's components are Gaussian, together and most of them alone, and no curve.

    Parameters
    ----------
    fold : Fold
        Complete rows.
    cell : GridModel
    n_rows : int
        At most so many are looked at.
    together : bool, default=True
        Whether they are refuted together, too, for which a single one that surely is none is enough.
    """
    assert cell.parameters is not None  # noqa: S101  (callers look)
    rows = fold.sample(np.random.RandomState(0), n_rows)
    potentials = cell.parameters.potentials(family_for(cell.covariance_type))
    shares = np.asarray(to_numpy(fold.on_rows(rows).responsibilities(potentials)), dtype=np.float64)
    weights = np.asarray(rows.weights_or_ones, dtype=np.float64)
    values = np.asarray(rows.values, dtype=np.float64)
    places = in_common_shape(values, shares * weights[:, None])
    probabilities = gaussian_probabilities(places, shares, weights)
    if float(np.mean(probabilities < SIGNIFICANT)) >= MOST_DOUBTFUL:
        return False
    if together and combine_pvalues(np.maximum(probabilities, np.finfo(np.float64).tiny)).pvalue < SIGNIFICANT:
        return False
    if together and probability_of_flatness(places, shares, weights) < SIGNIFICANT:
        return False
    shapes = Shapes.of_curves(values, shares, weights)
    return shapes is None or not shapes.links
