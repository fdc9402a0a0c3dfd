"""`KernelStep`: an M step that engines have in their kernels, and what it needs to know."""

from __future__ import annotations

from dataclasses import dataclass

from mixfold.covariance import CovarianceFamily, Prior
from mixfold.structures import Structure


@dataclass(frozen=True, slots=True)
class KernelStep:
    """The M step of a family whose covariances are free in their structure, or restricted by its letters.

    Attributes
    ----------
    family : CovarianceFamily
        One with `has_plain_step` or `kernel_letters`.
    prior : Prior

    Examples
    --------
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.models import Penalized
    >>> Penalized(family_for("diag"), Prior.from_ridge(1e-6)).kernel.structure.name
    'diagonal'
    >>> Penalized(family_for("VVE"), Prior.from_ridge(1e-6)).kernel.letters
    'VVE'
    >>> Penalized(family_for("factor:1"), Prior.from_ridge(1e-6)).kernel is None
    True
    """

    family: CovarianceFamily
    prior: Prior

    @property
    def structure(self) -> Structure:
        """The structure of scatter, covariances and whitener."""
        return self.family.structure

    @property
    def letters(self) -> str:
        """By what an engine knows a family that restricts more than the structure; empty where it does not."""
        return self.family.kernel_letters

    def log_prior_constant(self, n_components: int, n_features: int) -> float:
        """Give what a log prior is relative to, where an engine has left out what depends on no covariance."""
        if not self.prior.is_density:
            return 0.0
        return self.family.log_prior_constant(self.prior, n_components, n_features)
