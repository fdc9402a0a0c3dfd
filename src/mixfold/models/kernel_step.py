"""`KernelStep`: an M step that engines have in their kernels, and what it needs to know."""

from __future__ import annotations

from dataclasses import dataclass, field

from mixfold.covariance import CovarianceFamily, Prior
from mixfold.engines import MStep
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
    >>> Penalized(family_for("diag"), Prior.from_ridge(1e-6)).kernel.m_step().structure.name
    'diagonal'
    >>> Penalized(family_for("VVE"), Prior.from_ridge(1e-6)).kernel.m_step().letters
    'VVE'
    >>> Penalized(family_for("factor:1"), Prior.from_ridge(1e-6)).kernel is None
    True
    """

    family: CovarianceFamily
    prior: Prior
    _steps: dict[Structure | None, MStep] = field(default_factory=dict, init=False, repr=False, compare=False)
    _constants: dict[tuple[int, int], float] = field(default_factory=dict, init=False, repr=False, compare=False)

    def m_step(self, before: Structure | None = None) -> MStep:
        """Give what a loop of an engine must know, for starts of this family or with covariances of a structure."""
        if before not in self._steps:
            self._steps[before] = MStep(self.family.structure, self.prior, self.family.kernel_letters, before)
        return self._steps[before]

    def log_prior_constant(self, n_components: int, n_features: int) -> float:
        """Give what a log prior is relative to, where an engine has left out what depends on no covariance."""
        if not self.prior.is_density:
            return 0.0
        key = n_components, n_features
        if key not in self._constants:
            self._constants[key] = self.family.log_prior_constant(self.prior, *key)
        return self._constants[key]
