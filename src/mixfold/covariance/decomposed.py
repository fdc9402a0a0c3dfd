"""Families of volume, shape and orientation (Banfield & Raftery 1993; Celeux & Govaert 1995).

Every covariance is ``Sigma_k = lambda_k D_k A_k D_k^T``: a volume lambda_k, a shape A_k (diagonal, of determinant one)
and an orientation D_k (orthogonal). A family has a letter for each of the three (Scrucca et al. 2016, table 3): E
where it is equal for all components, V where it varies between them, I where it is the identity. Four of the fourteen
restrict nothing that their statistics do not restrict already (VVV is 'full', EEE 'tied', VVI 'diag', VII
'spherical'); the other ten are a file each, which puts an M step together from variances.py and orientation.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, final

import numpy as np

from mixfold.covariance.abstract import CovarianceFamily, Equivariance
from mixfold.covariance.restricted import Restricted
from mixfold.prior import Prior
from mixfold.structures import Structure
from mixfold.typing import FloatArray

INNER_ITERATION = 50.0
"""What a step of EM costs whose M step is an iteration of its own, in steps whose M step is one formula."""


class Step(Protocol):
    """The M step of a family: `Restricted.step` as a function."""

    def __call__(self, scatter: FloatArray, counts: FloatArray, before: FloatArray | None) -> FloatArray:
        """Minimize ``sum_k [n_k log|Sigma_k| + tr(W_k Sigma_k^-1)]`` over the family."""


@final
@dataclass(frozen=True, slots=True)
class Decomposed(Restricted):
    """A family named by three letters, whose covariances are stored like those of another.

    Attributes
    ----------
    name : str
        mclust's: the letters of volume, shape and orientation.
    like : CovarianceFamily
        'full', 'diag' or 'spherical': the smallest of them that contains this family. It says how covariances are
        stored, whitened and counted as likely by a prior, none of which depends on what is equal.
    step : callable
        The M step.
    step_cost : float
        `INNER_ITERATION` where the M step is an iteration of its own.
    kernel_letters : str
        By what an engine may know `step`: the name of one of the ten, whose files say it (native/decomposed.cpp).
    turns_axes : bool
        Whether it is `with_common_axes`.

    Examples
    --------
    >>> from mixfold.covariance import family_for
    >>> family = family_for("VEI")  # volumes vary, the shape is equal, axes are those of the features
    >>> family.like.name, family.shape(n_components=3, n_features=2)
    ('diag', (3, 2))
    >>> family.n_parameters(n_components=3, n_features=2)
    4
    """

    name: str
    like: CovarianceFamily
    step: Step = field(repr=False)
    step_cost: float = field(default=1.0, repr=False)
    kernel_letters: str = field(default="", repr=False)
    turns_axes: bool = field(default=False, repr=False)
    letters: str = field(init=False, repr=False)
    structure: Structure = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Take the letters from the name, and the structure of the family that contains this one."""
        object.__setattr__(self, "letters", self.name)
        object.__setattr__(self, "structure", self.like.structure)

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """Count one for a volume, D - 1 for a shape, D (D - 1) / 2 for an orientation, K times where they vary."""
        each = (1, n_features - 1, n_features * (n_features - 1) // 2)
        times = {"E": 1, "V": n_components, "I": 0}
        return sum(times[letter] * size for letter, size in zip(self.name, each, strict=True))

    def rows_needed(self, n_features: int) -> int:
        """D + 1 where shape and orientation are a component's own, two where volume or shape is, else none."""
        if self.name.endswith("VV"):
            return n_features + 1
        return 2 if "V" in self.name[:2] else 1

    @property
    def of_marginals(self) -> CovarianceFamily:
        """The family itself, where equal volumes, shapes and axes stay so when features are left out; else `like`."""
        return self if self.name in {"EII", "EEI", "VEI", "VEE"} else self.like

    @property
    def equivariance(self) -> Equivariance:
        """Those of `like`, but where shape and orientation are not equal together a shear would tell them apart."""
        oriented = self.structure.is_matrix and self.name not in {"VEE", "EVV"}
        return Equivariance.SIMILARITY if oriented else self.like.equivariance

    def prior_share(self, whitener: FloatArray, prior: Prior, counts: FloatArray) -> FloatArray:
        """Give that of the containing family; zero where no part of a covariance is a component's own.

        Where only the volume is, tr(W_k C^-1) / (n_k D), its part of the prior's scale: all rows say what the shape is.
        """
        if "V" not in self.name[:2]:
            return np.zeros(len(counts))
        if self.name[1] == "E":
            rows = prior.beside(counts).reshape(-1, *(1,) * (whitener.ndim - 1))
            added = np.broadcast_to(prior.scale, whitener.shape) / rows
            added = added + prior.spread(self.structure, whitener.shape[-1])
            whitened = whitener @ added if self.structure.is_matrix else whitener * added
            return np.sum((whitened * whitener).reshape(len(counts), -1), axis=1) / whitener.shape[-1]
        return self.like.prior_share(whitener, prior, counts)
