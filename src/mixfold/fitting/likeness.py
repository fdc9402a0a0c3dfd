"""How much alike the components of data are, in shape and in size, and so how much the rows of one tell of another.

Covariances that come from one inverse-Wishart differ the less, the more degrees of freedom it has. How many is told by
the evidence, which has a closed form: of the scatter of each component, given the covariance within the others. That
many pseudo-rows each component is worth to any other (empirical Bayes; Chen 1979, Greene & Rayens 1989).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import gammaln

from mixfold.engines import kernels
from mixfold.structures import Structure
from mixfold.typing import FloatArray

ROWS = 10.0 ** np.linspace(0.0, 3.0, 16)
"""Pseudo-rows, of which the most likely number is taken; in size the smallest counts as none."""
NEWTON_STEPS, WIDEST_STEP, SHORTEST_STEP = 12, 2.0, 1e-3
"""To the most likely size of a component, in its logarithm; after the shortest, the next is a millionth."""
LEAST = 1e-6
"""Of the covariance within all components, which that within the others is at least."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Pseudo-rows that components are worth to each other.

    Attributes
    ----------
    in_shape : float
        Those that have the shape of the others; zero where it is not known.
    in_size : float
        Those that have their size, too.
    """

    in_shape: float = 0.0
    in_size: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """The rows of each component by themselves.

    Attributes
    ----------
    scatters : ndarray of shape (n_components, n_features, n_features) or (n_components, n_features)
        Around their means.
    counts : ndarray of shape (n_components,)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting.likeness import Apart
    >>> from mixfold.structures import FULL
    >>> counts = np.array([50.0, 50.0, 50.0])
    >>> round_ones = Apart(50.0 * np.stack([np.eye(2), 1.1 * np.eye(2), 0.9 * np.eye(2)]), counts)
    >>> long_ones = Apart(50.0 * np.stack([np.diag([1.0, 9.0]), np.diag([9.0, 1.0]), np.eye(2)]), counts)
    >>> round_ones.likeness(FULL).in_shape > 50.0, long_ones.likeness(FULL).in_shape < 5.0
    (True, True)
    """

    scatters: FloatArray
    counts: FloatArray

    @classmethod
    def unknown(cls, n_features: int) -> Self:
        """Give what tells nothing."""
        return cls(np.zeros((0, n_features)), np.zeros(0))

    def likeness(self, structure: Structure) -> Likeness:
        """Give the most likely numbers, for components whose covariances have a structure."""
        d = self.scatters.shape[1]
        if len(self.counts) < 2:
            return Likeness()
        is_own = structure.reduced(self.scatters[0], d).ndim == self.scatters.ndim - 1
        reduced = self.scatters if is_own else np.stack([structure.reduced(scatter, d) for scatter in self.scatters])
        told = evidence(reduced.reshape(len(reduced), -1) if reduced.ndim == 1 else reduced, self.counts)
        if told is None:
            return Likeness()
        of_size, of_shape = told
        in_size = float(ROWS[np.argmax(of_size)])
        in_shape = float(ROWS[np.argmax(of_shape)]) if reduced.ndim > 1 and d > 1 else 0.0
        return Likeness(in_shape, in_size if in_size > ROWS[0] else 0.0)


def evidence(scatters: FloatArray, counts: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Give the log evidence of each of `ROWS` that scatters have the size of the others, and their shape.

    Parameters
    ----------
    scatters : ndarray of shape (n_components, n_features, n_features) or (n_components, n_features)
        Around the means of components; of diagonal ones, squares.
    counts : ndarray of shape (n_components,)

    Returns
    -------
    of_size, of_shape : ndarray of shape (n_rows,), or None
        None where fewer than two components have rows enough to tell.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fitting.likeness import ROWS, evidence
    >>> of_size, of_shape = evidence(np.stack([50.0 * np.eye(2), 51.0 * np.eye(2)]), np.array([50.0, 51.0]))
    >>> bool(ROWS[np.argmax(of_size)] > 100.0 and ROWS[np.argmax(of_shape)] > 100.0)
    True
    """
    if kernels.NATIVE_AVAILABLE and scatters.shape[1] <= kernels.DECOMPOSED_FEATURES:
        found = np.empty((len(ROWS), 2))
        scatters, counts = np.ascontiguousarray(scatters), np.ascontiguousarray(counts)
        n_told = kernels.compiled.evidence_of_likeness(scatters, counts, ROWS, LEAST, found)
        return (found[:, 0], found[:, 1]) if n_told > 1 else None
    ratios, degrees = _in_others(scatters, counts)
    if len(degrees) < 2:
        return None
    return _size_evidence(ratios, degrees), _shape_evidence(ratios, degrees, scatters.ndim == 3)


def _in_others(scatters: FloatArray, counts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the eigenvalues of scatters in the covariance within the others, and degrees of freedom.

    Components of next to no rows, or beside others of too few rows to have a covariance, are left out; all, where one
    is lost in rounding.
    """
    k, d = scatters.shape[:2]
    total, everything = np.sum(scatters, axis=0), float(np.sum(counts))
    needed = d + 1 if scatters.ndim == 3 else 2
    others = everything - counts
    told = np.flatnonzero((counts >= 2.0) & (others - (k - 1) >= needed))
    nothing = np.zeros((0, d)), np.zeros(0)
    if not len(told):
        return nothing
    some = scatters[told]
    within = (total - some) / others[told].reshape(-1, *(1,) * (some.ndim - 1)) + LEAST * total / everything
    if some.ndim == 3:
        try:
            halves = np.linalg.inv(np.linalg.cholesky(within))
        except np.linalg.LinAlgError:
            return nothing
        ratios = np.linalg.eigvalsh(halves @ some @ np.swapaxes(halves, -1, -2))
    else:
        ratios = some / within
    return np.maximum(ratios, LEAST), counts[told] - 1.0


def _shape_evidence(ratios: FloatArray, degrees: FloatArray, is_matrix: bool) -> FloatArray:
    """Give the log evidence (g,) of each number of pseudo-rows that scatters have the shape of the others.

    With n degrees of freedom, nu of the prior, and eigenvalues w_i, of a size s:

        nu D/2 log s - (nu + n)/2 sum_i log(s + w_i) + log Gamma_D((nu + n) / 2) - log Gamma_D(nu / 2)

    The size, of which nothing is known, is integrated out: as if log s were normal around where it is most likely.
    """
    d = ratios.shape[1]
    steps = np.arange(d) if is_matrix else np.zeros(d)
    prior = (ROWS + np.max(steps))[:, None]  # (g, 1)
    after = prior + degrees
    # The most likely size has sum_i s / (s + w_i) = nu D / (nu + n), which rises with it.
    wanted, log_size = prior * d / after, np.log(np.mean(ratios, axis=1) / degrees * prior)
    for _ in range(NEWTON_STEPS):
        share = 1.0 / (1.0 + ratios * np.exp(-log_size)[..., None])
        slope = np.maximum(np.sum(share * (1.0 - share), axis=2), np.finfo(np.float64).tiny)
        step = np.clip((wanted - np.sum(share, axis=2)) / slope, -WIDEST_STEP, WIDEST_STEP)
        log_size = log_size + step
        if np.max(np.abs(step)) < SHORTEST_STEP:
            break
    share = 1.0 / (1.0 + ratios * np.exp(-log_size)[..., None])
    logs = np.sum(np.log(np.exp(log_size)[..., None] + ratios), axis=2)
    precision = np.maximum(0.5 * after * np.sum(share * (1.0 - share), axis=2), np.finfo(np.float64).tiny)
    gammas = gammaln(0.5 * (after[..., None] - steps)) - gammaln(0.5 * (prior[..., None] - steps))
    each = 0.5 * prior * d * log_size - 0.5 * after * logs - 0.5 * np.log(precision) + np.sum(gammas, axis=2)
    return np.asarray(np.sum(each, axis=1))


def _size_evidence(ratios: FloatArray, degrees: FloatArray) -> FloatArray:
    """Give the log evidence (g,) of each number of pseudo-rows that scatters of known shape have the others' size."""
    n_features = ratios.shape[1]
    prior = (ROWS * n_features)[:, None]
    after, size = prior + degrees * n_features, np.mean(ratios, axis=1) * n_features
    logs = 0.5 * prior * np.log(prior) - 0.5 * after * np.log(prior + size)
    return np.asarray(np.sum(logs + gammaln(0.5 * after) - gammaln(0.5 * prior), axis=1))
