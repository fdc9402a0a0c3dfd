"""Fisher vectors: sets of rows, as of an image or a recording, as one vector each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from mixfold.errors import InputError
from mixfold.mixtures import Mixture
from mixfold.mixtures.scoring import fold_over
from mixfold.structures import DIAGONAL
from mixfold.typing import FloatArray


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
    if np.count_nonzero(mixture.component_covariances) > mixture.means.size:
        message = f"Covariances of `mixture` must be diagonal, got {mixture.covariance_type!r}. Fit 'diag', say."
        raise InputError(message)
    roots = np.sqrt(mixture.weights)[:, None]
    deviations = mixture.deviations
    found = []
    for number, bag in enumerate(bags):
        if len(bag) == 0:
            message = f"Each set in `bags` must have at least one row, got none in set {number}."
            raise InputError(message)
        sums = fold_over(bag, mixture.n_features).statistics(mixture.potentials, DIAGONAL)
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
