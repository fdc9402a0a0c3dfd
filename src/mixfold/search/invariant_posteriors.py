"""Posteriors in coordinates in which neither a unit nor, for families that have any direction, a matrix shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self, cast

import numpy as np

from mixfold.covariance import FAMILIES, CovarianceFamily, Equivariance
from mixfold.engines import to_numpy
from mixfold.fitting.course import Leg
from mixfold.fitting.invariant_coordinates import InvariantCoordinates
from mixfold.fitting.pilots import WHITE_FEATURES, n_distinct
from mixfold.fold import Fold
from mixfold.fold.sampling import ascending
from mixfold.models import Point, PriorScale, Problem
from mixfold.rows import Rows
from mixfold.search.found_components import Found
from mixfold.sources import in_memory
from mixfold.typing import FloatArray


@dataclass(frozen=True, slots=True)
class InvariantPosteriors:
    """The way into the coordinates where a search for components works, and the way back.

    Attributes
    ----------
    coordinates : InvariantCoordinates
    family : CovarianceFamily
    fold : Fold
        Over rows in memory, in their own features.
    inside : Fold
        Over the same rows in the coordinates, in an order that these say, as `Fold.sample` has it.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fold import Fold
    >>> from mixfold.search.invariant_posteriors import InvariantPosteriors
    >>> fold = Fold.of_rows(np.array([[0.0, 5.0], [2.0, 9.0]]))
    >>> InvariantPosteriors.of(fold, family_for("diag")).inside.source.values
    array([[-1., -1.],
           [ 1.,  1.]])
    """

    coordinates: InvariantCoordinates
    family: CovarianceFamily
    fold: Fold
    inside: Fold

    @classmethod
    def of(cls, fold: Fold, family: CovarianceFamily) -> Self:
        """Look at the rows of a fold in memory."""
        rows = in_memory(fold.source).rows
        values, weights = (np.asarray(to_numpy(each), np.float64) for each in (rows.values, rows.weights_or_ones))
        coordinates = InvariantCoordinates.of(values, weights, family)
        if coordinates.is_reduced:  # there is a way back for whole posteriors only
            coordinates = InvariantCoordinates.of(values, weights, FAMILIES["diag"])
        if family.equivariance is Equivariance.SIMILARITY:  # no axis has a say but those of all rows
            axes = _principal_axes(coordinates.into(values), weights)
            coordinates = replace(coordinates, linear=np.asarray(coordinates.linear) * axes)
        there, d = coordinates.into(values), values.shape[1]
        order = ascending(there @ np.cos(np.arange(d)))  # as `in_order`
        return cls(coordinates, family, fold, fold.on_rows(Rows(there[order], rows.marks.take(order))))

    def scale(self, scale: PriorScale) -> PriorScale:
        """Give the priors of the rows for their coordinates."""
        linear, prior = np.asarray(self.coordinates.linear, np.float64), scale.covariance_prior
        is_mixed = linear.ndim == 2 and bool(np.any(scale.jitter))
        return replace(
            scale,
            mean=self.coordinates.into(scale.mean),
            covariance=self.family.mapped(scale.covariance, linear),
            covariance_prior=None if prior is None else self.family.mapped(prior, linear),
            jitter=(linear * scale.jitter) @ linear.T if is_mixed else _scaled(scale.jitter, linear),
        )

    def units(self, scale: PriorScale) -> FloatArray | None:
        """Give the map from coordinates to features in units of their deviations; None where coordinates are few.

        In many coordinates that are all alike clusters drown.
        """
        if len(scale.mean) <= WHITE_FEATURES or not self.family.structure.is_matrix:
            return None
        if not self.coordinates.is_white:  # which are these features
            return np.ones(len(scale.mean))
        return np.asarray(self.coordinates.inverse / np.sqrt(np.diagonal(scale.covariance))[:, None])

    @property
    def is_spanned(self) -> bool:
        """Whether rows lie in all directions: where they do not, rounding decides where coordinates point."""
        rows = np.asarray(to_numpy(in_memory(self.inside.source).values), np.float64)
        return n_distinct(rows, rows.shape[1] + 1) > rows.shape[1]

    def back(self, found: Found, jitter: FloatArray) -> Found:
        """Give what was found in the features of the rows, where recorded values have that jitter."""
        model, posterior, inverse = found.problem.model, found.posterior, self.coordinates.inverse
        belief = model.scatter_belief
        if belief is not None:
            belief = belief._replace(mean_log=belief.mean_log - 2.0 * self.coordinates.log_determinant)
        model = replace(
            model,
            mean_prior=self._features(model.mean_prior),
            covariance_prior=self.family.mapped(model.covariance_prior, inverse),
            scatter_belief=belief,
            jitter=jitter,
        )
        covariances = self.family.mapped(posterior.covariances, inverse)
        problem = Problem(self.fold, model)
        there = replace(posterior, means=self._features(posterior.means), covariances=covariances)
        point = Point.at(problem, there)
        shift = point.objective - found.point.objective  # by the volume of the map
        legs = tuple((at, *([one + shift for one in each] for each in columns)) for at, *columns in found.legs)
        return Found(problem, point, cast("tuple[Leg, ...]", legs))

    def _features(self, coordinates: FloatArray) -> FloatArray:
        inverse = self.coordinates.inverse
        away = coordinates @ inverse.T if inverse.ndim == 2 else coordinates * inverse
        return np.asarray(self.coordinates.center + away)


def _scaled(jitter: FloatArray, linear: FloatArray) -> FloatArray:
    return jitter if linear.ndim == 2 else np.asarray(jitter * linear**2)


def _principal_axes(centered: FloatArray, weights: FloatArray) -> FloatArray:
    """Give the principal axes of centered rows, a row each, along which these are skewed to the right."""
    axes = np.linalg.eigh((weights[:, None] * centered).T @ centered)[1]
    signs = np.where(weights @ (centered @ axes) ** 3 < 0.0, -1.0, 1.0)
    return np.asarray((axes * signs).T)
