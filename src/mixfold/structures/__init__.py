"""Structures: the shapes that second moments take, one file each, with the verbs on arrays of them.

=============  ==============================================  ===============
name           whitener or scatter                             shape
=============  ==============================================  ===============
FULL           one matrix for each component                   (K, D, D)
POOLED         one matrix for all components                   (D, D)
DIAGONAL       one diagonal for each component                 (K, D)
SPHERICAL      one number for each component                   (K,)
Factors(rank)  a diagonal and `rank` vectors for each          (K, D, 1 + rank)
=============  ==============================================  ===============

`Structure` (abstract.py) is the contract; `Matrices` (matrices.py) is what full and pooled have in common. A `Scatter`
(scatter.py) is what covariances are learned from.
"""

from mixfold.structures.abstract import Structure
from mixfold.structures.diagonal import Diagonal
from mixfold.structures.factors import Factors
from mixfold.structures.full import Full
from mixfold.structures.pooled import Pooled
from mixfold.structures.scatter import Scatter
from mixfold.structures.spherical import Spherical

FULL = Full()
POOLED = Pooled()
DIAGONAL = Diagonal()
SPHERICAL = Spherical()
STRUCTURES: tuple[Structure, ...] = (FULL, POOLED, DIAGONAL, SPHERICAL)
"""All without a parameter."""

__all__ = ["DIAGONAL", "FULL", "POOLED", "SPHERICAL", "STRUCTURES", "Factors", "Scatter", "Structure"]
