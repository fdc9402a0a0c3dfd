"""Each component varies along a few directions, and in every feature on its own: covariances for wide data."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import final

import numpy as np

from mixfold.covariance.abstract import CovarianceFamily, Equivariance, positive_roots, positive_variances
from mixfold.covariance.diag import Diag
from mixfold.errors import CollapseError, InputError
from mixfold.prior import Prior
from mixfold.structures import Factors, Scatter, Structure
from mixfold.structures.factors import precision_diagonal
from mixfold.typing import FloatArray, IntArray

HEYWOOD = 1e-3
"""Share of the prior's variances that no unique variance falls below: the likelihood may want them to be zero."""
FIRST_SHARE = 0.9
"""Of the variance that first loadings could explain, what they are let: the rest keeps unique variances positive."""
NEGLIGIBLE = 1e-12
"""Variances in a basis, relative to the largest, that count as none."""


@final
@dataclass(frozen=True)
class FactorAnalytic(CovarianceFamily):
    """Factor analyzers: Sigma_k = W_k W_k^T + diag(psi_k), of loadings W_k (D, rank) and unique variances psi_k (D,).

    Nothing of the size D x D is ever made but by `Mixture.component_covariances`: covariances are stored as
    [psi | W], (K, D, 1 + rank), and time and memory of a fit are linear in D. Precisions are stored likewise as
    [p | F] with ``Sigma^-1 = diag(p) - F F^T``, and their factors are the whiteners of `Factors`.

    The M step is one of a parameter-expanded EM for factor analyzers (Ghahramani & Hinton 1996; Liu, Rubin & Wu 1998,
    section 4.1), whose hidden data are the factors as well as the components. With S the covariance of the component's
    rows, Psi, W and ``beta = W^T Sigma^-1`` those before,

        W W^T <- S beta^T (I - beta W + beta S beta^T)^-1 beta S,    psi <- diag(S - W W^T),

    so that the objective never falls, and only diag(S) and S beta^T are asked of the rows. Unique variances stay above
    `HEYWOOD` of the prior's, which is the exact maximum under that bound.

    Parameters
    ----------
    rank : int
        Number of factors of each component, at least one.
    shared : bool, default=False
        Whether the unique variances are the same for all components (McLachlan, Peel & Bean 2003, section 4).

    Raises
    ------
    InputError
        If the rank is no whole number of at least one.

    Examples
    --------
    >>> from mixfold import FactorAnalytic
    >>> FactorAnalytic(2).n_parameters(3, 10)
    87
    >>> FactorAnalytic(2, shared=True).name
    'factor:2:shared'
    """

    rank: int
    shared: bool = False
    name: str = field(init=False, repr=False)
    structure: Structure = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the rank, and name the family."""
        if isinstance(self.rank, bool) or not isinstance(self.rank, int | np.integer) or self.rank < 1:
            message = f"`rank` must be a whole number of at least 1, got {self.rank!r}."
            raise InputError(message)
        object.__setattr__(self, "name", f"factor:{self.rank}" + (":shared" if self.shared else ""))
        object.__setattr__(self, "structure", Factors(int(self.rank)))

    @classmethod
    def named(cls, name: str) -> FactorAnalytic | None:
        """Give the family of a name such as 'factor:8' or 'factor:8:shared'; None if it is no such name."""
        match = re.fullmatch(r"factor:([1-9]\d*)(:shared)?", name)
        return cls(int(match[1]), shared=bool(match[2])) if match else None

    def of_features(self, n_features: int) -> FactorAnalytic:
        """Give it with as many factors as there are features, at most."""
        return self if self.rank <= n_features else replace(self, rank=n_features)

    def holding(self, covariances: FloatArray) -> FactorAnalytic:
        """Give it with as many factors as these have."""
        rank = covariances.shape[2] - 1 if covariances.ndim == 3 else self.rank
        return self if self.rank == rank else replace(self, rank=rank)

    def nearest(self, covariances: FloatArray, n_features: int) -> FloatArray:
        """Take what factors after the first `rank` explain for unique.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold import FactorAnalytic
        >>> FactorAnalytic(1).nearest(np.array([[[0.5, 1.0, 2.0]]]), n_features=1)
        array([[[4.5, 1. ]]])
        """
        del n_features
        if covariances.shape[2] <= 1 + self.rank:
            return covariances
        unique = covariances[:, :, 0] + np.sum(covariances[:, :, 1 + self.rank :] ** 2, axis=2)
        return np.concatenate([unique[:, :, None], covariances[:, :, 1 : 1 + self.rank]], axis=2)

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """D r - r (r - 1) / 2 for W_k up to rotations, and D for psi (McLachlan & Peel 2000, section 8.2).

        Never more than those of unrestricted covariances.
        """
        k, d, r = n_components, n_features, min(self.rank, n_features)
        loadings = d * r - r * (r - 1) // 2
        unrestricted = d * (d + 1) // 2
        if self.shared:
            return min(k * loadings + d, k * unrestricted)
        return k * min(loadings + d, unrestricted)

    def rows_needed(self, n_features: int) -> int:
        """Rank + 2: as many lie on a plane of the factors exactly but for one."""
        return min(self.rank, n_features) + 2

    def maximize_sized(
        self, scatter: Scatter, counts: FloatArray, prior: Prior, before: FloatArray | None = None
    ) -> FloatArray:
        """Give one step of EM from the covariances `before`, under which the statistics were taken.

        Without them the statistics show the scatter through the structure's projection P, and the loadings are those
        of its Nystroem approximation ``S P (P^T S P)^-1 P^T S`` (Halko, Martinsson & Tropp 2011, section 5.4).
        """
        basis = scatter.basis
        if basis is None:
            message = f"The statistics must have the structure {self.structure.name}. Ask the fold for that."
            raise ValueError(message)
        rows = np.maximum(counts + prior.count, np.finfo(np.float64).tiny)
        values, scale = scatter.values, np.broadcast_to(prior.scale, scatter.values.shape[:2])
        variances = (np.maximum(values[:, :, 0], 0.0) + scale) / rows[:, None]  # (k, d)
        products = (values[:, :, 1:] + scale[:, :, None] * basis) / rows[:, None, None]  # (k, d, r)
        inner = np.swapaxes(basis, 1, 2) @ products
        inner = 0.5 * (inner + np.swapaxes(inner, 1, 2))
        if before is None:
            loadings, least = np.sqrt(FIRST_SHARE) * products @ _inverse_root(inner), np.zeros(())
        else:
            # In the basis B = Psi^-1/2 V of the whitener, V^T V = C diagonal, the step is, without any cancellation,
            # W W^T <- S B ((2 - C)^-1 + B^T S B)^-1 B^T S.
            squares = np.sum(basis**2 * before[:, :, :1], axis=1)  # (k, r)
            roots = np.sqrt(2.0 - squares)
            inner = np.eye(self.rank) + roots[:, :, None] * inner * roots[:, None, :]
            loadings = (products * roots[:, None, :]) @ _inverse_root(inner)
            floor = HEYWOOD * scale / prior.count if prior.is_density else np.zeros(scale.shape)
            least = np.minimum(floor, before[:, :, 0])
        unique = variances - np.sum(loadings**2, axis=2)
        if self.shared:
            unique = np.broadcast_to(rows @ unique / np.sum(rows), unique.shape)
        unique = np.maximum(unique, least)
        return np.concatenate([unique[:, :, None], loadings], axis=2)

    def scale(self, scatter: Scatter, weight: float, mean: FloatArray) -> FloatArray:
        """Give the variances, (D,)."""
        variances = scatter.values[0, :, 0] / weight
        return positive_variances(variances, mean)

    def whiten(self, covariances: FloatArray) -> FloatArray:
        """Give [psi^-1/2 | V] for which ``G = (I - V V^T) Psi^-1/2`` has ``G^T G = Sigma^-1``.

        With ``Psi^-1/2 W = U diag(s) Q^T``, V = U diag(c)^1/2 and ``1 - c = (1 + s^2)^-1/2``: a symmetric root, which
        loses only half the digits to large s that the formula of Woodbury (1950) does.
        """
        roots = positive_roots(covariances[:, :, 0], "unique variance")
        axes, lengths = _axes(covariances[:, :, 1:] / roots[:, :, None], "covariance")
        q = np.hypot(1.0, lengths)
        squares = (lengths / q) * (lengths / (q + 1.0))
        if np.any(squares >= 1.0):
            raise CollapseError(_singular("covariance"))
        return np.concatenate([1.0 / roots[:, :, None], axes * np.sqrt(squares)[:, None, :]], axis=2)

    def half_log_precision(self, whitener: FloatArray, n_components: int, n_features: int) -> FloatArray:
        """Sum the logarithms, with log|I - V^T V| of the factors."""
        del n_components, n_features
        vectors = whitener[:, :, 1:]
        inner = np.eye(self.rank) - np.swapaxes(vectors, 1, 2) @ vectors
        return np.sum(np.log(whitener[:, :, 0]), axis=1) + np.linalg.slogdet(inner)[1]

    def largest_log_prior(self, prior: Prior, n_components: int, n_features: int) -> float:
        """Give the value at variances scale / count, which no loadings make higher."""
        return Diag().largest_log_prior(prior, n_components, n_features)

    def prior_share(self, whitener: FloatArray, prior: Prior, counts: FloatArray) -> FloatArray:
        """Give the largest ratio of what is added to what a feature varies when all others are known."""
        added = prior.scale / prior.beside(counts)[:, None] + prior.spread(self.structure, whitener.shape[1])
        return np.max(precision_diagonal(whitener, added), axis=1)

    def precisions(self, whitener: FloatArray) -> FloatArray:
        """Give [p | F] with ``Sigma^-1 = diag(p) - F F^T``."""
        axes, lengths = _axes(whitener[:, :, 1:], "precision")
        factors = axes * (lengths * np.sqrt(2.0 - lengths**2))[:, None, :]
        return np.concatenate([whitener[:, :, :1] ** 2, whitener[:, :, :1] * factors], axis=2)

    def from_precisions(self, precisions: FloatArray) -> FloatArray:
        """Invert ``diag(p) - F F^T``."""
        roots = positive_roots(precisions[:, :, 0], "precision")
        axes, lengths = _axes(precisions[:, :, 1:] / roots[:, :, None], "precision")
        if np.any(lengths >= 1.0):
            raise CollapseError(_singular("precision"))
        loadings = axes * (lengths / np.sqrt((1.0 - lengths) * (1.0 + lengths)))[:, None, :] / roots[:, :, None]
        return np.concatenate([1.0 / roots[:, :, None] ** 2, loadings], axis=2)

    def precisions_cholesky(self, whitener: FloatArray) -> FloatArray:
        """Give the whitener, [psi^-1/2 | V]: there is no triangular factor of this size."""
        return whitener

    def from_precisions_cholesky(self, precisions_cholesky: FloatArray) -> FloatArray:
        """Give the covariances that a whitener whitens."""
        roots = positive_roots(precisions_cholesky[:, :, 0] ** 2, "precision")
        axes, lengths = _axes(precisions_cholesky[:, :, 1:], "precision")
        if np.any(lengths >= 1.0):
            raise CollapseError(_singular("precision"))
        stretched = lengths * np.sqrt(2.0 - lengths**2) / ((1.0 - lengths) * (1.0 + lengths))
        return np.concatenate([1.0 / roots[:, :, None] ** 2, axes * stretched[:, None, :] / roots[:, :, None]], axis=2)

    def dense(self, covariances: FloatArray, n_components: int, n_features: int) -> FloatArray:
        """Multiply the loadings out."""
        del n_components
        loadings = covariances[:, :, 1:]
        return loadings @ np.swapaxes(loadings, 1, 2) + covariances[:, :, :1] * np.eye(n_features)

    def variances(self, covariances: FloatArray, n_components: int, n_features: int) -> FloatArray:
        """Sum what the factors explain and what they do not."""
        del n_components, n_features
        return covariances[:, :, 0] + np.sum(covariances[:, :, 1:] ** 2, axis=2)

    def marginal(self, covariances: FloatArray, features: IntArray) -> FloatArray:
        """Take the features' loadings and unique variances."""
        return covariances[:, features]

    @property
    def equivariance(self) -> Equivariance:
        """Units of the features."""
        return Equivariance.SCALES


def _axes(vectors: FloatArray, what: str) -> tuple[FloatArray, FloatArray]:
    """Give the left singular vectors (K, D, r) and the singular values (K, r), with zeros where D is less than r."""
    if not np.all(np.isfinite(vectors)):
        raise CollapseError(_singular(what))
    left, values, _ = np.linalg.svd(vectors, full_matrices=False)
    missing = vectors.shape[2] - values.shape[1]
    return np.pad(left, ((0, 0), (0, 0), (0, missing))), np.pad(values, ((0, 0), (0, missing)))


def _inverse_root(matrices: FloatArray) -> FloatArray:
    """Give R with ``R R^T`` the inverses of positive semidefinite matrices (K, r, r), where they have one."""
    if not np.all(np.isfinite(matrices)):
        raise CollapseError(_singular("covariance"))
    values, vectors = np.linalg.eigh(matrices)
    is_some = values > NEGLIGIBLE * np.maximum(values[:, -1:], 0.0)
    roots = np.where(is_some, 1.0 / np.sqrt(np.where(is_some, values, 1.0)), 0.0)
    return np.asarray(vectors * roots[:, None, :], dtype=np.float64)


def _singular(what: str) -> str:
    return (
        f"Every {what} must be positive definite, but one has unique variances that are negligible next to its "
        "loadings, or numbers that are not finite. Lower the rank, increase `reg_covar`, or leave it at 'auto'."
    )
