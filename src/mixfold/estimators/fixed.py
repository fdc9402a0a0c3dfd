"""Parameters that a caller knows, and that a fit leaves alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from numbers import Real
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from scipy.optimize import linear_sum_assignment

from mixfold.covariance import CovarianceFamily
from mixfold.engines import to_numpy
from mixfold.errors import CollapseError, InputError, ShapeError
from mixfold.fitting import Steps, em_steps
from mixfold.fold import Fold
from mixfold.models import Frozen, Penalized, Problem
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.rows import Marks, Rows
from mixfold.typing import FloatArray
from mixfold.validation import is_tensor

N_SEEDINGS, SEEDING_STEPS = 8, 10
"""Starts that are drawn, and EM steps by which they are compared."""
KNOWN = ("weights", "means", "covariances", "min_weight", "mean_differences")
STARTS = {"weights": "weights_init", "means": "means_init", "covariances": "precisions_init"}
"""What truth values say of which numbers are known."""


NOTHING: Mapping[str, FloatArray] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Fixed:
    """What is known of weights, means and covariances: NaN where it is to be learned.

    Attributes
    ----------
    weights, means, covariances : ndarray or None
        In their shapes.
    min_weight : float
        What no weight that is learned is below.
    differences : ndarray or None
        Means up to a shift in common; NaN in rows of components whose means are free.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.estimators.fixed import Fixed
    >>> Fixed.of({"means": [[0.0], [np.nan]]}, family_for("full"), 2, 1).means.ravel()
    array([ 0., nan])
    """

    weights: FloatArray | None = None
    means: FloatArray | None = None
    covariances: FloatArray | None = None
    min_weight: float = 0.0
    differences: FloatArray | None = None

    @classmethod
    def of(
        cls,
        fixed: Mapping[str, Any],
        family: CovarianceFamily,
        n_components: int,
        n_features: int,
        held: Mapping[str, FloatArray] = NOTHING,
    ) -> Self:
        """Check what a caller knows.

        Parameters
        ----------
        fixed : mapping
            Values under the names of `KNOWN`, or truth values that say which numbers of the start stay.
        family : CovarianceFamily
        n_components, n_features : int
        held : mapping
            The weights, means and covariances of the start, so far as there are.

        Raises
        ------
        InputError, ShapeError or CollapseError
            If a name is none of those, a shape does not fit, or a covariance is not positive definite.
        """
        others = sorted(set(fixed) - set(KNOWN))
        if others:
            message = f"`fixed` may name {', '.join(KNOWN)}, got {', '.join(map(repr, others))}. Leave the others out."
            raise InputError(message)
        k, shape = n_components, family.shape(n_components, n_features)
        least = fixed.get("min_weight") or 0.0
        if not isinstance(least, Real) or not 0.0 <= float(least) * k <= 1.0:
            message = (
                f"`fixed['min_weight']` must be a number from 0 to 1 / n_components = {1.0 / k:g}, got {least!r}. Pass "
                "a smaller one, or fit fewer components."
            )
            raise InputError(message)
        known = cls(
            _of_shape(fixed, "weights", (k,), held),
            _of_shape(fixed, "means", (k, n_features), held),
            _of_shape(fixed, "covariances", shape, held),
            float(least),
            _of_shape(fixed, "mean_differences", (k, n_features), held),
        )
        known._refuse_bad_differences()
        known._refuse_bad_covariances(family)
        return known

    def model(self, model: Penalized) -> Frozen:
        """Give the model that leaves alone what is known."""
        return Frozen(model, self.weights, self.means, self.covariances, self.min_weight, self.differences)

    def matched(self, parameters: Parameters, model: Penalized) -> Parameters:
        """Give a mixture whose components are in the order in which they are nearest to what is known, with that."""
        (k, d), family = parameters.means.shape, model.family
        scale = np.sqrt(parameters.weights @ family.variances(parameters.covariances, k, d))
        away = np.zeros((k, k))  # of each known component from each that was found
        if self.means is not None:
            away += np.nansum(((self.means[:, None] - parameters.means) / scale) ** 2, axis=2)
        if self.differences is not None:
            away += self._away_up_to_a_shift(parameters.means / scale, scale)
        if self.covariances is not None and not model.structure.is_shared:
            ours = np.log(family.variances(np.where(np.isnan(self.covariances), 1.0, self.covariances), k, d))
            theirs = np.log(family.variances(parameters.covariances, k, d))
            known = ~np.any(np.isnan(self.covariances.reshape(k, -1)), axis=1)
            away += known[:, None] * np.sum((ours[:, None] - theirs) ** 2, axis=2)
        if self.weights is not None:
            away += np.nan_to_num((self.weights[:, None] - parameters.weights) ** 2)
        order = linear_sum_assignment(away)[1]
        return self.model(model).begun(parameters.reordered(order, model.structure))

    def _away_up_to_a_shift(self, means: FloatArray, scale: FloatArray) -> FloatArray:
        """Give the squares by which known components are away from found ones, after the shift that suits them best."""
        assert self.differences is not None  # noqa: S101  (callers look)
        known = self.differences / scale
        first = int(np.flatnonzero(~np.isnan(known[:, 0]))[0])
        tried = [
            np.nansum((known[:, None] + (mean - known[first]) - means) ** 2, axis=2)  # the first is this one
            for mean in means
        ]
        costs = [float(np.sum(one[linear_sum_assignment(one)])) for one in tried]
        return tried[int(np.argmin(costs))]

    def seeded(
        self, complete: Fold, model: Penalized, n_components: int, random_state: np.random.RandomState
    ) -> list[tuple[str, Parameters]]:
        """Name the best of some starts whose free components lie far from those that are known, and from each other.

        Parameters
        ----------
        complete : Fold
        model : Penalized
        n_components : int
        random_state : RandomState
        """
        if self.means is None:
            return []
        rows, problem, tried = complete.sample(random_state), Problem(complete, self.model(model)), list[Steps]()
        values, weights = rows.values, rows.weights_or_ones
        scale = np.std(values, axis=0)
        scale = np.where(scale > 0.0, scale, 1.0)
        one_for_all = Potentials.nearest(np.zeros((n_components, values.shape[1])))
        for _ in range(N_SEEDINGS):
            means, is_free = self.means.copy(), np.isnan(self.means)
            chosen = [mean for mean, free in zip(means, is_free, strict=True) if not np.any(free)]
            for at in np.flatnonzero(np.any(is_free, axis=1)):
                away = np.ones(len(values))
                if chosen:
                    away = np.min([np.sum(((values - mean) / scale) ** 2, axis=1) for mean in chosen], axis=0)
                share = away * weights
                drawn = values[random_state.choice(len(values), p=share / np.sum(share))]
                means[at] = np.where(is_free[at], drawn, means[at])
                chosen.append(means[at])
            nearest = replace(one_for_all, center=means / scale)
            shares = Fold.of_rows(values / scale).labels(nearest)[:, None] == np.arange(n_components)
            try:
                moments = Fold.of_rows(values, Marks(weights)).centered_moments(
                    partial(_rows_of, shares.astype(np.float64)), n_components, model.structure
                )
                start = self.model(model).begun(replace(model.maximize(moments), means=means))
                tried.append(em_steps(problem, start, SEEDING_STEPS))
            except CollapseError:
                continue
        best = max(tried, key=lambda steps: steps.point.objective, default=None)
        return [] if best is None else [("seeded", best.point.parameters)]

    def _refuse_bad_differences(self) -> None:
        if self.differences is None:
            return
        free = np.isnan(self.differences)
        if self.means is not None or np.any(np.any(free, axis=1) != np.all(free, axis=1)):
            message = (
                "`fixed['mean_differences']` must hold whole rows, or NaN throughout where a mean is free, without "
                "`fixed['means']`. Leave one of them out, or complete the rows."
            )
            raise InputError(message)

    def _refuse_bad_covariances(self, family: CovarianceFamily) -> None:
        if self.covariances is None:
            return
        given = self.covariances
        if given.ndim > 1 and not family.structure.is_shared:
            flat = np.isnan(given.reshape(len(given), -1))
            if np.any(np.any(flat, axis=1) != np.all(flat, axis=1)):
                message = (
                    "`fixed['covariances']` must hold whole covariances, or NaN throughout where one is free, got NaN "
                    f"in a part of component {np.argmax(np.any(flat, axis=1) != np.all(flat, axis=1))}. Complete it, "
                    "or leave it free."
                )
                raise InputError(message)
            given = given[~flat[:, 0]]
        elif given.ndim == 1:
            given = given[~np.isnan(given)]
        if given.size:
            try:
                family.whiten(given)
            except CollapseError as error:
                message = f"`fixed['covariances']` must be positive definite. {error}"
                raise CollapseError(message) from error


def _of_shape(
    fixed: Mapping[str, Any], name: str, shape: tuple[int, ...], held: Mapping[str, FloatArray]
) -> FloatArray | None:
    if fixed.get(name) is None:
        return None
    try:
        given = np.asarray(to_numpy(fixed[name]) if is_tensor(fixed[name]) else fixed[name])
        numbers = given.astype(np.float64)
    except (TypeError, ValueError) as error:
        message = f"`fixed[{name!r}]` must be numbers of shape {shape}, NaN for what is free: {error}. Pass an array."
        raise ShapeError(message) from error
    if numbers.shape != shape or np.any(np.isinf(numbers)):
        what = f"shape {numbers.shape}" if numbers.shape != shape else "infinity"
        message = (
            f"`fixed[{name!r}]` must be finite and have shape {shape}, with NaN where it is to be learned, got {what}. "
            "Give a row to each component, and a column to each feature."
        )
        raise ShapeError(message)
    if given.dtype == np.bool_:
        numbers = np.where(given, _held(name, held), np.nan)
    return None if np.all(np.isnan(numbers)) else numbers


def _held(name: str, held: Mapping[str, FloatArray]) -> FloatArray:
    """Give the start, of which truth values say what stays."""
    if name not in held:
        start = STARTS.get(name)
        message = (
            f"Truth values in `fixed[{name!r}]` say which numbers of a start stay, but "
            + (f"`{start}` is None. Pass it, or" if start else "there is none of these. Pass")
            + " the numbers themselves, with NaN where they are to be learned."
        )
        raise InputError(message)
    return held[name]


def _rows_of(shares: FloatArray, chunk: Rows) -> FloatArray:
    return shares[chunk.span]
