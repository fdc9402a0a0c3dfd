"""Covariance families: the *shape* of a mixture, one file a family.

============= ======== ========================= =========== =================================
name          mclust   covariances               stored as   free parameters
============= ======== ========================= =========== =================================
full          VVV      any, one a component      (K, D, D)   K D (D + 1) / 2
tied          EEE      any, the same for all     (D, D)      D (D + 1) / 2
diag          VVI      diagonal                  (K, D)      K D
spherical     VII      multiples of the identity (K,)        K
EII           EII      lambda I                  (K,)        1
EEI           EEI      lambda A                  (K, D)      D
VEI           VEI      lambda_k A                (K, D)      K + D - 1
EVI           EVI      lambda A_k                (K, D)      1 + K (D - 1)
VEE           VEE      lambda_k D A D^T          (K, D, D)   K - 1 + D (D + 1) / 2
EVE           EVE      lambda D A_k D^T          (K, D, D)   1 + K (D - 1) + D (D - 1) / 2
VVE           VVE      lambda_k D A_k D^T        (K, D, D)   K D + D (D - 1) / 2
EEV           EEV      lambda D_k A D_k^T        (K, D, D)   D + K D (D - 1) / 2
VEV           VEV      lambda_k D_k A D_k^T      (K, D, D)   K + D - 1 + K D (D - 1) / 2
EVV           EVV      lambda D_k A_k D_k^T      (K, D, D)   1 + K (D (D + 1) / 2 - 1)
factor:r               W_k W_k^T + diag(psi_k)   (K, D, 1+r) K (D r - r (r - 1) / 2 + D)
============= ======== ========================= =========== =================================

With 'factor:r:shared' psi is the same for all components, and counts once.

`CovarianceFamily` (abstract.py) is the contract and `Prior` (prior.py) what all of them regularize with. The ten that
scikit-learn has no name for are `Decomposed` (decomposed.py), put together from volumes and shapes (variances.py) and
axes (orientation.py). They derive from `Restricted` (restricted.py), as does any family that is part of another.
`family_for` (registry.py) resolves a name. Nothing outside this folder asks which family it has.
"""

from mixfold.covariance.abstract import CovarianceFamily, Equivariance
from mixfold.covariance.decomposed import Decomposed
from mixfold.covariance.diag import Diag
from mixfold.covariance.factor_analytic import FactorAnalytic
from mixfold.covariance.full import Full
from mixfold.covariance.registry import ALIASES, FAMILIES, LARGEST, family_for, is_family, register
from mixfold.covariance.restricted import Restricted
from mixfold.covariance.spherical import Spherical
from mixfold.covariance.tied import Tied
from mixfold.prior import Prior

__all__ = [
    "ALIASES",
    "FAMILIES",
    "LARGEST",
    "CovarianceFamily",
    "Decomposed",
    "Diag",
    "Equivariance",
    "FactorAnalytic",
    "Full",
    "Prior",
    "Restricted",
    "Spherical",
    "Tied",
    "family_for",
    "is_family",
    "register",
]
