"""`PriorScale`: conjugate priors on the scale of data, whose two numbers are learned like anything else.

A component's covariance is expected to be `size` times that of all rows, and its mean to be distributed as all rows
are, so that both together vary as the data do; how alike components are is told by how many rows the first is known by.
The bound under a prior is a lower bound of its evidence, so that the best prior is taken (empirical Bayes). Which that
is, is asked with the posterior learned anew under each, for as long as rows are shared as they were: a posterior that
stayed would hold its prior where it is, as each is near the other. No invertible linear map of the rows changes what is
found.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import product
from typing import Self

import numpy as np

from mixfold.covariance import CovarianceFamily
from mixfold.fold import Fold
from mixfold.models.scatter_prior import ScatterBelief, ScatterPrior
from mixfold.models.shared_rows import NO_PRIOR, SharedRows
from mixfold.models.variational import NO_JITTER, Variational
from mixfold.models.weight_posteriors import WeightPrior
from mixfold.statistics import SufficientStatistics
from mixfold.typing import FloatArray

SIZES = tuple(float(size) for size in 10.0 ** -np.arange(0.0, 4.01, 0.25))
"""Of a component's covariance, as it is expected before any rows, in that of all rows: from 1 to 1e-4."""
MEAN_PRECISIONS = SIZES[-1], SIZES[0]
"""Rows that means may be known by beforehand: more than one is more than their spread about the mean of all."""
SETTLED = 1e-1
"""Nats that another prior must bring: it and what is learned under it would come ever nearer to an end."""
MOST_TURNS = 100
"""Of a belief in a scatter and the posterior, each given the other."""
HOPED_GAINS = 3.0
"""Times what turns are predicted to gain that they are waited for."""
FIRST_SIZES = (1.0, 0.03)
"""Those that fits begin with."""
LIKENESSES = (-0.5, 0.0, 1.0, 2.0, 5.0, 12.0, 30.0)
"""Rows, beyond D, that a component's covariance is known by: more than -1; with more than one it has an expectation."""
TAUGHT_LIKENESSES = (*LIKENESSES, 75.0, 190.0)
"""The same where components teach each other a shape. That of all rows is of the rows themselves, which would count
twice all the more."""
FIRST_LIKENESS = 2.0
"""That fits begin with."""
NARROW, NEVER = 1e-12, 1e-12
"""Of a feature's variance, and where that is zero of the largest one: what is added where a prior would not be positive
definite, so that it is."""
ROUNDING = 1e-12
"""Of the mean of a feature: a deviation below it is none."""


@dataclass(frozen=True)
class PriorScale:
    """Where the priors of a model come from: what the caller says, and else what all rows are like.

    Attributes
    ----------
    family : CovarianceFamily
    weight_prior : WeightPrior
    mean : ndarray of shape (n_features,)
    covariance : ndarray
        Of all rows, in the shape of one component.
    mean_precision_prior, degrees_of_freedom_prior : float or None
        What the caller says; None is learned.
    covariance_prior : ndarray or None
        Likewise.
    ridge : float
    jitter : ndarray of shape (n_features,) or ()
        Of recorded values.
    learns_scatter : bool
        Whether components teach each other the shape of their covariances (`ScatterPrior`), where the caller does not
        say it; else it is that of all rows.
    axes : ndarray of shape (n_features, n_features) or None
        What they teach each other are the variances along these columns alone, if there are any.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import PriorScale, StickPrior
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> scale = PriorScale.of(fold, family_for("diag"), StickPrior(1.0))
    >>> scale.mean, scale.first[0].covariance_prior.round(1)
    (array([5.]), array([16.7]))
    """

    family: CovarianceFamily
    weight_prior: WeightPrior
    mean: FloatArray
    covariance: FloatArray
    mean_precision_prior: float | None = None
    degrees_of_freedom_prior: float | None = None
    covariance_prior: FloatArray | None = None
    ridge: float = 0.0
    learns_scatter: bool = False
    axes: FloatArray | None = None
    jitter: FloatArray = field(default_factory=lambda: NO_JITTER)

    @classmethod
    def of(cls, fold: Fold, family: CovarianceFamily, weight_prior: WeightPrior) -> Self:
        """Look at all rows, twice."""
        d, structure = fold.source.n_features, family.structure
        whole = fold.centered_moments(lambda rows: np.ones((rows.n, 1)), 1, structure)
        covariance = family.dense(family.maximize(whole.about_means, whole.count, NO_PRIOR), 1, d)[0]
        variances = np.diagonal(covariance)
        # A feature that never varies, but for the rounding of its mean, has no unit of its own.
        is_constant = variances <= (ROUNDING * whole.means[0]) ** 2
        constant = np.where(is_constant, NEVER * (float(np.max(variances)) or 1.0), 0.0)
        units = np.sqrt(np.maximum(variances, constant))
        least = float(np.linalg.eigvalsh(covariance / np.outer(units, units))[0])  # below zero by rounding of the sums
        wider = NARROW + 2.0 * max(0.0, -least) if least < NARROW else 0.0
        covariance = covariance + np.diag(wider * variances + constant)
        return cls(family, weight_prior, whole.means[0], structure.reduced(covariance, d))

    @property
    def first(self) -> list[Variational]:
        """The models that fits begin with."""
        known = self.mean_precision_prior is not None and self.covariance_prior is not None
        return [self.model(size, FIRST_LIKENESS) for size in FIRST_SIZES[: 1 if known else None]]

    def model(self, size: float, likeness: float) -> Variational:
        """Give the model whose components are believed to have so large and so similar covariances before any rows."""
        precision = size if self.mean_precision_prior is None else self.mean_precision_prior
        scatter, belief = self.covariance_prior, None
        if scatter is None:
            times = size * scatter_rows(likeness)
            scatter = times * self.covariance
            if self.learns_scatter:
                scatter, belief = self._scatter_prior.before(times)
        return self._with(precision, self._degrees(likeness), scatter, belief)

    @cached_property
    def models(self) -> list[list[Variational]]:
        """The models that there are to choose from, where the scatter is no belief: for each likeness of each size."""
        return [[self.model(size, likeness) for size in SIZES] for likeness in LIKENESSES]

    def best(self, statistics: SufficientStatistics, present: Variational) -> Variational:
        """Give the model under which rows that are shared in one way have most evidence: no bound falls by that.

        Parameters
        ----------
        statistics : SufficientStatistics
            Of rows under a posterior.
        present : Variational
            The model it is of, which is given if no other has more.
        """
        if None not in (self.mean_precision_prior, self.degrees_of_freedom_prior) and self.covariance_prior is not None:
            return present
        rows = present.shared(statistics)
        if self.learns_scatter and self.covariance_prior is None:
            evidence, best = self._taught_by(rows, present)
        else:
            evidence, best = self._highest(rows, present)
        return best if evidence - present.log_evidence(rows) > SETTLED else present

    def taught_by(self, statistics: SufficientStatistics, present: Variational) -> Variational:
        """Give the best model of those that believe in the scatter that components tell of."""
        return self._taught_by(present.shared(statistics), present)[1]

    def as_of(self, model: Variational) -> Self:
        """Give the same, which learns what a model has learned."""
        return replace(self, learns_scatter=model.scatter_belief is not None)

    def _highest(self, rows: SharedRows, present: Variational) -> tuple[float, Variational]:
        """Climb from the model that is most like the present one to what has more evidence among those next to it."""

        @cache
        def evidence(row: int, column: int) -> float:
            return self.models[row][column].log_evidence(rows)

        differences = np.sum(np.abs(self._places - _place(present)), axis=2)
        row, column = np.unravel_index(np.argmin(differences), differences.shape)
        here = int(row), int(column)
        while True:
            near = product(_next_to(here[0], len(LIKENESSES)), _next_to(here[1], len(SIZES)))
            there = max(near, key=lambda cell: evidence(*cell))
            if evidence(*there) <= evidence(*here):
                return evidence(*here), self.models[here[0]][here[1]]
            here = there

    def _taught_by(self, rows: SharedRows, present: Variational) -> tuple[float, Variational]:
        """Climb likewise among likenesses."""
        likeness = present.degrees_of_freedom_prior - len(self.mean)
        here = int(np.argmin(np.abs(np.array(TAUGHT_LIKENESSES) - likeness)))
        believed = {here: self._believing(rows, present, TAUGHT_LIKENESSES[here], -np.inf)}
        while True:
            for at in _next_to(here, len(TAUGHT_LIKENESSES)):
                if at not in believed:
                    highest = max(evidence for evidence, _ in believed.values())
                    believed[at] = self._believing(rows, present, TAUGHT_LIKENESSES[at], highest)
            there = max(believed, key=lambda at: believed[at][0])
            if there == here:
                return believed[here]
            here = there

    def _believing(
        self, rows: SharedRows, present: Variational, likeness: float, rival: float
    ) -> tuple[float, Variational]:
        """Learn a belief in a scatter and a posterior by turns, and give the evidence and the model.

        It is given up where it has no hope to come to a rival.
        """
        k, degrees, prior = len(rows.counts), self._degrees(likeness), self._scatter_prior
        # Under which rows are predicted as widely as they were, where a component has few.
        n_more = len(self.mean) - 1.0
        wider = (degrees - n_more) / (present.degrees_of_freedom_prior - n_more)
        components = rows.components(present.mean_precision_prior, wider * present.covariance_prior, degrees)
        values: list[float] = []
        sizes = np.array(SIZES) * scatter_rows(likeness)
        for _ in range(MOST_TURNS):
            precision = self.mean_precision_prior or present.best_mean_precision(components, *MEAN_PRECISIONS)
            total = prior.total_precision(components.whitener, k)
            model = self._with(precision, degrees, *prior.learned(sizes, total, k, degrees))
            components = model.components_of(rows)
            value = model.log_evidence(rows, components)
            values.append(value)
            has_settled = len(values) > 1 and value <= values[-2] + SETTLED
            if has_settled or value + HOPED_GAINS * _left_to_gain(values) < rival:
                break
        return value, model

    def _degrees(self, likeness: float) -> float:
        asked = self.degrees_of_freedom_prior
        return len(self.mean) + likeness if asked is None else asked

    def _with(self, precision: float, degrees: float, scatter: FloatArray, belief: ScatterBelief | None) -> Variational:
        family, weights = self.family, self.weight_prior
        return Variational(family, weights, self.mean, precision, scatter, degrees, self.ridge, belief, self.jitter)

    @cached_property
    def _places(self) -> FloatArray:
        """`_place` of each of the models."""
        return np.array([[_place(model) for model in models] for models in self.models])

    @cached_property
    def _scatter_prior(self) -> ScatterPrior:
        return ScatterPrior(self.family.structure, self.covariance, len(self.mean), self.axes)


def scatter_rows(likeness: float) -> float:
    """Give the scatter beforehand of a component that is expected to vary as all rows do, in their covariance.

    Where a covariance has no expectation, or nearly none, what takes its place goes on from two to nothing at -1.

    Parameters
    ----------
    likeness : float
        More than -1.

    Examples
    --------
    >>> from mixfold.models.prior_scale import scatter_rows
    >>> scatter_rows(5.0), scatter_rows(2.0), scatter_rows(0.5)
    (4.0, 1.0, 0.5)
    """
    return max(likeness - 1.0, (likeness + 1.0) / 3.0)


def _left_to_gain(values: list[float]) -> float:
    """Predict what is left to gain where each turn gains less than the one before by the same factor (Aitken)."""
    if len(values) < 3:
        return np.inf
    before, gain = np.diff(values[-3:])
    return float(gain**2 / (before - gain)) if gain < before else np.inf


def _place(model: Variational) -> FloatArray:
    """Give the logarithms of the numbers by which models of a scale differ."""
    size = float(np.mean(model.covariance_prior**2))
    return np.log([model.mean_precision_prior, model.degrees_of_freedom_prior, size])


def _next_to(at: int, n: int) -> range:
    return range(max(at - 1, 0), min(at + 2, n))
