"""How many components an application takes when its user does not say."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import xlogy

from mixfold.errors import SpuriousComponentWarning
from mixfold.estimators import GaussianMixture
from mixfold.mixture import Mixture
from mixfold.typing import FloatArray

PATIENCE = 2
"""Larger mixtures that are tried after the best one before the climb ends."""

TOL = 1e-4
"""Nats per row: no application notices less."""


def bic(model: GaussianMixture, rows: FloatArray) -> float:
    """Give the Bayesian information criterion, which finds as many components as the density needs."""
    return model.bic(rows)


def icl(model: GaussianMixture, rows: FloatArray) -> float:
    """Give the integrated completed likelihood, which finds components that stand apart (Biernacki et al. 2000).

    It is the BIC plus twice the entropy of the responsibilities (McLachlan & Peel 2000, section 6.10).
    """
    shares = np.asarray(model.predict_proba(rows))
    return model.bic(rows) - 2.0 * float(np.sum(xlogy(shares, shares)))


def chosen_mixture(
    rows: FloatArray,
    n_components: int | None,
    *,
    largest: int,
    smallest: int = 1,
    criterion: Callable[[GaussianMixture, FloatArray], float] = bic,
    feature_names: tuple[str, ...] | None = None,
    **settings: Any,
) -> Mixture:
    """Fit a mixture, with as many components as a criterion prefers where their number is not given.

    The number climbs until `PATIENCE` more components in a row have made the criterion no better.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
    n_components : int or None
    smallest, largest : int
        The fewest and the most components that are tried.
    criterion : callable
        `bic` or `icl`.
    feature_names : tuple of str, optional
    **settings
        Other parameters of `GaussianMixture`.

    Examples
    --------
    >>> from mixfold.datasets import load_faithful
    >>> chosen_mixture(load_faithful().data, None, largest=6, init_params="kmeans", random_state=0).n_components
    2
    """
    if n_components is not None:
        return _named(GaussianMixture(n_components, tol=TOL, **settings).fit(rows), feature_names)
    best, least, since = None, np.inf, 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpuriousComponentWarning)  # the criterion judges such components
        for k in range(min(smallest, len(rows)), min(largest, len(rows)) + 1):
            model = GaussianMixture(k, tol=TOL, **settings).fit(rows)
            value = criterion(model, rows)
            if value < least:
                best, least, since = model, value, 0
            else:
                since += 1
            if since == PATIENCE:
                break
    return _named(best, feature_names)


def _named(model: Any, feature_names: tuple[str, ...] | None) -> Mixture:
    fitted = model.mixture_
    if feature_names is None:
        return fitted
    return Mixture(fitted.weights, fitted.means, fitted.covariances, fitted.covariance_type, feature_names)
