"""How many components an application takes when its user does not say."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import xlogy

from mixfold.covariance import FAMILIES
from mixfold.errors import SpuriousComponentWarning
from mixfold.estimators import GaussianMixture
from mixfold.mixture import Mixture
from mixfold.typing import FloatArray

PATIENCE = 2
"""Larger mixtures that are tried after the best one before the climb ends."""

TOL = 1e-4
"""Nats per row: no application notices less."""


def bic(model: GaussianMixture, rows: FloatArray, sample_weight: FloatArray | None = None) -> float:
    """Give the Bayesian information criterion, which finds as many components as the density needs."""
    return model.bic(rows, sample_weight)


def icl(model: GaussianMixture, rows: FloatArray, sample_weight: FloatArray | None = None) -> float:
    """Give the integrated completed likelihood, which finds components that stand apart (Biernacki et al. 2000).

    It is the BIC plus twice the entropy of the responsibilities (McLachlan & Peel 2000, section 6.10).
    """
    shares = np.asarray(model.predict_proba(rows))
    weights = 1.0 if sample_weight is None else sample_weight[:, None]
    return model.bic(rows, sample_weight) - 2.0 * float(np.sum(weights * xlogy(shares, shares)))


def chosen_mixture(
    rows: FloatArray,
    n_components: int | None,
    *,
    largest: int,
    smallest: int = 1,
    criterion: Callable[[GaussianMixture, FloatArray, FloatArray | None], float] = bic,
    feature_names: tuple[str, ...] | None = None,
    sample_weight: FloatArray | None = None,
    **settings: Any,
) -> Mixture:
    """Fit a mixture, with as many components as a criterion prefers where their number is not given.

    The number climbs until `PATIENCE` more components in a row have made the criterion no better, or there would be
    fewer different rows than parameters of components: those would be accidents, whatever the criterion says.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
    n_components : int or None
    smallest, largest : int
        The fewest and the most components that are tried.
    criterion : callable
        `bic` or `icl`.
    feature_names : tuple of str, optional
    sample_weight : ndarray of shape (n_rows,), optional
    **settings
        Other parameters of `GaussianMixture`.

    Examples
    --------
    >>> from mixfold.datasets import load_faithful
    >>> chosen_mixture(load_faithful().data, None, largest=6, init_params="kmeans", random_state=0).n_components
    2
    """
    if n_components is not None:
        fitted = GaussianMixture(n_components, tol=TOL, **settings).fit(rows, sample_weight=sample_weight)
        return _named(fitted, feature_names)
    family = FAMILIES[settings.get("covariance_type", "full")]
    d = rows.shape[1]
    parameters_each = d + family.n_parameters(2, d) - family.n_parameters(1, d)
    largest = max(1, min(largest, n_different(rows, sample_weight) // parameters_each))
    best, least, since = None, np.inf, 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpuriousComponentWarning)  # the criterion judges such components
        for k in range(min(smallest, largest), largest + 1):
            model = GaussianMixture(k, tol=TOL, **settings).fit(rows, sample_weight=sample_weight)
            value = criterion(model, rows, sample_weight)
            if value < least:
                best, least, since = model, value, 0
            else:
                since += 1
            if since == PATIENCE:
                break
    return _named(best, feature_names)


def n_different(rows: FloatArray, sample_weight: FloatArray | None) -> int:
    """Count the different rows of positive weight: one that is repeated tells as much as one of more weight."""
    return len(np.unique(rows if sample_weight is None else rows[sample_weight > 0.0], axis=0))


def _named(model: Any, feature_names: tuple[str, ...] | None) -> Mixture:
    fitted = model.mixture_
    if feature_names is None:
        return fitted
    return Mixture(fitted.weights, fitted.means, fitted.covariances, fitted.covariance_type, feature_names)
