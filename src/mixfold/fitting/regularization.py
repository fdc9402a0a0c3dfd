"""The prior of a fit, from `reg_covar` and the data's own scale."""

from __future__ import annotations

from dataclasses import replace

from mixfold.covariance import CovarianceFamily, Prior
from mixfold.fitting.data_scale import DataScale, all_in_one
from mixfold.fold import Fold

AUTO, WEAK, INVERSE_WISHART = "auto", "weak", "inverse-wishart"


def prior_for(
    reg_covar: float | str, fold: Fold, family: CovarianceFamily, n_components: int, scale: DataScale | None = None
) -> Prior:
    """Give the jitter that scikit-learn's ridge is for a number, and for 'auto' a prior on the data's own scale.

    That learns how alike components are, unless `scale` is told not to; 'weak' is the same prior without.

    'inverse-wishart' is the prior of Fraley & Raftery (2007, section 3): D + 2 degrees of freedom and the scale
    ``K^(-2/D) S``, with S the covariance of all rows, which shrinks small components visibly.

    Parameters
    ----------
    reg_covar : float, 'auto', 'weak' or 'inverse-wishart'
    fold : Fold
        Whose rows have the scale.
    family : CovarianceFamily
    n_components : int
    scale : DataScale, optional
        That of the fold, if it is known.

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
    >>> prior_for(1e-6, fold, family_for("diag"), 2).is_density, prior_for("auto", fold, family_for("diag"), 2).scale
    (False, array([0.26795635]))
    """
    if reg_covar not in {AUTO, WEAK, INVERSE_WISHART}:
        return Prior.from_ridge(float(reg_covar))
    scale = scale or DataScale.of(fold, n_components=n_components, learns_likeness=reg_covar == AUTO)
    prior = scale.prior(family, n_components)
    if reg_covar != INVERSE_WISHART:
        return prior
    return replace(_inverse_wishart(fold, family, n_components), jitter=prior.jitter)


def _inverse_wishart(fold: Fold, family: CovarianceFamily, n_components: int) -> Prior:
    """Give the inverse-Wishart of D + 2 degrees of freedom: -1/2 [(2 D + 3) log|Sigma| + tr(scale Sigma^-1)]."""
    d = fold.source.n_features
    everything = fold.centered_moments(all_in_one, 1, family.structure)
    covariance = family.scale(everything.about_means, everything.weight, everything.means[0])
    covariance = covariance * n_components ** (-2.0 / d)
    return Prior(everything.row_weight * covariance, (2.0 * d + 3.0) * everything.row_weight)
