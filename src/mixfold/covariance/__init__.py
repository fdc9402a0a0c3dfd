"""Covariance families: the *shape* of a mixture, one file a family.

========== ============================= =================== ==================
name       covariances                   stored as           free parameters
========== ============================= =================== ==================
full       any, one a component          (K, D, D)           K D (D + 1) / 2
tied       any, the same for all         (D, D)              D (D + 1) / 2
diag       diagonal, one a component     (K, D)              K D
spherical  multiples of the identity     (K,)                K
========== ============================= =================== ==================

`CovarianceFamily` (abstract.py) is the contract and `Prior` (prior.py) what all of them regularize with. Nothing
outside this folder asks which family it has.
"""

from mixfold.covariance.abstract import CovarianceFamily, Equivariance
from mixfold.covariance.diag import Diag
from mixfold.covariance.full import Full
from mixfold.covariance.prior import Prior
from mixfold.covariance.spherical import Spherical
from mixfold.covariance.tied import Tied

FAMILIES: dict[str, CovarianceFamily] = {family.name: family for family in (Full(), Tied(), Diag(), Spherical())}

__all__ = ["FAMILIES", "CovarianceFamily", "Diag", "Equivariance", "Full", "Prior", "Spherical", "Tied"]
