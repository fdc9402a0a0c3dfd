"""The prior of a fit, from `reg_covar` and the data's own scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from mixfold.covariance import CovarianceFamily, Prior
from mixfold.errors import InputError
from mixfold.fold import Fold
from mixfold.statistics import SufficientStatistics
from mixfold.typing import FloatArray

INVERSE_WISHART = "inverse-wishart"
PSEUDO_ROWS = 0.01
"""Rows that the default prior adds to each component: too few to be seen next to real ones."""
PSEUDO_SHRINK = 0.01
"""Covariance of those rows, as a share of the volume that one of K components has of the data's covariance."""


def prior_for(reg_covar: float | str, fold: Fold, family: CovarianceFamily, n_components: int) -> Prior:
    """Give scikit-learn's ridge for a number, and for 'auto' a weak prior on the data's own scale.

    The default adds `PSEUDO_ROWS` rows of covariance ``PSEUDO_SHRINK K^(-2/D) S`` to each component, where S is that
    of all rows: bounded (Chen & Tan 2009), equivariant under affine maps, and invisible in a component that has data.
    'inverse-wishart' is the prior of Fraley & Raftery (2007, section 3): D + 2 degrees of freedom and the scale
    ``K^(-2/D) S``, which shrinks small components visibly.

    Parameters
    ----------
    reg_covar : float, 'auto' or 'inverse-wishart'
    fold : Fold
        Whose rows have the scale.
    family : CovarianceFamily
    n_components : int

    Returns
    -------
    prior : Prior

    Raises
    ------
    InputError
        If the squares of the data's spread cannot be held.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fitting import prior_for
    >>> from mixfold.fold import Fold
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> prior_for(1e-6, fold, family_for("diag"), 2).is_density, prior_for("auto", fold, family_for("diag"), 2).count
    (False, 0.01)
    """
    if reg_covar == INVERSE_WISHART:
        return _inverse_wishart(fold, family, n_components)
    if reg_covar != "auto":
        return Prior.from_ridge(float(reg_covar))
    return data_prior(fold, family, n_components, PSEUDO_ROWS)


FLOOR = 0.5
"""Share of a component's smallest variance from which on it is the prior's and not the rows'."""


def on_the_floor(
    family: CovarianceFamily, whitener: FloatArray, prior: Prior, counts: FloatArray
) -> npt.NDArray[np.bool_]:
    """Tell which components have their smallest variance from the prior, (K,), without which nothing bounds it.

    None where all have: a direction in which no component has variance is a property of the data.

    Parameters
    ----------
    family : CovarianceFamily
    whitener : ndarray
        In the shape of the family's structure.
    prior : Prior
    counts : ndarray of shape (n_components,)
        Effective rows.

    Returns
    -------
    is_on_floor : ndarray of bool of shape (n_components,)

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import on_the_floor
    >>> family, prior = family_for("full"), Prior.from_rows(0.01, np.eye(2), shrink=0.01)
    >>> flat, round_one = np.diag([1.0, 1e-6]), np.eye(2)
    >>> on_the_floor(family, family.whiten(np.stack([flat, round_one])), prior, np.array([50.0, 50.0]))
    array([ True, False])
    """
    floor = family.prior_share(whitener, prior, counts) > FLOOR
    return floor & ~np.all(floor)


def _inverse_wishart(fold: Fold, family: CovarianceFamily, n_components: int) -> Prior:
    """Give the inverse-Wishart of D + 2 degrees of freedom: -1/2 [(2 D + 3) log|Sigma| + tr(scale Sigma^-1)]."""
    d = fold.source.n_features
    unit = data_prior(fold, family, n_components, 1.0)
    return replace(unit, scale=unit.scale / PSEUDO_SHRINK, count=(2.0 * d + 3.0) * unit.count)


def data_prior(fold: Fold, family: CovarianceFamily, n_components: int, n_rows: float) -> Prior:
    """Give the prior of `n_rows` pseudo-rows on the scale of the data."""
    d = fold.source.n_features
    everything = fold.centered_moments(lambda chunk: np.ones((int(chunk.rows.shape[0]), 1)), 1, family.structure)
    _refuse_extreme_units(everything, single="float32" in str(fold.source.first.dtype))
    n_rows *= everything.row_weight
    return Prior.from_rows(n_rows, family.scale(everything), shrink=PSEUDO_SHRINK * n_components ** (-2.0 / d))


def _refuse_extreme_units(everything: SufficientStatistics, *, single: bool) -> None:
    spread = float(np.sqrt(np.max(np.abs(everything.scatter)) / everything.weight))
    smallest, largest = (1e-15, 1e18) if single else (1e-152, 1e152)
    if spread != 0.0 and not smallest < spread < largest:
        message = (
            f"X must spread between {smallest:g} and {largest:g}, whose squares its dtype can hold, but its standard "
            f"deviation is about {spread:.3g}. Divide X by its standard deviation, or pass float64."
        )
        raise InputError(message)
