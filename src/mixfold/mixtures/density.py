"""`Density`: what potentials say of rows, as methods of whatever mixture has them."""

from __future__ import annotations

import numpy.typing as npt

from mixfold.mixtures.scoring import fold_over, mahalanobis_distances, probability_of_others
from mixfold.potentials import Potentials
from mixfold.typing import Array


class Density:
    """A density of rows and of the component that each is of, which potentials say.

    Attributes
    ----------
    potentials : Potentials

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import Density
    >>> isinstance(Mixture([1.0], [[0.0]], [1.0], "spherical"), Density)
    True
    """

    __slots__ = ()
    potentials: Potentials

    def log_density(self, X: npt.ArrayLike) -> Array:
        """Give the log density of each row: of the values that it has, where others are missing (NaN).

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_rows, n_features)

        Returns
        -------
        log_density : ndarray or tensor of shape (n_rows,)
            In nats; dtype and device of `X`.
        """
        return fold_over(X, self.potentials.n_features, gaps=True).log_density(self.potentials)

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
        return fold_over(X, self.potentials.n_features, gaps=True).responsibilities(self.potentials)

    def labels(self, X: npt.ArrayLike) -> Array:
        """Give the most probable component of each row.

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_rows, n_features)

        Returns
        -------
        labels : ndarray or tensor of shape (n_rows,)
        """
        return fold_over(X, self.potentials.n_features, gaps=True).labels(self.potentials)

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
        return mahalanobis_distances(fold_over(X, self.potentials.n_features), self.potentials)

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
