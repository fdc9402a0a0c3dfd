"""Rows that are known to be of one component: what a group says together, and the sums of its rows.

A group has one component, drawn by the weights of the mixture, and its rows are draws of that. With s_ik the score of
row i under component k, which has the logarithm of the weight of k in it, the density of a group is

    p(group) = sum_k exp(log weight_k + sum_i w_i / c (s_ik - log weight_k)),    c = sum_i w_i^2 / sum_i w_i

and the group is there c times: where its rows weigh c each it is c groups, and where they differ it has the rows
that Kish counts, sum_i w_i / c. Each row enters the sums of component k with w_i times the share r_k of that; in the
count of labels, of which weights are learned, the group is c. A background is one component more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Self

import array_api_compat
import numpy as np

from mixfold.engines import Assignment, Engine, to_numpy
from mixfold.executors import Executor
from mixfold.fold.device_transfers import warn_of_transfers
from mixfold.fold.observed import ObservedExpectation, output_of_strata, shared
from mixfold.observations import Complete, Observation, Views
from mixfold.potentials import Potentials
from mixfold.rows import Rows, Source
from mixfold.segments import Segment
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import Array, BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class GroupScores:
    """The scores of the rows of a chunk that are linked, as workers compute them.

    Attributes
    ----------
    engine : Engine
    views : Views
    """

    engine: Engine
    views: Views

    def __call__(self, chunk: Rows) -> tuple[IntArray, FloatArray, FloatArray]:
        """Give the group of each row, its scores with the background's after them, and its weight."""
        linked = parted(chunk)[1]
        if linked is None or linked.marks.links is None:
            empty = np.zeros((0, self.views.potentials.n_components + 1))
            return np.zeros(0, dtype=np.int64), empty, empty[:, 0]
        warn_of_transfers("Scores of rows that are linked", linked.values)
        weights = to_numpy(linked.weights_or_ones).astype(np.float64)
        scores = np.empty((linked.n, self.views.potentials.n_components + 1))
        scores[:, :-1] = to_numpy(output_of_strata(self.engine, "scores", self.views, linked))
        for stratum, at, rows in linked.by_stratum():
            seen = to_numpy(self.views.observations[stratum].seen(rows.values))
            scores[at, -1] = self.views.of(stratum).potentials.background_of(np.isnan(seen))
        return linked.marks.links, scores, weights


@dataclass(frozen=True, slots=True)
class Groups:
    """What groups of rows say together.

    Attributes
    ----------
    scores : ndarray of shape (n_groups, n_components + 1)
        The background's last.
    log_density : ndarray of shape (n_groups,)
    size : ndarray of shape (n_groups,)
        How many rows each has, by Kish's count where their weights differ.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.rows import Marks
    >>> fold = Fold.of_rows(np.array([[4.0], [9.0]]), Marks(links=np.array([0, 0])))
    >>> fold.labels(Potentials.nearest(np.array([[0.0], [9.0]])))  # the first alone would be of the other
    array([1, 1])
    """

    scores: FloatArray
    log_density: FloatArray
    size: FloatArray

    @classmethod
    def of(cls, executor: Executor, source: Source, engine: Engine, views: Views) -> Self:
        """Add up the scores of the rows of each group."""
        found = list(executor.each(GroupScores(engine, views), source))
        groups, scores, weights = (np.concatenate(parts) for parts in zip(*found, strict=True))
        n_groups = int(np.max(groups, initial=-1)) + 1
        heaviest, total = np.zeros(n_groups), np.zeros((n_groups, scores.shape[1]))
        np.maximum.at(heaviest, groups, weights)
        has_weight = heaviest > 0.0
        parts = weights / np.where(has_weight, heaviest, 1.0)[groups]  # whose squares neither overflow nor vanish
        first, second = (np.bincount(groups, parts**power, n_groups) for power in (1, 2))
        second = np.where(has_weight, second, 1.0)
        with np.errstate(invalid="ignore"):
            output = np.where(parts[:, None] > 0.0, (parts * (first / second)[groups])[:, None] * scores, 0.0)
        np.add.at(total, groups, output)
        size = first**2 / second
        total = _with_one_label(total, size, views.potentials)
        best = np.max(total, axis=1, keepdims=True, initial=-np.inf)
        best = np.where(np.isfinite(best), best, 0.0)
        with np.errstate(divide="ignore"):
            return cls(total, best[:, 0] + np.log(np.sum(np.exp(total - best), axis=1)), size)

    @property
    def shares(self) -> FloatArray:
        """Responsibilities of each group, (n_groups, n_components)."""
        return np.exp(self.scores[:, :-1] - self.log_density[:, None])

    @property
    def best(self) -> FloatArray:
        """The best score of each group, (n_groups,)."""
        return np.max(self.scores, axis=1)

    def assigned(self, *, is_hard: bool) -> FloatArray:
        """Give the share of each component in each group: all or nothing where that is hard."""
        k = self.scores.shape[1] - 1
        return (self.labels[:, None] == np.arange(k)).astype(np.float64) if is_hard else self.shares

    @property
    def labels(self) -> IntArray:
        """The most probable component of each group; -1 where that is the background."""
        label = np.argmax(self.scores, axis=1)
        return np.where(label == self.scores.shape[1] - 1, -1, label)

    def told(self, name: str, output: Array, chunk: Rows) -> Array:
        """Give what is said of the rows of a chunk, where that of rows that are linked is what their groups say.

        The log density of a group is that of its rows together, for each of them.
        """
        links = chunk.marks.links
        if links is None or not np.any(links >= 0):
            return output
        answers = {"labels": self.labels, "log_density": self.each(self.log_density), "responsibilities": self.shares}
        told = np.array(to_numpy(output))
        told[links >= 0] = answers[name][links[links >= 0]]
        xp = array_api_compat.array_namespace(output)
        return xp.asarray(told, dtype=output.dtype, device=array_api_compat.device(output))

    def each(self, total: FloatArray) -> FloatArray:
        """Give what a group has in all for each of its rows."""
        return total / np.where(self.size > 0.0, self.size, 1.0)


@dataclass(frozen=True, slots=True)
class LinkedExpectation:
    """The statistics of rows of which some are linked.

    Attributes
    ----------
    observed : ObservedExpectation
        Of the rows that are not.
    groups : Groups
    """

    observed: ObservedExpectation
    groups: Groups

    def __call__(self, first_chunk: int, run: Rows) -> Segment:
        """Add up consecutive chunks."""
        return Segment.of(first_chunk, map(self._of_chunk, run.chunks(self.observed.chunk_rows)))

    def _of_chunk(self, chunk: Rows) -> SufficientStatistics:
        alone, linked = parted(chunk)
        parts = [] if linked is None else [self._of_linked(linked)]
        single = [] if alone is None else self.observed.strata(alone)
        return reduce(add, [*(one.with_labels for one in single), *parts])

    def _of_linked(self, rows: Rows) -> SufficientStatistics:
        observed, groups, of_rows = self.observed, self.groups, rows.marks.links
        is_hard = observed.assignment is Assignment.HARD
        shares, weights = groups.assigned(is_hard=is_hard)[of_rows], to_numpy(rows.weights_or_ones).astype(np.float64)
        total = groups.each(groups.best if is_hard else groups.log_density)[of_rows]
        best = np.zeros(rows.n) if is_hard else groups.each(groups.best - groups.log_density)[of_rows]
        found = reduce(add, shared(observed, rows, shares))
        part = groups.each(np.ones(len(groups.size)))[of_rows] * weights  # of the one label of its group, for each row
        labels = part @ shares
        return replace(
            found,
            log_likelihood=float(weights @ total),
            log_best_share=float(weights @ best),
            label_count=np.append(labels, max(float(np.sum(part) - np.sum(labels)), 0.0)),
        )


def _with_one_label(scores: FloatArray, size: FloatArray, potentials: Potentials) -> FloatArray:
    """Give summed scores of groups, of so many rows each, with the weights of the mixture once in each."""
    k = potentials.n_components
    logs = np.zeros(k) if potentials.log_weights is None else potentials.log_weights
    logs = np.append(logs, potentials.background_log_weight)
    finite = np.isfinite(logs)
    return np.where(finite, scores - (size[:, None] - 1.0) * np.where(finite, logs, 0.0), -np.inf)


def observed(
    executor: Executor, source: Source, engine: Engine, observations: Sequence[Observation], potentials: Potentials
) -> tuple[Views, Groups | None]:
    """Give how rows see a mixture, and what their groups say of it; None where all are alone.

    Parameters
    ----------
    executor : Executor
    source : Source
    engine : Engine
    observations : sequence of Observation
        None where rows are complete.
    potentials : Potentials
    """
    views = Views(observations or (Complete(),), potentials)
    return views, None if source.marks.links is None else Groups.of(executor, source, engine, views)


def expected(
    views: Views,
    groups: Groups | None,
    engine: Engine,
    structure: Structure,
    assignment: Assignment,
    chunk_rows: int,
) -> ObservedExpectation | LinkedExpectation:
    """Give what adds up the chunks of rows that are observations, in groups or alone.

    Parameters
    ----------
    views : Views
    groups : Groups or None
    engine : Engine
    structure : Structure
        Of the scatter.
    assignment : Assignment
    chunk_rows : int
    """
    alone = ObservedExpectation(engine, views, structure, assignment, chunk_rows)
    return alone if groups is None else LinkedExpectation(alone, groups)


def parted(chunk: Rows) -> tuple[Rows | None, Rows | None]:
    """Give the rows of a chunk that are alone, and those that are linked; None where there are none.

    Parameters
    ----------
    chunk : Rows

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold.linked import parted
    >>> from mixfold.rows import Marks, Rows
    >>> alone, linked = parted(Rows(np.array([[1.0], [2.0], [3.0]]), Marks(links=np.array([0, -1, 0]))))
    >>> alone.values.ravel(), linked.values.ravel()
    (array([2.]), array([1., 3.]))
    """
    links = chunk.marks.links
    if links is None:
        return chunk, None
    has_group = links >= 0
    if not np.any(has_group):
        return chunk, None
    return None if np.all(has_group) else taken(chunk, ~has_group), taken(chunk, has_group)


def taken(rows: Rows, mask: BoolArray) -> Rows:
    """Give some of the rows."""
    at = np.flatnonzero(mask)
    xp, device = array_api_compat.array_namespace(rows.values), array_api_compat.device(rows.values)
    return Rows(xp.take(rows.values, xp.asarray(at, device=device), axis=0), rows.marks.take(at))
