"""Rows that lie so far from all others that they are components of their own, which change no other."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

import array_api_compat
import numpy as np
from scipy.sparse.csgraph import connected_components

from mixfold.engines import to_numpy
from mixfold.fitting import DataScale
from mixfold.fitting.recording import FAR, rows_between
from mixfold.fitting.within import NEVER
from mixfold.fold import Fold
from mixfold.initialization import GivenLabels
from mixfold.models import Penalized, Point
from mixfold.parameters import Parameters
from mixfold.rows import Marks
from mixfold.search import Search
from mixfold.search.trajectory import TOL_NATS
from mixfold.sources import ArraySource
from mixfold.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class FarRows:
    """Groups of far rows, each of so few that it is one component or part of one.

    Attributes
    ----------
    is_near : ndarray of bool of shape (n,)
        The other rows.
    rows, weights : ndarray of shape (n_far, n_features), (n_far,)
        The far ones.
    groups : ndarray of int of shape (n_far,)
        Which of them are together.
    share : float
        Of all weight that they have.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.far_rows import FarRows
    >>> from mixfold.fitting import DataScale
    >>> from mixfold.fold import Fold
    >>> from mixfold.sources import ArraySource
    >>> rows = np.append(np.random.default_rng(0).normal(size=99), 1000.0)[:, None]
    >>> far = FarRows.of(ArraySource(rows), DataScale.of(Fold.of_rows(rows)), 2)
    >>> far.n_groups, far.share, np.flatnonzero(~far.is_near)
    (1, 0.01, array([99]))
    """

    is_near: BoolArray
    rows: FloatArray
    weights: FloatArray
    groups: IntArray
    share: float

    @classmethod
    def of(cls, source: ArraySource, scale: DataScale, n_components: int) -> Self | None:
        """Find them; None where there are none, or so many that each could not have a component.

        Far is what the scale says, beyond a gap: a tail that leads there is none. Far rows of which no feature is
        farther apart than all near values are of one group. A group of no more rows than there are features has no
        shape by which it could be two components.
        """
        namespace = array_api_compat.array_namespace(source.values)
        least, most = (to_numpy(of(source.values, axis=0)) for of in (namespace.min, namespace.max))
        beyond = np.flatnonzero((least < scale.lowest) | (most > scale.highest))
        if not len(beyond):
            return None
        rows, weights = to_numpy(source.values), to_numpy(source.rows.weights_or_ones)
        lowest, highest = scale.lowest.copy(), scale.highest.copy()
        for at in beyond:
            highest[at] = _before_gap(rows[:, at], lowest[at], highest[at])
            lowest[at] = -_before_gap(-rows[:, at], -scale.highest[at], -lowest[at])
        is_near = rows_between(rows, weights, lowest, highest)
        far = np.flatnonzero(~is_near)
        if not 0 < len(far) <= (n_components - 1) * rows.shape[1]:
            return None
        apart = np.abs(rows[far][:, None] - rows[far]) > scale.highest - scale.lowest
        n_groups, groups = connected_components(~np.any(apart, axis=2), directed=False)
        if n_groups >= n_components or np.max(np.bincount(groups)) > rows.shape[1]:
            return None
        share = float(np.sum(weights[far]) / np.sum(weights))
        return cls(is_near, rows[far].astype(np.float64), weights[far], groups, share)

    @property
    def n_groups(self) -> int:
        """How many groups they are."""
        return int(np.max(self.groups)) + 1

    def others(self, source: ArraySource) -> ArraySource:
        """Give the rows that are near."""
        rows = source.take(np.flatnonzero(self.is_near))
        return ArraySource(rows.values, rows.marks, is_finite=source.is_finite)

    def measured(self, near: Parameters, model: Penalized, scale: DataScale) -> tuple[Parameters, Penalized]:
        """Give near rows' components and model, to which features that vary in far rows alone are as wide as in these.

        Near rows tell nothing of such a feature, whose unit may be any.

        Parameters
        ----------
        near : Parameters
        model : Penalized
            What they were fitted with.
        scale : DataScale
            Of all rows.
        """
        rows, family = scale.rows[scale.near(scale.rows, scale.weights)], model.family
        alone = (np.ptp(rows, axis=0) == 0.0) & (np.ptp(scale.rows, axis=0) > 0.0)
        if not np.any(alone) or not family.structure.can_extend:
            return near, model
        jitter = model.prior.jitter
        variances = np.broadcast_to(np.diag(jitter) if jitter.ndim == 2 else jitter, alone.shape)
        roots = np.ones(len(alone))
        roots[alone] = (NEVER * scale.variances[alone]) ** 0.25 / variances[alone] ** 0.25
        covariances = family.mapped(family.mapped(near.covariances, roots), roots)  # whose squares are numbers
        return replace(near, covariances=covariances), model.mapped(roots).mapped(roots)

    def joined(self, near: Parameters, model: Penalized) -> Parameters:
        """Give the components of near rows, and one for each group.

        A group has the size that rows and prior give it. Pseudo-rows that have the size of a component keep that as it
        was in each EM step, so that it would come there slowly. Where components share a part of their covariances it
        begins with that of another.

        Parameters
        ----------
        near : Parameters
        model : Penalized
            What they were fitted with.
        """
        k, (_, d), family = len(near.weights), self.rows.shape, model.family
        fold, sized = Fold.of_rows(self.rows, Marks(self.weights)), replace(model.prior, likeness=0.0)
        statistics = GivenLabels(self.groups)(fold, self.n_groups, family.structure, np.random.RandomState(0))
        groups = replace(model, prior=sized).maximize(statistics)
        covariances = family.structure.take(near.covariances, np.append(np.arange(k), [0] * self.n_groups))
        if family.n_parameters(2, d) == 2 * family.n_parameters(1, d):
            covariances = np.concatenate([near.covariances, groups.covariances])
        weights = np.append(near.weights * (1.0 - self.share), groups.weights * self.share)
        return Parameters(weights, np.concatenate([near.means, groups.means]), covariances)

    def searched(self, search: Search, known: Parameters) -> tuple[Parameters, Search]:
        """Search among all rows, and give what is known unless a solution is higher that has other use for components.

        Higher by what the components of far rows save: these tell next to nothing of a covariance, where one more
        component of near rows must pay for its own (Schwarz 1978). Where far rows are by themselves there, too, what is
        known is given, though near rows may be fitted better: so they would have been without far ones.

        Parameters
        ----------
        search : Search
        known : Parameters
            As `joined` gives them.

        Returns
        -------
        found : Parameters
        search : Search
            That was made, of one turn: so it is the same whichever solution is known.
        """
        once = replace(search.effort, n_turns=1)
        search = replace(search, scale=search.scale.without_likeness, effort=once)
        problem = search.problem
        found = search.best()
        labels = np.asarray(to_numpy(problem.fold.labels(problem.model.potentials(found))))
        if not set(labels[self.is_near].tolist()) & set(labels[~self.is_near].tolist()):
            return known, search
        higher, lower = (Point.at(problem, one).objective for one in (found, known))
        family, scale = search.family, search.scale
        n_saved = self.n_groups * (family.n_parameters(2, scale.n_free) - family.n_parameters(1, scale.n_free))
        least = 0.5 * n_saved * math.log(scale.n_rows) / scale.n_rows
        return found if higher > lower + least + TOL_NATS else known, search


def _before_gap(values: FloatArray, lowest: float, highest: float) -> float:
    """Give the greatest value before the first gap above `highest` that is as wide as what is far is from the others.

    Infinite where there is none.
    """
    above = np.sort(values[values > highest])
    if not len(above):
        return highest
    before = np.append(np.max(values[values <= highest]), above[:-1])
    is_gap = above - before > FAR / (2.0 * FAR + 1.0) * (highest - lowest)
    return float(before[np.argmax(is_gap)]) if np.any(is_gap) else np.inf
