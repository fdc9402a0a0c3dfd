"""Mixtures that other programs fitted, as values here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mixfold.errors import InputError
from mixfold.mixtures.mixture import Mixture
from mixfold.typing import FloatArray

TYPES = ("full", "tied", "diag", "spherical")


def mixture_from_scikit_learn(model: Any, feature_names: Sequence[str] | None = None) -> Mixture:
    """Give the mixture that a fitted `GaussianMixture` or `BayesianGaussianMixture` of scikit-learn has found.

    Parameters
    ----------
    model : estimator
        With `weights_`, `means_`, `covariances_` and `covariance_type`, in scikit-learn's shapes; also of libraries on
        PyTorch that have these names.
    feature_names : sequence of str, optional
        By default `feature_names_in_`, where the model has them.

    Returns
    -------
    mixture : Mixture
        Its log density is `score_samples` of a `GaussianMixture`. A `BayesianGaussianMixture` gives the expected
        parameters of its posterior.

    Raises
    ------
    InputError
        If the model is not fitted, or of another kind.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.mixture import GaussianMixture
    >>> from mixfold.mixtures import mixture_from_scikit_learn
    >>> rows = np.array([[0.0], [0.1], [9.0], [9.3]])
    >>> model = GaussianMixture(2, random_state=0).fit(rows)
    >>> bool(np.allclose(mixture_from_scikit_learn(model).log_density(rows), model.score_samples(rows)))
    True
    """
    wanted = ("weights_", "means_", "covariances_", "covariance_type")
    # The model is of another library: what it has is all that can be asked.
    missing = [name for name in wanted if not hasattr(model, name)]
    if missing or model.covariance_type not in TYPES:
        what = f"no {', '.join(missing)}" if missing else f"covariance_type {model.covariance_type!r}"
        message = f"`model` must be fitted, with {', '.join(wanted)}, one of {TYPES}, got {what}. Fit it."
        raise InputError(message)
    names = feature_names if feature_names is not None else getattr(model, "feature_names_in_", None)
    weights, means, covariances = (_numbers(getattr(model, name)) for name in wanted[:3])
    return Mixture(weights / np.sum(weights), means, covariances, model.covariance_type, names)


def mixture_from_mclust(parameters: Mapping[str, Any], feature_names: Sequence[str] | None = None) -> Mixture:
    """Give the mixture of the `parameters` of an Mclust object of R.

    Parameters
    ----------
    parameters : mapping
        ``pro`` (K,), ``mean`` (D, K) or, of one feature, (K,), and ``variance``, a mapping with ``sigma`` (D, D, K), or
        ``sigmasq`` of one feature or of spheres; R's arrays as rpy2 or JSON (``jsonlite::toJSON(unclass(m$parameters),
        digits = NA)``) give them. Without ``pro`` there is one component.
    feature_names : sequence of str, optional

    Returns
    -------
    mixture : Mixture
        Of the full family, or of the spherical one of one feature.

    Raises
    ------
    InputError
        If something is missing, or shapes do not fit.

    Examples
    --------
    >>> from mixfold.mixtures import mixture_from_mclust
    >>> parameters = {"pro": [0.4, 0.6], "mean": [[0.0, 5.0], [1.0, 6.0]],
    ...               "variance": {"sigma": [[[1.0, 2.0], [0.0, 0.5]], [[0.0, 0.5], [1.0, 3.0]]]}}
    >>> mixture_from_mclust(parameters).covariances[1]
    array([[2. , 0.5],
           [0.5, 3. ]])
    """
    variance = parameters.get("variance")
    if "mean" not in parameters or not isinstance(variance, Mapping) or not {"sigma", "sigmasq"} & set(variance):
        message = "`parameters` must have `mean` and `variance` with `sigma` or `sigmasq`, as `m$parameters` in R has."
        raise InputError(message)
    means = _numbers(parameters["mean"])
    means = means[None, :] if means.ndim == 1 else means
    d, k = means.shape
    weights = _numbers(parameters.get("pro", [1.0])).ravel()[:k]
    if "sigma" in variance and d > 1:
        sigma = _numbers(variance["sigma"])
        if sigma.shape != (d, d, k):
            message = f"`sigma` must have shape (n_features, n_features, K) = {(d, d, k)}, got {sigma.shape}."
            raise InputError(message)
        covariances, kind = np.moveaxis(sigma, 2, 0), "full"
    else:
        squares = _numbers(variance["sigmasq" if "sigmasq" in variance else "sigma"]).ravel()
        covariances, kind = np.broadcast_to(squares, (k,)), "spherical"
    return Mixture(weights / np.sum(weights), means.T, covariances, kind, feature_names)


def _numbers(values: Any) -> FloatArray:
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values, dtype=np.float64)
