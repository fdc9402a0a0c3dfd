"""`ByRow`: rows each of which sees what a mixture is of in a way of its own, so that each is asked by itself."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import replace
from typing import Self

import numpy as np

from mixfold.observations.abstract import Observation
from mixfold.observations.components import Components, refuse_other_than_normal
from mixfold.observations.view import View
from mixfold.potentials import Potentials
from mixfold.rows import Rows
from mixfold.statistics import SufficientStatistics
from mixfold.typing import Array, BoolArray, FloatArray


class ByRow(Observation):
    """Rows that are scored, and whose x is expected, one by one: there is no view that is that of all.

    Two verbs take its place. `scores` says how components score rows, and `shared` what the rows x are expected to sum
    to where the responsibilities of rows are known. What a fold asks follows from these; who can do it at once, in
    fewer steps, says so by a `statistics` of its own. Rows come on the host and in float64, a block of a chunk that has
    rows of one stratum; a value that is missing is NaN.

    Examples
    --------
    Of values that are below a limit only that is known (Lee & Scott 2012):

    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from scipy.stats import norm
    >>> from mixfold.observations import ByRow, Components
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.rows import Rows
    >>> from mixfold.statistics import SufficientStatistics
    >>> from mixfold.structures import FULL
    >>> @dataclass(frozen=True)
    ... class Below(ByRow):  # of one feature; a row is the limit
    ...     def _steps(self, rows, components):
    ...         deviations = np.sqrt(components.covariances[:, 0, 0])
    ...         return (rows.values - components.means[:, 0]) / deviations, deviations
    ...
    ...     def scores(self, rows, components):
    ...         return components.log_weights + norm.logcdf(self._steps(rows, components)[0])
    ...
    ...     def shared(self, rows, components, responsibilities):
    ...         z, deviations = self._steps(rows, components)
    ...         held, ratio = responsibilities * rows.weights_or_ones[:, None], np.exp(norm.logpdf(z) - norm.logcdf(z))
    ...         count, shift = held.sum(axis=0), (held * -ratio * deviations).sum(axis=0)
    ...         scatter = (held * (1.0 - z * ratio) * deviations**2).sum(axis=0)
    ...         weight = float(np.sum(rows.weights_or_ones))
    ...         return SufficientStatistics(
    ...             components.means, count, shift[:, None], scatter[:, None, None], FULL, 0.0, rows.n, weight
    ...         )
    >>> components = Components.of(Potentials.nearest(np.zeros((1, 1))))
    >>> Below().statistics(Rows(np.zeros((3, 1))), components).means.round(3)  # -sqrt(2 / pi)
    array([[-0.798]])
    """

    __slots__ = ()

    @property
    def by_row(self) -> Self:
        """Itself."""
        return self

    def seen(self, values: Array) -> Array:
        """Give the rows."""
        return values

    def view(self, components: Components) -> View:
        """Give the components as they are, for no view is that of all rows; a label is of a component."""
        return View(
            components.potentials if self.allowed is None else replace(components.potentials, background=-math.inf)
        )

    @abstractmethod
    def scores(self, rows: Rows, components: Components) -> FloatArray:
        """Give the log densities of rows under each component, with the logarithms of its weight, (n, K)."""

    @abstractmethod
    def shared(self, rows: Rows, components: Components, responsibilities: FloatArray) -> SufficientStatistics:
        """Give the sums, with a full scatter, that x is expected to have where rows are shared as (n, K).

        Around the means of the components; weights of rows are not in the responsibilities, and there is no
        log-likelihood.
        """

    def statistics(self, rows: Rows, components: Components, *, is_hard: bool = False) -> SufficientStatistics:
        """Give the sums, with a full scatter, that x is expected to have under the components.

        Parameters
        ----------
        rows : Rows
        components : Components
        is_hard : bool
            Whether each row belongs to the component of highest score.
        """
        lacks = np.isnan(rows.values)
        among, potentials = self.beside(components, lacks)
        scores, background = self.scores(rows, among), potentials.background_of(lacks)
        best = np.maximum(np.max(scores, axis=1), background)
        log_density = best if is_hard else log_sum(scores, background)
        if is_hard:
            labels = output_of_scores("labels", scores, background)
            shares = (labels[:, None] == np.arange(scores.shape[1])).astype(np.float64)
        else:
            shares = np.exp(scores - log_density[:, None])
        total = float(rows.weights_or_ones @ log_density)
        return replace(self.shared(rows, components, shares), log_likelihood=total)

    def output(self, name: str, rows: Rows, components: Components) -> FloatArray:
        """Give what is said of rows: "log_density", "responsibilities", "scores" or "labels".

        Parameters
        ----------
        name : str
        rows : Rows
        components : Components
        """
        lacks = np.isnan(rows.values)
        among, potentials = self.beside(components, lacks)
        return output_of_scores(name, self.scores(rows, among), potentials.background_of(lacks))

    def beside(self, components: Components, lacks: BoolArray) -> tuple[Components, Potentials]:
        """Give the components that rows may be of, and what the background is to them: a label is of a component.

        Raises
        ------
        InputError
            If components have heavy tails, or values are missing beside a background whose sides are not known.
        """
        potentials = components.potentials
        if potentials.degrees is not None:
            refuse_other_than_normal(potentials, has_noise=True)
        if self.allowed is not None:
            log_weights = components.log_weights + self.log_allowed(len(components.log_weights))
            return replace(components, log_weights=log_weights), replace(potentials, background=-math.inf)
        if potentials.has_background and potentials.log_sides is None and np.any(lacks):
            refuse_other_than_normal(potentials)
        return components, potentials


def output_of_scores(name: str, scores: FloatArray, background: FloatArray) -> FloatArray:
    """Give what is said of rows by the scores of components (n, K), and that of the background (n,).

    Parameters
    ----------
    name : str
    scores : ndarray of shape (n, n_components)
    background : ndarray of shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.observations.by_row import output_of_scores
    >>> output_of_scores("labels", np.array([[-3.0, -1.0], [-9.0, -8.0]]), np.full(2, -5.0))
    array([ 1, -1])
    """
    if name == "scores":
        return scores
    if name == "labels":
        return np.where(np.max(scores, axis=1) < background, -1, np.argmax(scores, axis=1))
    log_density = log_sum(scores, background)
    return log_density if name == "log_density" else np.exp(scores - log_density[:, None])


def log_sum(scores: FloatArray, background: FloatArray) -> FloatArray:
    """Give the log density of rows, (n,), of the scores of components (n, K) and of the background (n,).

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.observations.by_row import log_sum
    >>> log_sum(np.log([[0.5, 0.25]]), np.array([-np.inf])).round(3)
    array([-0.288])
    """
    best = np.maximum(np.max(scores, axis=1), background)
    return np.asarray(
        best + np.log(np.sum(np.exp(scores - best[:, None]), axis=1) + np.exp(background - best)), dtype=np.float64
    )
