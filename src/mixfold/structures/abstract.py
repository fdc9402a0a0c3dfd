"""`Structure`: the shape that second moments take, and the verbs on arrays of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from mixfold.typing import Array, FloatArray, IntArray


class Structure(ABC):
    """The shape of a whitener or of a scatter, for K components in D dimensions.

    The same shapes serve both directions of the narrow waist: the whitener of `Potentials` and the scatter of
    `SufficientStatistics`. They are shapes of arrays, not covariance families: a family picks one shape for what it
    needs from the data, and several families share a shape. Structures are values: equal where they have the same name.

    Attributes
    ----------
    name : str
    is_matrix : bool
        Whether a covariance is a whole matrix (D, D).
    is_shared : bool
        Whether all components have one covariance.
    has_shape : bool
        Whether variances of features may differ.
    correlates : bool
        Whether features may vary together.
    can_extend : bool
        Whether features may be added that vary as others make them.
    is_streamable : bool
        Whether scatters taken under different potentials can be added once they are around the same centers.
    rank : int
        The number of vectors of each component; zero of all but `Factors`.

    Examples
    --------
    >>> from mixfold.structures import STRUCTURES, Factors
    >>> [structure.shape(3, 2) for structure in STRUCTURES]
    [(3, 2, 2), (2, 2), (3, 2), (3,)]
    >>> Factors(4) == Factors(4), Factors(4).shape(10, 784)
    (True, (10, 784, 5))
    """

    __slots__ = ()
    is_matrix: ClassVar[bool] = False
    is_shared: ClassVar[bool] = False
    has_shape: ClassVar[bool] = True
    correlates: ClassVar[bool] = False
    can_extend: ClassVar[bool] = False
    is_streamable: ClassVar[bool] = True

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is called in files and messages."""

    @property
    def rank(self) -> int:
        """The number of vectors of each component."""
        return 0

    @abstractmethod
    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        """Give the shape of an array of this structure."""

    @abstractmethod
    def reduced(self, covariance: FloatArray, n_features: int) -> FloatArray:
        """Give a covariance in the shape of one component of this structure, as `Prior.scale` has it.

        Parameters
        ----------
        covariance : ndarray of shape (n_features, n_features), (n_features,) or ()
            A matrix, the diagonal of one, or a variance that all features have.
        n_features : int

        Returns
        -------
        reduced : ndarray
            The matrix (full, pooled), its diagonal (diagonal, factors) or the mean of its diagonal (spherical).

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold.structures import FULL, SPHERICAL
        >>> SPHERICAL.reduced(np.array([1.0, 3.0]), 2), FULL.reduced(np.array(2.0), 2)
        (array(2.), array([[2., 0.],
               [0., 2.]]))
        """

    @abstractmethod
    def of_equal(
        self, weights: FloatArray, covariance: FloatArray, n_features: int, basis: FloatArray | None = None
    ) -> FloatArray:
        """Give the scatter of components of weights (K,) that all have one covariance, in the shape of `reduced`.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold.structures import DIAGONAL, SPHERICAL
        >>> DIAGONAL.of_equal(np.array([2.0]), np.array([1.0, 3.0]), 2)
        array([[2., 6.]])
        >>> SPHERICAL.of_equal(np.array([2.0]), np.array(2.0), 2)  # traces
        array([8.])
        """

    @abstractmethod
    def mean_squares(self, whitener: FloatArray, covariance: FloatArray, n_features: int) -> FloatArray:
        """Give tr(C G_k^T G_k), the mean of ||G_k e||^2 over noise e of covariance C, for each (K,) or once for all.

        Parameters
        ----------
        whitener : ndarray of shape ``self.shape(n_components, n_features)``
        covariance : ndarray
            C in the shape of `reduced`.
        n_features : int
        """

    @abstractmethod
    def outer(self, weights: FloatArray, vectors: FloatArray, basis: FloatArray | None = None) -> FloatArray:
        """Give the weighted outer products w_k v_k v_k^T, reduced to this structure.

        Parameters
        ----------
        weights : ndarray of shape (n_components,)
        vectors : ndarray of shape (n_components, n_features)
        basis : ndarray of shape (n_components, n_features, rank), optional
            That of `Factors`.

        Returns
        -------
        outer : ndarray of shape ``self.shape(n_components, n_features)``
            The products themselves (full), their sum over components (pooled), their diagonals (diagonal), their
            traces (spherical), or their diagonals and their products with the basis (factors).

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold.structures import SPHERICAL
        >>> SPHERICAL.outer(np.array([1.0, 2.0]), np.array([[3.0, 4.0], [1.0, 0.0]]))
        array([25.,  2.])
        """

    @abstractmethod
    def of_scatter(self, scatter: FloatArray, basis: FloatArray | None = None) -> FloatArray:
        """Give full scatters (K, D, D), reduced to this structure.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold.structures import DIAGONAL, SPHERICAL
        >>> scatter = np.array([[[4.0, 1.0], [1.0, 2.0]]])
        >>> DIAGONAL.of_scatter(scatter), SPHERICAL.of_scatter(scatter)
        (array([[4., 2.]]), array([6.]))
        """

    @abstractmethod
    def summed(
        self, weighted: Array, difference: Array, products: Callable[[Array, Array], Array], xp: Any, dtype: Any
    ) -> Array:
        """Sum weighted outer products of differences over rows, in the rows' library of arrays `xp`.

        Parameters
        ----------
        weighted, difference : array of shape (n_components, n, n_features)
            w_kn (x_n - m_k), which may be overwritten, and x_n - m_k.
        products : callable
            Of two such arrays it gives the sums over rows of their outer products, (K, D, D).
        xp : namespace
        dtype : dtype
            In which to sum.

        Returns
        -------
        scatter : array of shape ``self.shape(n_components, n_features)``
        """

    @abstractmethod
    def whitened(self, difference: Array, whitener: Array, xp: Any) -> Array:
        """Give G_k (x - m_k) of differences (K, n, D), in the rows' library of arrays `xp`."""

    @abstractmethod
    def colored(self, noise: FloatArray, whitener: FloatArray, component: int) -> FloatArray:
        """Give G_k^-1 e of one component, for noise (n, D)."""

    def take(self, array: FloatArray, components: IntArray | slice) -> FloatArray:
        """Give the array of some of the components, in the order that is asked for."""
        return array[components]

    def basis(self, n_components: int, n_features: int, whitener: FloatArray | None = None) -> FloatArray | None:
        """Give the vectors (K, D, rank) that a scatter is multiplied with; None where there are none.

        `whitener` is one of the same structure, whose vectors they are; without it they are the structure's own.
        """
        del n_components, n_features, whitener
        return None

    @abstractmethod
    def mapped(self, covariances: FloatArray, linear: FloatArray) -> FloatArray:
        """Give the covariances of L x, for L a matrix (D, D), a scale for each feature (D,), or one for all ().

        Any where a covariance is a matrix; else a scale.
        """

    def extended(self, covariances: FloatArray, linear: FloatArray, variances: FloatArray) -> FloatArray:
        """Give the covariances of x and, after it, of L x and noise of these variances; where `can_extend`.

        Parameters
        ----------
        covariances : ndarray
            Of one component or all, in D features.
        linear : ndarray of shape (n_more, D)
        variances : ndarray of shape (n_more,)

        Raises
        ------
        NotImplementedError
            Where features may not vary as others make them.
        """
        raise NotImplementedError(self.name)

    @abstractmethod
    def smallest_eigenvalue(self, covariances: FloatArray) -> float:
        """Give the smallest eigenvalue of all covariances."""

    @abstractmethod
    def coordinates(self, whitener: FloatArray, reference: FloatArray) -> FloatArray:
        """Give unconstrained coordinates of G, (p,), which are zero at a reference: log-diagonals first.

        Those of the H with ``G = H reference``: the logarithms of its diagonal, and what lies below it.
        """

    @abstractmethod
    def from_coordinates(self, coordinates: FloatArray, reference: FloatArray) -> FloatArray:
        """Give the G at coordinates."""

    @abstractmethod
    def apply(self, whitener: FloatArray, vectors: FloatArray) -> FloatArray:
        """Give G_k v_k for a vector of each component, (K, D)."""

    @abstractmethod
    def solve(self, whitener: FloatArray, vectors: FloatArray) -> FloatArray:
        """Give G_k^-1 v_k for a vector of each component, (K, D)."""
