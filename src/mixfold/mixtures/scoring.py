"""What a distribution says of rows in memory."""

from __future__ import annotations

from typing import Any

import array_api_compat
import numpy.typing as npt

from mixfold.engines import engine_for
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.potentials import Potentials
from mixfold.sources import ArraySource
from mixfold.typing import Array
from mixfold.validation import rows_of


class Scoring:
    """A distribution that has `potentials`, and answers for each row; results have the dtype and device of `X`.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.mixtures import Scoring
    >>> class Nearest(Scoring):
    ...     potentials = Potentials.nearest(np.array([[0.0], [9.0]]))
    >>> Nearest().predict([[1.0], [7.0]])
    array([0, 1])
    """

    __slots__ = ()

    potentials: Potentials

    def log_density(self, X: npt.ArrayLike) -> Array:
        """Give the log density of each row.

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_rows, n_features)

        Returns
        -------
        log_density : ndarray or tensor of shape (n_rows,)
            In nats; dtype and device of `X`.
        """
        return self._over(X).log_density(self.potentials)

    def responsibilities(self, X: npt.ArrayLike) -> Array:
        """Give the posterior probability of each component for each row (Bishop 2006, eq. 9.23).

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_rows, n_features)

        Returns
        -------
        responsibilities : ndarray or tensor of shape (n_rows, n_components)
            Rows sum to one; dtype and device of `X`.
        """
        return self._over(X).responsibilities(self.potentials)

    def labels(self, X: npt.ArrayLike) -> Array:
        """Give the most probable component of each row.

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_rows, n_features)

        Returns
        -------
        labels : ndarray or tensor of shape (n_rows,)
        """
        return self._over(X).labels(self.potentials)

    predict_proba = responsibilities
    predict = labels

    def mahalanobis(self, X: npt.ArrayLike) -> Array:
        """Give the Mahalanobis distance of each row from each component's mean (Bishop 2006, eq. 2.44).

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_rows, n_features)

        Returns
        -------
        distances : ndarray or tensor of shape (n_rows, n_components)
            In standard deviations: ``sqrt((x - m_k)^T S_k^-1 (x - m_k))``; dtype and device of `X`.

        Examples
        --------
        >>> from mixfold import Mixture
        >>> Mixture([0.5, 0.5], [[0.0], [10.0]], [4.0, 1.0], "spherical").mahalanobis([[6.0]])
        array([[3., 4.]])
        """
        return mahalanobis_distances(self._over(X), self.potentials)

    def uncertainty(self, X: npt.ArrayLike) -> Array:
        """Give the probability that each row is not of its most probable component, as mclust's `uncertainty`.

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_rows, n_features)

        Returns
        -------
        uncertainty : ndarray or tensor of shape (n_rows,)
            ``1 - max_k r_k``, from 0 to ``1 - 1 / n_components``; exact where it is tiny.

        Examples
        --------
        >>> from mixfold import Mixture
        >>> Mixture([0.5, 0.5], [[0.0], [4.0]], [1.0, 1.0], "spherical").uncertainty([[2.0], [-8.0]])
        array([5.00000000e-01, 4.24835426e-18])
        """
        return probability_of_others(self.responsibilities(X))

    def _over(self, X: Any) -> Fold:
        rows = rows_of(X, n_features=self.potentials.n_features)
        return Fold(ArraySource(rows), engine_for(rows), LocalExecutor())


def mahalanobis_distances(fold: Fold, potentials: Potentials) -> Array:
    """Give the Mahalanobis distance of each row of a fold from each center.

    Parameters
    ----------
    fold : Fold
    potentials : Potentials

    Returns
    -------
    distances : ndarray or tensor of shape (n_rows, n_components)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> from mixfold.potentials import Potentials
    >>> from mixfold.mixtures import mahalanobis_distances
    >>> mahalanobis_distances(Fold.of_rows(np.array([[1.0], [4.0]])), Potentials.nearest(np.array([[0.0], [6.0]])))
    array([[1., 5.],
           [4., 2.]])
    """
    scores = [fold.log_density(potentials.alone(component)) for component in range(potentials.n_components)]
    xp = array_api_compat.array_namespace(*scores)
    return xp.sqrt(-2.0 * xp.stack(scores, axis=1))


def probability_of_others(responsibilities: Array) -> Array:
    """Give what all components but the most probable have of each row: nothing cancels, as it does in one minus that.

    Parameters
    ----------
    responsibilities : ndarray or tensor of shape (n_rows, n_components)

    Returns
    -------
    uncertainty : ndarray or tensor of shape (n_rows,)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.mixtures import probability_of_others
    >>> probability_of_others(np.array([[0.75, 0.25], [1.0, 1e-30]]))
    array([2.5e-01, 1.0e-30])
    """
    xp = array_api_compat.array_namespace(responsibilities)
    number = xp.arange(responsibilities.shape[1], device=array_api_compat.device(responsibilities))
    is_best = number[None, :] == xp.argmax(responsibilities, axis=1)[:, None]
    return xp.sum(xp.where(is_best, xp.zeros_like(responsibilities), responsibilities), axis=1)
