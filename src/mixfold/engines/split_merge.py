"""What splitting the components of a mixture gains and merging them loses, in kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixfold.engines import kernels
from mixfold.engines.kernels import numbers_of
from mixfold.prior import Prior
from mixfold.structures import FULL
from mixfold.typing import Array, FloatArray


@dataclass(frozen=True, slots=True)
class SplitRules:
    """How components are split.

    Attributes
    ----------
    negligible : float
        Rows of which a component has no larger share are none of its own.
    least : float
        Weight of these without which it is not split.
    between : float
        Share of the variance along an axis that lies between its halves.
    n_cuts : int
        Principal axes across which it is cut, the longest first.
    n_steps : int
        EM steps from each pair of halves.
    """

    negligible: float
    least: float
    between: float
    n_cuts: int
    n_steps: int


@dataclass(frozen=True, slots=True)
class Splits:
    """Two components for the rows of each component of a mixture.

    Attributes
    ----------
    gains : ndarray of shape (n_components,)
        Log-likelihood that these rows gain, in nats; NaN where the component is not split.
    weights : ndarray of shape (n_components, 2)
        Rows sum to one.
    means : ndarray of shape (n_components, 2, n_features)
    covariances : ndarray of shape (n_components, 2, n_features, n_features)
    """

    gains: FloatArray
    weights: FloatArray
    means: FloatArray
    covariances: FloatArray


def merge_losses(weights: FloatArray, means: FloatArray, covariances: FloatArray) -> FloatArray | None:
    """Bound what merging each pair of components loses, in nats for each unit of weight (Runnalls 2007, eq. 22).

    Parameters
    ----------
    weights, means : ndarray of shape (n_components,), (n_components, n_features)
    covariances : ndarray
        Of shape (n_components, n_features, n_features), or (n_components, n_features) the diagonals.

    Returns
    -------
    losses : ndarray of shape (n_components, n_components), or None
        Above the diagonal; infinite elsewhere. None where there are no kernels.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import kernels
    >>> from mixfold.engines.split_merge import merge_losses
    >>> losses = merge_losses(np.full(3, 1 / 3), np.array([[0.0], [0.0], [9.0]]), np.ones((3, 1)))
    >>> kernels.NATIVE_AVAILABLE is False or bool(abs(losses[0, 1]) < 1e-9 < losses[0, 2])
    True
    """
    if not kernels.NATIVE_AVAILABLE:
        return None
    losses = np.empty((len(weights), len(weights)))
    weights, means = np.ascontiguousarray(weights), np.ascontiguousarray(means)
    kernels.compiled.merge_losses(weights, means, np.ascontiguousarray(covariances), losses)
    return losses


def split_components(
    rows: Array,
    row_weights: FloatArray,
    mixture: tuple[FloatArray, FloatArray, FloatArray],
    prior: Prior,
    rules: SplitRules,
    needed: FloatArray | None = None,
) -> Splits | None:
    """Fit two components to the rows of each, from cuts across its longest axes.

    Parameters
    ----------
    rows : ndarray of shape (n, n_features)
        On the host, of single or double precision.
    row_weights : ndarray of shape (n,)
    mixture : tuple of ndarray
        Weights (K,), means (K, D) and covariances (K, D, D).
    prior : Prior
        Of the two.
    rules : SplitRules
    needed : ndarray of shape (n_components,), optional
        Gains that are asked for: steps that will not come to them end early.

    Returns
    -------
    splits : Splits or None
        None where there are no kernels, or the mixture has no density.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines import kernels
    >>> from mixfold.engines.split_merge import SplitRules, split_components
    >>> from mixfold.prior import Prior
    >>> rows, prior = np.array([[0.0], [1.0], [8.0], [9.0]]), Prior.from_rows(0.1, np.eye(1))
    >>> whole = np.ones(1), np.array([[4.5]]), np.array([[[16.25]]])
    >>> splits = split_components(rows, np.ones(4), whole, prior, SplitRules(1e-3, 2.0, 0.75, 1, 20))
    >>> kernels.NATIVE_AVAILABLE is False or splits.means.ravel().round(1).tolist() == [0.5, 8.5]
    True
    """
    if not kernels.NATIVE_AVAILABLE:
        return None
    weights, means, covariances = map(np.ascontiguousarray, mixture)
    k, d = means.shape
    along, axes = np.linalg.eigh(covariances)
    found = Splits(np.empty(k), np.empty((k, 2)), np.empty((k, 2, d)), np.empty((k, 2, d, d)))
    has_density = kernels.compiled.split_components(
        rows,
        row_weights,
        weights,
        means,
        covariances,
        along,
        np.ascontiguousarray(axes),
        *numbers_of(prior, FULL, d),
        rules.negligible,
        rules.least,
        rules.between,
        rules.n_cuts,
        rules.n_steps,
        np.full(k, -np.inf) if needed is None else needed,
        found.gains,
        found.weights,
        found.means,
        found.covariances,
    )
    return found if has_density else None
