"""Data on its way into a picture: checked, named, and not more of it than can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import _get_feature_names, check_is_fitted

from mixfold.engines import to_numpy
from mixfold.errors import InputError
from mixfold.mixtures import Mixture
from mixfold.typing import FloatArray, IntArray
from mixfold.validation import rows_of

MAX_ROWS = 10_000
"""Rows that are drawn at most, unless a caller asks for more."""


def fitted_mixture(estimator: Any) -> Mixture:
    """Give the mixture of a fitted estimator.

    Raises
    ------
    NotFittedError
        If it is not fitted.
    InputError
        If it has no mixture.
    """
    check_is_fitted(estimator)
    mixture = getattr(estimator, "mixture_", None)
    if not isinstance(mixture, Mixture):
        message = (
            f"The estimator must have a `mixture_`, but {type(estimator).__name__} has none. Fit one of mixfold's."
        )
        raise InputError(message)
    return mixture


def drawable(
    mixture: Mixture, X: Any, estimator: Any = None, feature_names: Sequence[str] | None = None
) -> tuple[FloatArray, list[str]]:
    """Give `X` as float64 on the host, and the names of its features.

    Parameters
    ----------
    mixture : Mixture
    X : array-like, data frame or tensor of shape (n_rows, n_features)
    estimator : BaseEstimator, optional
        Whose features `X` must have.
    feature_names : sequence of str, optional
        By default those of `X` or of the mixture, else "feature 0", "feature 1", ...
    """
    rows = np.asarray(to_numpy(rows_of(X, estimator=estimator, n_features=mixture.n_features)), dtype=np.float64)
    names = feature_names if feature_names is not None else _get_feature_names(X)
    if names is None:
        names = mixture.feature_names or [f"feature {index}" for index in range(mixture.n_features)]
    if len(names) != mixture.n_features:
        message = f"`feature_names` must name {mixture.n_features} features, got {len(names)}."
        raise InputError(message)
    return rows, [str(name) for name in names]


def clusters_of(estimator: Any) -> IntArray | None:
    """Give the cluster of each component, if an estimator says which are one; None of others."""
    clusters: IntArray | None = getattr(estimator, "clusters_", None)
    return clusters


def drawn_rows(n_rows: int, max_rows: int) -> tuple[IntArray, str]:
    """Choose which rows to draw: all, or a sample without replacement that is the same each time.

    Returns
    -------
    indices : ndarray of shape (min(n_rows, max_rows),)
        In rising order.
    note : str
        Empty if all are drawn.

    Examples
    --------
    >>> drawn_rows(100_000, 10_000)[1]
    '10,000 of 100,000 rows drawn'
    """
    if max_rows < 1:
        message = f"`max_rows` must be at least 1, got {max_rows}."
        raise InputError(message)
    if n_rows <= max_rows:
        return np.arange(n_rows), ""
    chosen = np.sort(np.random.default_rng(0).choice(n_rows, max_rows, replace=False))
    return chosen, f"{max_rows:,} of {n_rows:,} rows drawn"
