"""`TriedMoves`: moves that did not pay, which hardly will while the components that they are of stay what they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from mixfold.models.prior_scale import SETTLED
from mixfold.search.found_components import Found
from mixfold.typing import FloatArray


@dataclass(slots=True)
class TriedMoves:
    """What was tried in vain in an ascent, by the components that were merged or cut in two.

    A component is the same as one before if its rows have the same evidence, to what counts as none, and nearly the
    same mean: numbers that neither an order of components nor a rotation of the rows changes.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import Point, PriorScale, Problem, StickPrior
    >>> from mixfold.search.found_components import Found
    >>> from mixfold.search.tried_moves import TriedMoves
    >>> fold, family = Fold.of_rows(np.array([[0.0], [1.0], [8.0], [9.0]])), family_for("diag")
    >>> model = PriorScale.of(fold, family, StickPrior(1.0)).first[0]
    >>> shares = np.eye(2)[[0, 0, 1, 1]]
    >>> start = model.maximize(fold.centered_moments(lambda rows: shares[rows.span], 2, family.structure))
    >>> problem, tried = Problem(fold, model), TriedMoves()
    >>> names = tried.names(Found(problem, Point.at(problem, start)))
    >>> [tried.is_new(names, [0]), tried.is_new(names, [0]), tried.is_new(names, [0, 1])]
    [True, False, True]
    """

    _evidences: list[float] = field(default_factory=list)
    _means: list[FloatArray] = field(default_factory=list)
    _moves: set[tuple[int, ...]] = field(default_factory=set)

    def names(self, found: Found) -> list[int]:
        """Give each component the name of the one that it is the same as, or a new one."""
        model, posterior, names = found.problem.model, found.posterior, list[int]()
        k, d = posterior.means.shape
        variances = np.trace(model.family.dense(posterior.covariances, k, d), axis1=1, axis2=2) / d
        evidences = model.log_evidences(model.shared(found.point.statistics))
        known, means = np.array(self._evidences), np.array(self._means).reshape(-1, d)
        for evidence, mean, variance in zip(evidences, posterior.means, variances, strict=True):
            alike = np.flatnonzero(np.abs(known - evidence) < SETTLED)
            away = np.mean((means[alike] - mean) ** 2, axis=1)
            same = alike[away < SETTLED * variance]
            if len(same) == 0:
                self._evidences.append(float(evidence))
                self._means.append(mean)
            names.append(int(same[-1]) if len(same) else len(self._evidences) - 1)
        return names

    def is_new(self, names: list[int], components: Iterable[int]) -> bool:
        """Whether a move of some components was not tried yet, which it is then."""
        move = tuple(sorted(names[one] for one in components))
        is_new = move not in self._moves
        self._moves.add(move)
        return is_new
