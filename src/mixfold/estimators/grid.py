"""The grid that a caller asks for: numbers of components and covariance families."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mixfold.covariance import FAMILIES, CovarianceFamily, family_for, is_family
from mixfold.errors import InputError
from mixfold.models import refuse_not_conjugate

MOST_LEVELS = 10_000
"""Numbers of components that one search may try."""


def levels_of(n_components: str | int | Iterable[int]) -> list[int] | None:
    """Give the numbers of components in rising order; None for 'auto'.

    Raises
    ------
    InputError
        If one is none.
    """
    if isinstance(n_components, str):
        return None
    if isinstance(n_components, range) and n_components[MOST_LEVELS:]:
        message = f"`n_components` must be at most {MOST_LEVELS} numbers, got {n_components}. Try fewer."
        raise InputError(message)
    levels = [n_components] if isinstance(n_components, int | np.integer) else list(n_components)
    if not levels or not all(isinstance(k, int | np.integer) and k >= 1 for k in levels):
        message = (
            f"`n_components` must be 'auto' or whole numbers of at least 1, such as range(1, 10), got {n_components!r}."
        )
        raise InputError(message)
    return sorted({int(k) for k in levels})


def families_of(covariance_types: str | Sequence[str | CovarianceFamily], n_features: int) -> list[str]:
    """Name the families without repetition; of those that are the same with one feature the first."""
    names = FAMILIES if isinstance(covariance_types, str) else covariance_types
    distinct: dict[Any, str] = {}
    for name in names:
        family = family_for(name)
        distinct.setdefault(family.n_parameters(2, 1) if n_features == 1 else family.name, family.name)
    return list(distinct.values())


def refuse_unknown_families(
    covariance_types: str | Sequence[str | CovarianceFamily], *, by_bound: bool = False
) -> None:
    """Refuse names that are of no family, and families whose names nobody knows or that the criterion is not for.

    Raises
    ------
    InputError
        If there is one, or no name at all.
    """
    if isinstance(covariance_types, str):
        return
    if by_bound:
        refuse_not_conjugate(covariance_types, "With criterion='elbo', `covariance_types`")
    unknown = [name for name in covariance_types if not is_family(name)]
    if unknown or not covariance_types:
        message = (
            f"`covariance_types` must be 'all' or a list of some of {list(FAMILIES)} and 'factor:RANK', got "
            f"{unknown or 'an empty list'}."
        )
        raise InputError(message)
    families = [family_for(each) for each in covariance_types]
    nameless = [
        family.name
        for family in families
        if not (is_family(family.name) and type(family_for(family.name)) is type(family))
    ]
    if nameless:
        message = (
            f"Families of `covariance_types` must be known by their names, by which results are kept, but {nameless} "
            "are not. Call `mixfold.covariance.register(family)` first."
        )
        raise InputError(message)
