"""`Potentials`: what goes down to an engine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mixfold.structures import SPHERICAL, Structure
from mixfold.typing import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Potentials:
    """The scores that K components give to a row x: ``offset_k - 1/2 ||whitener_k (x - center_k)||^2``.

    With degrees of freedom, and q for the squared distance ``||whitener_k (x - center_k)||^2``, the score is that of a
    heavy tail, ``offset_k - (degrees_k + D)/2 log(1 + q / degrees_k)``, and the row counts in shift and scatter
    ``u = (degrees_k + D) / (degrees_k + q)`` times its share (Liu & Rubin 1995).

    Everything that an engine is told. Maximum likelihood, a prior, variational Bayes and the plain evaluation of a
    density differ only in how they compute the three arrays; k-means is the case of one shared sphere.

    Attributes
    ----------
    offset : ndarray of shape (n_components,)
        For a mixture ``log weight - D/2 log(2 pi) - 1/2 log|Sigma|``; minus infinity for a component of weight zero.
    center : ndarray of shape (n_components, n_features)
        Where differences, and the statistics that come back, are taken.
    whitener : ndarray
        A lower-triangular G with ``G^T G = Sigma^-1``, in the shape that `structure` names: (K, D, D), (D, D) shared,
        (K, D) the diagonals, (K,) one number a component, or (K, D, 1 + r) the factors [w | V] of
        ``G = (I - V V^T) diag(w)``, which is not triangular.
    structure : Structure
        The shape of `whitener`.
    background : float
        The score of one component more, the same wherever the row lies: a uniform density (Banfield & Raftery 1993). It
        takes its share of each row and has no sums of its own: its weight is what counts leave of the weight. Minus
        infinity where there is none.
    degrees : ndarray of shape (n_components,) or None
        Degrees of freedom, positive and finite; None for Gaussian components, which are their limit.
    log_sides : ndarray of shape (n_features,) or None
        Logarithms of the lengths whose product is the volume of the background: of part of a row it has the density of
        those sides alone. None where it is not known.
    log_weights : ndarray of shape (n_components,) or None
        What the offset has of the weights of components, which counts once for rows that are of one component together;
        None where they have none.
    background_log_weight : float
        The same of the background.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.potentials import Potentials
    >>> potentials = Potentials.nearest(np.array([[0.0, 0.0], [3.0, 4.0]]))  # k-means: -1/2 squared distance
    >>> potentials.n_components, potentials.n_features, potentials.structure.name
    (2, 2, 'spherical')
    """

    offset: FloatArray
    center: FloatArray
    whitener: FloatArray
    structure: Structure
    background: float = -math.inf
    degrees: FloatArray | None = None
    log_sides: FloatArray | None = None
    log_weights: FloatArray | None = None
    background_log_weight: float = 0.0

    @property
    def has_background(self) -> bool:
        """Whether rows may belong to no component."""
        return self.background > -math.inf

    def background_of(self, lacks: BoolArray) -> FloatArray:
        """Give the score of the background at rows (n,) that lack some of their values (n, n_features).

        Examples
        --------
        >>> import numpy as np
        >>> from dataclasses import replace
        >>> potentials = replace(Potentials.nearest(np.zeros((1, 2))), background=-5.0, log_sides=np.array([2.0, 3.0]))
        >>> potentials.background_of(np.array([[False, False], [False, True]]))
        array([-5., -2.])
        """
        return self.background + (np.zeros(len(lacks)) if self.log_sides is None else lacks @ self.log_sides)

    @property
    def n_components(self) -> int:
        """Number of components K."""
        return int(self.center.shape[0])

    @property
    def n_features(self) -> int:
        """Number of features D."""
        return int(self.center.shape[1])

    @classmethod
    def nearest(cls, centers: FloatArray) -> Potentials:
        """Score a row by minus half its squared Euclidean distance to each center: the potentials of k-means.

        Parameters
        ----------
        centers : ndarray of shape (n_components, n_features)

        Examples
        --------
        >>> import numpy as np
        >>> Potentials.nearest(np.array([[0.0, 0.0], [3.0, 4.0]])).whitener
        array([1., 1.])
        """
        k = len(centers)
        return cls(np.zeros(k), np.asarray(centers, dtype=np.float64), np.ones(k), SPHERICAL)

    @classmethod
    def averaged(cls, each: Sequence[Potentials], shares: FloatArray) -> Potentials:
        """Give the average of mixtures of one structure, that of whiteners of single components: one of them all.

        Parameters
        ----------
        each : sequence of Potentials
            Without a background.
        shares : ndarray of shape (n_mixtures,)
            They sum to one; of a share of zero nothing is scored.

        Examples
        --------
        >>> import numpy as np
        >>> one, other = (Potentials.nearest(np.array([[center]])) for center in (0.0, 5.0))
        >>> np.exp(Potentials.averaged([one, other], np.array([0.9, 0.1])).offset)
        array([0.9, 0.1])
        """
        with np.errstate(divide="ignore"):
            log_shares = np.repeat(np.log(shares), [one.n_components for one in each])
        degrees = [one.degrees for one in each if one.degrees is not None]
        log_weights = [one.log_weights for one in each if one.log_weights is not None]
        return cls(
            np.concatenate([one.offset for one in each]) + log_shares,
            np.concatenate([one.center for one in each]),
            np.concatenate([one.whitener for one in each]),
            each[0].structure,
            degrees=np.concatenate(degrees) if degrees else None,
            log_weights=np.concatenate(log_weights) + log_shares if log_weights else None,
        )

    def jittered(self, covariance: FloatArray) -> Potentials:
        """Score a row by the mean of its scores when it is spread around where it is: 1/2 tr(C G^T G) less.

        Parameters
        ----------
        covariance : ndarray of shape (n_features, n_features), (n_features,) or ()
            C of the noise, which has mean zero.

        Raises
        ------
        ValueError
            With degrees of freedom: the mean of such a score is none of any potentials.

        Examples
        --------
        >>> import numpy as np
        >>> Potentials.nearest(np.array([[0.0, 0.0]])).jittered(np.array([0.5, 0.1])).offset
        array([-0.3])
        """
        if not np.any(covariance):
            return self
        if self.degrees is not None:
            message = "Rows can only be jittered under Gaussian scores, got degrees of freedom. Jitter by zero."
            raise ValueError(message)
        is_variances = self.structure.is_matrix and covariance.ndim < 2
        one = covariance if is_variances else self.structure.reduced(covariance, self.n_features)
        squares = self.structure.mean_squares(self.whitener, one, self.n_features)
        return replace(self, offset=self.offset - 0.5 * squares)

    def beside(self, share: float, log_volume: float, log_sides: FloatArray | None) -> Potentials:
        """Give components of a mixture a background that has a share of all rows.

        Examples
        --------
        >>> import numpy as np
        >>> potentials = Potentials.nearest(np.array([[0.0, 0.0]])).beside(0.5, log_volume=0.0, log_sides=None)
        >>> potentials.offset.round(2), round(potentials.background, 2)
        (array([-0.69]), -0.69)
        """
        rest, background = math.log1p(-share), math.log(share) if share > 0.0 else -math.inf
        return replace(
            self,
            offset=self.offset + rest,
            background=background - log_volume,
            log_sides=log_sides,
            log_weights=rest + (np.zeros(self.n_components) if self.log_weights is None else self.log_weights),
            background_log_weight=background,
        )

    def alone(self, component: int) -> Potentials:
        """Score a row by minus half its squared distance to one component, Gaussian and without a background.

        Examples
        --------
        >>> import numpy as np
        >>> Potentials.nearest(np.array([[0.0, 0.0], [3.0, 4.0]])).alone(1).center
        array([[3., 4.]])
        """
        at = slice(component, component + 1)
        whitener = self.structure.take(self.whitener, at)
        return Potentials(np.zeros(1), self.center[at], whitener, self.structure)

    def basis(self, structure: Structure) -> FloatArray | None:
        """Give the vectors (K, D, r) that a scatter of a structure is multiplied with; None if it has none."""
        k, d = self.center.shape
        return structure.basis(k, d, self.whitener if self.structure == structure else None)

    def color(self, component: int, noise: FloatArray) -> FloatArray:
        """Turn standard normal noise (n, D) into draws from one component: ``center + G^-1 noise``.

        Noise of a heavy-tailed component is normal noise over the root of a gamma variable, which is for the caller to
        make. The inverse of whitening; D-dimensional draws cost a triangular solve, or a division where G is diagonal.
        """
        return self.center[component] + self.structure.colored(noise, self.whitener, component)
