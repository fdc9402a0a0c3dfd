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
from mixfold.covariance.factor_analytic import FactorAnalytic
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

LARGEST = "full"
"""The one that contains all others."""

ALIASES = {"VII": "spherical", "VVI": "diag", "EEE": "tied", "VVV": "full"}
"""mclust's names of the families that scikit-learn named first."""

_REGISTERED: dict[str, CovarianceFamily] = {}
"""Families of others, under their names."""


def register(family: CovarianceFamily) -> None:
    """Make a family of your own known by its name, so that its models can be read from files.

    No search over all families tries it unless it is named.

    Parameters
    ----------
    family : CovarianceFamily
        Registering it again, or another in its place, is fine.

    Raises
    ------
    InputError
        If the library has a family of that name.

    Examples
    --------
    >>> from mixfold.covariance import Diag, register
    >>> register(Diag())  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    mixfold.errors.InputError: A family of your own must have a name of its own, got 'diag', which ...
    """
    known = {**FAMILIES, **ALIASES}
    if family.name in known or FactorAnalytic.named(family.name):
        message = (
            f"A family of your own must have a name of its own, got {family.name!r}, which one of the library has. "
            "Rename it."
        )
        raise InputError(message)
    _REGISTERED[family.name] = family


def is_family(covariance_type: object) -> bool:
    """Whether `family_for` gives a family for this.

    Parameters
    ----------
    covariance_type : object

    Returns
    -------
    is_family : bool

    Examples
    --------
    >>> from mixfold.covariance import is_family
    >>> is_family("VVE"), is_family("factor:3"), is_family("round")
    (True, True, False)
    """
    if isinstance(covariance_type, CovarianceFamily):
        return True
    return isinstance(covariance_type, str) and _named(covariance_type) is not None


def family_for(covariance_type: str | CovarianceFamily) -> CovarianceFamily:
    """Give the family of a name: scikit-learn's, mclust's, 'factor:8' and 'factor:8:shared' for any rank, or your own.

    A family is given back as it is.

    Parameters
    ----------
    covariance_type : str or CovarianceFamily

    Returns
    -------
    family : CovarianceFamily

    Raises
    ------
    InputError
        If there is no such family.

    Examples
    --------
    >>> from mixfold.covariance import family_for
    >>> family_for("VVV").name
    'full'
    """
    if isinstance(covariance_type, CovarianceFamily):
        return covariance_type
    family = _named(covariance_type) if isinstance(covariance_type, str) else None
    if family is None:
        message = (
            f"`covariance_type` must be one of {[*FAMILIES, *ALIASES, *_REGISTERED]}, 'factor:RANK' or "
            "'factor:RANK:shared', or an object of a class that derives from `mixfold.covariance.CovarianceFamily`, "
            f"got {covariance_type!r}."
        )
        raise InputError(message)
    return family


def _named(name: str) -> CovarianceFamily | None:
    return FAMILIES.get(ALIASES.get(name, name)) or _REGISTERED.get(name) or FactorAnalytic.named(name)
