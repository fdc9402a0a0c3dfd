"""Gibbs sampling: draws from the posterior itself, its components split and merged.

A sweep draws the parameters of the groups that rows are in, and then a group for each row; that is one fold. One row of
each group, drawn before, stays where it is, so that none is emptied; for that the draw is taken with a probability.
Between sweeps two rows are drawn, the first from a group that is drawn: if they are in one group it is proposed to
split, and if not, to merge theirs (Jain & Neal 2004, J. Comp. Graph. Statistics 13, 158-182). What a split looks like
is learned by a few EM steps on a sample of the rows in question, which begin at the two rows and know nothing of how
they are divided now, so that both directions propose alike. Parameters are integrated out of what decides, and one
group more is beforehand as much less probable as in a search (`LOG_ODDS`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mixfold.engines import to_numpy
from mixfold.fold import Fold
from mixfold.models import DirichletPrior, Variational, WeightPrior, draw_parameters
from mixfold.models.marginal_likelihood import log_marginal_likelihood, structure_of_groups
from mixfold.parameters import Parameters
from mixfold.rows import Rows
from mixfold.search.assigning import Assigning, drawn, hard_shares
from mixfold.search.found_components import LOG_ODDS
from mixfold.search.sample import MOST_PAIRWISE_ROWS
from mixfold.search.trajectory import EM_STEPS_PER_LOOK
from mixfold.segments import tree_sum
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray, IntArray

MOVES_PER_SWEEP = 2
"""Proposals to split or merge after each sweep."""
SMALLEST_SHARE = 1e-6
"""Of a row in either half, so that no division is impossible to propose."""


@dataclass(frozen=True, slots=True)
class State:
    """Which group each row is in.

    Attributes
    ----------
    labels : ndarray of int of shape (n_rows,)
    groups : SufficientStatistics
        Of each; none is empty.
    weight_prior : WeightPrior
        Whose concentration is known.
    log_density : float
        Of rows and labels together, parameters integrated out; without what depends on nothing but their number.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import DirichletPrior, Variational
    >>> from mixfold.search.gibbs import Gibbs
    >>> model = Variational(family_for("diag"), DirichletPrior(1.0), np.zeros(1), 0.01, np.array([1.0]), 1.0)
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [8.0], [9.0]]))
    >>> Gibbs(fold, model, most=2, random=np.random.default_rng(0)).begun(np.array([0, 0, 1, 1])).groups.count
    array([2., 2.])
    """

    labels: IntArray
    groups: SufficientStatistics
    weight_prior: WeightPrior
    log_density: float

    @property
    def n_groups(self) -> int:
        """How many groups have rows."""
        return len(self.groups.count)


@dataclass(frozen=True, slots=True)
class Gibbs:
    """What draws from the posterior of a model.

    Attributes
    ----------
    fold : Fold
        Of rows in the host's memory, which all count one.
    model : Variational
    most : int
        Groups, at most.
    random : Generator
    sharing : int
        Components of whose priors the one of a covariance that all share is made, whatever their number.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import GammaBelief, StickPrior, Variational
    >>> from mixfold.search.gibbs import Gibbs
    >>> random = np.random.default_rng(0)
    >>> rows = np.concatenate([random.normal(size=(50, 1)), random.normal(9.0, size=(50, 1))])
    >>> model = Variational(
    ...     family_for("full"), StickPrior(GammaBelief()), np.array([4.0]), 0.1, np.eye(1), 2.0
    ... )
    >>> gibbs = Gibbs(Fold.of_rows(rows), model, most=10, random=random)
    >>> state = gibbs.begun(np.zeros(100, dtype=np.int32))
    >>> for _ in range(30):
    ...     parameters, state = gibbs.swept(state)
    >>> int(np.sum(state.groups.count > 5))  # besides, a row or two may be alone
    2
    """

    fold: Fold
    model: Variational
    most: int
    random: np.random.Generator
    sharing: int = 1

    @property
    def structure(self) -> Structure:
        """In which groups are kept."""
        return structure_of_groups(self.model.structure)

    def begun(self, labels: IntArray) -> State:
        """Give the state in which rows are in these groups."""
        names, labels = np.unique(labels, return_inverse=True)

        def shares(rows: Rows) -> FloatArray:
            return hard_shares(labels[rows.span], np.empty((rows.n, len(names))))

        groups = self.fold.centered_moments(shares, len(names), self.structure)
        prior = self.model.weight_prior.draw_prior(groups.count, self.most, None, self.random)
        return self._state(labels.astype(np.int32), groups, prior)

    def swept(self, state: State) -> tuple[Parameters, State]:
        """Draw parameters given groups and groups given parameters, and then propose to split and merge."""
        prior = self.model.weight_prior.draw_prior(state.groups.count, self.most, state.weight_prior, self.random)
        model = replace(self._model_of(state.n_groups), weight_prior=prior)
        posterior = model.maximize(in_structure(state.groups, model.structure))
        weights = prior.draw_weights(state.groups.count, self.random)
        parameters = replace(draw_parameters(model, posterior, self.random), weights=weights)
        potentials = parameters.potentials(model.family).jittered(model.jitter)
        fixed = np.array([self._row_of(state, k) for k in range(state.n_groups)])
        assigning = Assigning(self.fold.engine, potentials, self.structure, int(self.random.integers(2**62)), fixed)
        drawn = list(self.fold.each(assigning))
        labels, groups = np.concatenate([one for one, _ in drawn]), tree_sum([one for _, one in drawn])
        # Which rows stay depends on the groups: each is one of so many.
        log_ratio = np.sum(np.log(state.groups.count)) - np.sum(np.log(groups.count))
        if np.log(self.random.random()) >= log_ratio:
            labels, groups = state.labels, state.groups
        state = self._state(labels, groups, prior)
        for _ in range(MOVES_PER_SWEEP):
            state = self._split_or_merged(state)
        return parameters, state

    def _model_of(self, n_groups: int) -> Variational:
        """Give the model whose prior of a shared covariance does not depend on the number of groups."""
        if not self.model.family.are_equal:
            return self.model
        share = self.sharing / n_groups
        return replace(
            self.model,
            covariance_prior=share * self.model.covariance_prior,
            degrees_of_freedom_prior=share * self.model.degrees_of_freedom_prior,
        )

    def _state(self, labels: IntArray, groups: SufficientStatistics, prior: WeightPrior) -> State:
        model = self._model_of(len(groups.count))
        log_prior = prior.log_partition(groups.count, self.most) - LOG_ODDS * len(groups.count)
        return State(labels, groups, prior, log_marginal_likelihood(model, groups) + log_prior)

    def _split_or_merged(self, state: State) -> State:
        """Propose what two rows say, and take it or leave it."""
        labels = state.labels
        if len(labels) < 2:
            return state
        one = self._row_of(state, int(self.random.integers(state.n_groups)))
        other = (one + int(self.random.integers(1, len(labels)))) % len(labels)
        first, second = labels[one], labels[other]
        is_split = first == second
        if is_split and state.n_groups >= self.most:
            return state
        log_drawn, proposed = np.log(self.random.random()), None if is_split else self._merged(state, first, second)
        # What a split would be proposed with is less than one: a merge that fails with one needs no look at its rows.
        if proposed is not None and not log_drawn < _log_ratio(state, proposed, first):
            return state
        at = np.flatnonzero(labels == first if is_split else (labels == first) | (labels == second))
        rows = Rows(np.ascontiguousarray(to_numpy(self.fold.source.rows.values)[at]))  # type: ignore[attr-defined]
        ends = np.searchsorted(at, [one, other])
        shares = self._proposed(rows, ends)
        halves = drawn(shares, self.random.random(rows.n)) if is_split else (labels[at] == second).astype(np.int32)
        halves[ends] = [0, 1]
        log_shares = np.log(np.where(halves == 1, shares[:, 1], shares[:, 0]))
        log_shares[ends] = 0.0  # which are where they are, whatever is drawn
        log_proposed = float(np.sum(log_shares)) * (-1.0 if is_split else 1.0)
        proposed = self._split(state, first, rows, halves) if proposed is None else proposed
        if not log_drawn < _log_ratio(state, proposed, first) + log_proposed:
            return state
        rest = np.delete(np.arange(state.n_groups), first if is_split else [first, second])
        place: IntArray = np.full(state.n_groups, len(rest), dtype=np.int32)
        place[rest] = np.arange(len(rest))
        after = place[labels]
        after[at] += halves * is_split
        return replace(proposed, labels=after)

    def _split(self, state: State, group: int, rows: Rows, halves: IntArray) -> State:
        """Give what is proposed where the rows of a group are two groups, the last, but for its labels."""
        center, shares = state.groups.means[[group, group]], hard_shares(halves, np.empty((rows.n, 2)))
        two = self.fold.engine.moments(rows, shares, center, self.structure)
        rest = np.delete(np.arange(state.n_groups), group)
        return self._state(state.labels, _joined(state.groups.take(rest), two), state.weight_prior)

    def _merged(self, state: State, first: int, second: int) -> State:
        """Give what is proposed where two groups are one, the last, but for its labels."""
        both = state.groups.take(np.array([first, second]))
        center = np.sum(both.count[:, None] * both.means, axis=0, keepdims=True) / np.sum(both.count)
        both = both.around(np.repeat(center, 2, axis=0))
        whole = replace(
            both,
            center=center,
            count=np.sum(both.count, keepdims=True),
            shift=np.sum(both.shift, axis=0, keepdims=True),
            scatter=np.sum(both.scatter, axis=0, keepdims=True),
        )
        rest = np.delete(np.arange(state.n_groups), [first, second])
        return self._state(state.labels, _joined(state.groups.take(rest), whole), state.weight_prior)

    def _row_of(self, state: State, group: int) -> int:
        """Draw a row of a group, all alike."""
        labels = state.labels
        if state.groups.count[group] ** 2 < len(labels):
            return int(self.random.choice(np.flatnonzero(labels == group)))
        while True:
            row = int(self.random.integers(len(labels)))
            if labels[row] == group:  # which takes at most the square root of the number of rows, on average
                return row

    def _proposed(self, rows: Rows, ends: IntArray) -> FloatArray:
        """Give the shares (n, 2) by which rows would be divided between two of them, learned from a sample."""
        anchors = np.asarray(rows.values[ends], dtype=np.float64)
        sample = rows.values
        if rows.n > MOST_PAIRWISE_ROWS:
            sample = np.ascontiguousarray(sample[self.random.choice(rows.n, MOST_PAIRWISE_ROWS, replace=False)])
        model = replace(self.model, weight_prior=DirichletPrior(1.0), ridge=0.0)
        few = Fold.of_rows(sample)
        whole = few.centered_moments(lambda chunk: np.ones((chunk.n, 1)), 1, model.structure)
        spread = model.family.whiten(model.maximize(whole).covariances)
        apart = model.structure.whitened(np.asarray(sample, np.float64) - anchors[:, None], _twice(spread, model), np)
        nearer = np.argmin(np.sum(apart**2, axis=2), axis=0)
        posterior = model.maximize(few.centered_moments(lambda c: np.eye(2)[nearer[c.span]], 2, model.structure))
        for _ in range(EM_STEPS_PER_LOOK // 2):
            posterior = model.maximize(few.statistics(model.potentials(posterior), model.structure), posterior)
        shares = to_numpy(self.fold.engine.responsibilities(rows.values, model.potentials(posterior)))
        return np.clip(np.asarray(shares, dtype=np.float64), SMALLEST_SHARE, 1.0 - SMALLEST_SHARE)


def in_structure(groups: SufficientStatistics, structure: Structure) -> SufficientStatistics:
    """Give the sums of groups as a model of a structure learns from them.

    Parameters
    ----------
    groups : SufficientStatistics
        In `structure_of_groups`.
    structure : Structure

    Returns
    -------
    statistics : SufficientStatistics

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.search.gibbs import in_structure
    >>> from mixfold.structures import FULL, POOLED
    >>> groups = Fold.of_rows(np.array([[0.0], [2.0], [5.0], [9.0]])).centered_moments(
    ...     lambda chunk: np.eye(2)[[0, 0, 1, 1]], 2, FULL
    ... )
    >>> groups.scatter.ravel(), in_structure(groups, POOLED).scatter
    (array([2., 8.]), array([[10.]]))
    """
    if not structure.is_shared:
        return groups
    return replace(groups, scatter=structure.of_scatter(groups.scatter), structure=structure)


def _joined(one: SufficientStatistics, other: SufficientStatistics) -> SufficientStatistics:
    """Give the groups of both beside one another, of rows that are all those of the first."""
    center, count, shift, scatter = (
        np.concatenate([getattr(one, name), getattr(other, name)]) for name in ("center", "count", "shift", "scatter")
    )
    return replace(one, center=center, count=count, shift=shift, scatter=scatter)


def _log_ratio(state: State, proposed: State, group: int) -> float:
    """Give the log of the ratio by which what is proposed is taken, but for how probably rows are divided so."""
    last = proposed.n_groups - 1
    numbers = _log_number(state, group) - _log_number(proposed, last)
    return proposed.log_density - state.log_density + numbers


def _log_number(state: State, group: int) -> float:
    """Give minus the log probability that a row of a group is drawn first."""
    return float(np.log(state.n_groups) + np.log(state.groups.count[group]))


def _twice(whitener: FloatArray, model: Variational) -> FloatArray:
    return whitener if model.structure.is_shared else np.repeat(whitener, 2, axis=0)
