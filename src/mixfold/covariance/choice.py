"""Which covariance family a name means."""

from __future__ import annotations

from mixfold.covariance.abstract import CovarianceFamily
from mixfold.covariance.diag import Diag
from mixfold.covariance.eei import EEI
from mixfold.covariance.eev import EEV
from mixfold.covariance.eii import EII
from mixfold.covariance.eve import EVE
from mixfold.covariance.evi import EVI
from mixfold.covariance.evv import EVV
from mixfold.covariance.full import Full
from mixfold.covariance.spherical import Spherical
from mixfold.covariance.tied import Tied
from mixfold.covariance.vee import VEE
from mixfold.covariance.vei import VEI
from mixfold.covariance.vev import VEV
from mixfold.covariance.vve import VVE
from mixfold.errors import InputError

FAMILIES: dict[str, CovarianceFamily] = {
    family.name: family
    for family in (Full(), Tied(), Diag(), Spherical(), EII, EEI, VEI, EVI, VEE, EVE, VVE, EEV, VEV, EVV)
}
"""The fourteen parsimonious families, each under the name that its mixtures carry."""

ALIASES = {"VII": "spherical", "VVI": "diag", "EEE": "tied", "VVV": "full"}
"""mclust's names of the families that scikit-learn named first."""


def family_for(covariance_type: str) -> CovarianceFamily:
    """Give the family of a name: scikit-learn's or mclust's.

    Raises
    ------
    InputError
        If there is no such family.

    Examples
    --------
    >>> family_for("VVV").name
    'full'
    """
    name = ALIASES.get(covariance_type, covariance_type) if isinstance(covariance_type, str) else None
    if name not in FAMILIES:
        message = f"`covariance_type` must be one of {[*FAMILIES, *ALIASES]}, got {covariance_type!r}."
        raise InputError(message)
    return FAMILIES[name]
