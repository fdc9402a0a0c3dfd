"""Sets of rows, as the patches of an image or the frames of a recording, as one vector each: three ways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from mixfold.errors import InputError
from mixfold.fitting import adapt
from mixfold.mixtures import Mixture
from mixfold.mixtures.scoring import fold_over
from mixfold.statistics import SufficientStatistics
from mixfold.structures import DIAGONAL, FULL, Structure
from mixfold.typing import FloatArray

HIGHEST = 2


def fisher_vectors(mixture: Mixture, bags: Iterable[Any], *, normalized: bool = True) -> FloatArray:
    """Give how each set of rows would move the parameters of a mixture: one vector a set, of one length for all.

    The expected statistics of a set under the mixture, relative to what they are for its own rows, in units of their
    spread (Sanchez, Perronnin, Mensink & Verbeek 2013, eqs. 16 to 18). Sets that are alike have vectors in the same
    direction, so that a linear classifier, or the nearest neighbors by scalar product, tell them.

    Parameters
    ----------
    mixture : Mixture
        Of all rows together, with covariances that are diagonal; some 16 to 256 components.
    bags : iterable of array-like of shape (n_rows, n_features)
        The rows of each set, at least one.
    normalized : bool, default=True
        Signed roots of all entries, and vectors of length one, which makes scalar products fair (sections 2.3.2 and
        2.3.1).

    Returns
    -------
    vectors : ndarray of shape (n_bags, n_components * (1 + 2 * n_features))
        Of the weights, then the means, then the variances of all components.

    Raises
    ------
    InputError
        If a covariance is not diagonal, or a set has no rows.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import GaussianMixture
    >>> from mixfold.apps import fisher_vectors
    >>> random = np.random.default_rng(0)
    >>> bags = [random.normal(center, 1.0, (50, 2)) for center in (0.0, 0.0, 3.0)]
    >>> mixture = GaussianMixture(2, covariance_type="diag", random_state=0).fit(np.concatenate(bags)).mixture_
    >>> vectors = fisher_vectors(mixture, bags)
    >>> likeness = vectors @ vectors.T
    >>> vectors.shape, bool(likeness[0, 1] > 0.5 > likeness[0, 2])
    ((3, 10), True)
    """
    if not _is_diagonal(mixture):
        message = f"Covariances of `mixture` must be diagonal, got {mixture.covariance_type!r}. Fit 'diag', say."
        raise InputError(message)
    roots = np.sqrt(mixture.weights)[:, None]
    deviations = mixture.deviations
    found = []
    for sums in _statistics(mixture, bags, DIAGONAL):
        counts = sums.count[:, None]
        parts = (
            (counts / sums.n_rows - roots**2) / roots,
            sums.shift / deviations / (sums.n_rows * roots),
            (sums.scatter / deviations**2 - counts) / (np.sqrt(2.0) * sums.n_rows * roots),
        )
        found.append(np.concatenate([part.ravel() for part in parts]))
    vectors = np.array(found).reshape(len(found), mixture.n_components * (1 + 2 * mixture.n_features))
    if not normalized:
        return vectors
    signed = np.sign(vectors) * np.sqrt(np.abs(vectors))
    lengths = np.linalg.norm(signed, axis=1, keepdims=True)
    return signed / np.where(lengths > 0.0, lengths, 1.0)


def statistics_vectors(mixture: Mixture, bags: Iterable[Any], *, order: int = 2) -> FloatArray:
    """Give the mean sufficient statistics of each set of rows under a mixture: one vector a set, of one length for all.

    The share of each component, which is a bag of words (order 0); the mean step of its rows from its mean, which is
    what vectors of locally aggregated descriptors sum (Jegou, Douze, Schmid & Perez 2010), with soft assignment (order
    1); and their mean square (order 2). Steps are in standard deviations of the component, along its axes, so that a
    sample of the mixture has shares like its weights, steps about zero and squares like its weights.

    Nothing is lost that EM would learn from the set, and it is linear: the vector of two sets together is the mean of
    both, weighted by their rows. `fisher_vectors` are these about what is expected, on the scale of their spread.

    Parameters
    ----------
    mixture : Mixture
        Of all rows together, of any family.
    bags : iterable of array-like of shape (n_rows, n_features)
        The rows of each set, at least one.
    order : {0, 1, 2}, default=2
        Up to which power of the rows.

    Returns
    -------
    vectors : ndarray of shape (n_bags, n_components * length)
        All shares, then all steps, then all squares. `length` is 1, 1 + D or 1 + 2 D of D features; of covariances that
        are not diagonal, squares are D (D + 1) / 2 products, those of two features times sqrt(2), as a scalar product
        of matrices counts them twice.

    Raises
    ------
    InputError
        If `order` is another, or a set has no rows.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.apps import statistics_vectors
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [100.0]], [1.0, 4.0], "spherical")
    >>> statistics_vectors(mixture, [[[1.0], [104.0], [96.0], [104.0]]])
    array([[0.25, 0.75, 0.25, 0.5 , 0.25, 3.  ]])
    """
    if order not in range(HIGHEST + 1):
        message = f"`order` must be 0 (shares), 1 (and steps) or 2 (and squares), got {order!r}."
        raise InputError(message)
    k, d = mixture.means.shape
    inverses = np.linalg.inv(np.linalg.cholesky(mixture.component_covariances))
    rows, columns = np.diag_indices(d) if _is_diagonal(mixture) else np.triu_indices(d)
    doubled = np.where(rows == columns, 1.0, np.sqrt(2.0))
    found = []
    for sums in _statistics(mixture, bags, FULL):
        squares = inverses @ sums.scatter @ np.swapaxes(inverses, 1, 2)
        parts = (sums.count, inverses @ sums.shift[:, :, None], squares[:, rows, columns] * doubled)
        found.append(np.concatenate([part.ravel() for part in parts[: order + 1]]) / sums.n_rows)
    return np.array(found).reshape(len(found), k * (1, 1 + d, 1 + d + len(rows))[order])


def supervectors(mixture: Mixture, bags: Iterable[Any], *, relevance_factor: float = 16.0) -> FloatArray:
    """Give the means to which a mixture is adapted by each set of rows: one vector a set, of one length for all.

    Means of components of which a set has few rows stay (`mixfold.fitting.adapt`), so that short sets are not far from
    everything. Half the squared distance of two vectors bounds the divergence between both adapted mixtures (Campbell,
    Sturim & Reynolds 2006, eqs. 4 to 6).

    Parameters
    ----------
    mixture : Mixture
        Of all rows together, of any family: the background.
    bags : iterable of array-like of shape (n_rows, n_features)
        The rows of each set, at least one.
    relevance_factor : float, default=16.0
        Rows that the mixture's own means count for; at least zero.

    Returns
    -------
    vectors : ndarray of shape (n_bags, n_components * n_features)
        Steps of all means from those of the mixture, in standard deviations along the axes of the component, times the
        root of its weight.

    Raises
    ------
    InputError
        If `relevance_factor` is negative or not finite, or a set has no rows.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.apps import supervectors
    >>> mixture = Mixture([0.25, 0.75], [[0.0], [100.0]], [1.0, 4.0], "spherical")
    >>> supervectors(mixture, [[[2.0], [2.0]]], relevance_factor=2.0)  # halfway to 2, times 1 / 2
    array([[0.5, 0. ]])
    """
    factors = np.linalg.cholesky(mixture.component_covariances)
    roots = np.sqrt(mixture.weights)[:, None]
    found = []
    for bag in _with_rows(bags):
        steps = adapt(mixture, bag, relevance_factor=relevance_factor).means - mixture.means
        found.append((roots * np.linalg.solve(factors, steps[:, :, None])[:, :, 0]).ravel())
    return np.array(found).reshape(len(found), mixture.means.size)


def _is_diagonal(mixture: Mixture) -> bool:
    return bool(np.count_nonzero(mixture.component_covariances) <= mixture.means.size)


def _statistics(mixture: Mixture, bags: Iterable[Any], structure: Structure) -> Iterator[SufficientStatistics]:
    for bag in _with_rows(bags):
        yield fold_over(bag, mixture.n_features).statistics(mixture.potentials, structure)


def _with_rows(bags: Iterable[Any]) -> Iterator[Any]:
    for number, bag in enumerate(bags):
        if len(bag) == 0:
            message = f"Each set in `bags` must have at least one row, got none in set {number}."
            raise InputError(message)
        yield bag
