"""Which components have a conjugate prior, and what is said of those that have none."""

from __future__ import annotations

from collections.abc import Iterable

from mixfold.covariance import ALIASES, CovarianceFamily, family_for, is_family
from mixfold.errors import InputError

CONJUGATE = ("full", "tied", "diag", "spherical", "EEI", "EII")
"""Families whose covariances have a conjugate prior: those of which nothing but all is equal between components."""
NOT_CONJUGATE = (
    "Under others components have a part of their covariances in common (volume, shape or directions) or factors in "
    "place of them, and there is no conjugate prior, so that the posterior has no closed form: `GaussianMixture` fits "
    "them."
)
"""Why there are no posteriors of the other families."""
HEAVY_TAILED = (
    "Student-t components have no conjugate prior, so that the posterior has no closed form: `StudentMixture` fits "
    "them."
)
"""Why there are no posteriors of heavy tails."""
STUDENTS = ("t", "student", "student-t", "student_t", "studentt")
"""What heavy tails are called, in small letters."""


def conjugate_family(covariance_type: str) -> CovarianceFamily:
    """Give the family of a name, or say why it has no conjugate prior.

    Parameters
    ----------
    covariance_type : str

    Returns
    -------
    family : CovarianceFamily

    Raises
    ------
    InputError

    Examples
    --------
    >>> from mixfold.models.conjugate import conjugate_family
    >>> conjugate_family("VVI").name
    'diag'
    """
    refuse_not_conjugate([covariance_type], "`covariance_type`")
    return family_for(covariance_type)


def refuse_not_conjugate(names: Iterable[str | CovarianceFamily], what: str) -> None:
    """Refuse what there are no posteriors of: families without a conjugate prior, heavy tails, and unknown names.

    Parameters
    ----------
    names : iterable of str or CovarianceFamily
    what : str
        What the caller calls them.

    Raises
    ------
    InputError
        Which lists the families that there are posteriors of.

    Examples
    --------
    >>> from mixfold.models.conjugate import refuse_not_conjugate
    >>> refuse_not_conjugate(["full", "EEE"], "`covariance_types`")
    >>> refuse_not_conjugate(["student-t"], "`covariance_type`")
    Traceback (most recent call last):
        ...
    mixfold.errors.InputError: `covariance_type` must be of full, ... Student-t components have no ...
    """
    others = [name for name in names if not (is_family(name) and family_for(name).name in CONJUGATE)]
    if not others:
        return
    aliases = [alias for alias, name in ALIASES.items() if name in CONJUGATE]
    reasons = [NOT_CONJUGATE] * any(is_family(name) for name in others)
    reasons += [HEAVY_TAILED] * any(str(name).lower() in STUDENTS for name in others)
    message = (
        f"{what} must be of {', '.join(CONJUGATE)} (or, in mclust's names, {', '.join(aliases)}), got "
        f"{', '.join(repr(name) for name in others)}."
    )
    raise InputError(" ".join([message, *reasons]))
