"""Mixtures that other programs fitted, as the arguments of `Mixture`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mixfold.errors import InputError
from mixfold.typing import FloatArray

Arguments = tuple[FloatArray, FloatArray, FloatArray, str, Sequence[str] | None]
"""Weights, means, covariances, covariance type and names of features."""
TYPES = ("full", "tied", "diag", "spherical")
WHOLE = ("VEI", "EVI", "VEE", "EVE", "EEV", "VVE", "VEV", "EVV")
"""Families of mclust of which tgmm keeps whole matrices."""
EQUAL = ("tied_diag", "tied_spherical")
"""Of which tgmm keeps one diagonal, or one number, for all components."""
OF_TGMM = (
    {each: each for each in TYPES} | {"tied_full": "tied"} | dict.fromkeys(WHOLE, "full") | dict.fromkeys(EQUAL, "diag")
)
"""What the covariance types of tgmm are here."""


def of_scikit_learn(model: Any, feature_names: Sequence[str] | None = None) -> Arguments:
    """Give what a fitted mixture of scikit-learn has found; see `Mixture.from_scikit_learn`.

    Parameters
    ----------
    model : estimator
    feature_names : sequence of str, optional

    Returns
    -------
    arguments : tuple
        Of `Mixture`.

    Raises
    ------
    InputError
        If the model is not fitted, or of another kind.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import Mixture
    >>> from sklearn.mixture import GaussianMixture
    >>> rows = np.array([[0.0], [0.1], [9.0], [9.3]])
    >>> model = GaussianMixture(2, random_state=0).fit(rows)
    >>> bool(np.allclose(Mixture.from_scikit_learn(model).log_density(rows), model.score_samples(rows)))
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
    return weights / np.sum(weights), means, covariances, model.covariance_type, names


def of_mclust(parameters: Mapping[str, Any], feature_names: Sequence[str] | None = None) -> Arguments:
    """Give the mixture of the `parameters` of an Mclust object of R; see `Mixture.from_mclust`.

    Parameters
    ----------
    parameters : mapping
        ``pro`` (K,), ``mean`` (D, K) or, of one feature, (K,), and ``variance``, a mapping with ``sigma`` (D, D, K), or
        ``sigmasq`` of one feature or of spheres. Without ``pro`` there is one component.
    feature_names : sequence of str, optional

    Returns
    -------
    arguments : tuple
        Of a `Mixture` of the full family, or of the spherical one of one feature.

    Raises
    ------
    InputError
        If something is missing, or shapes do not fit.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> parameters = {"pro": [0.4, 0.6], "mean": [[0.0, 5.0], [1.0, 6.0]],
    ...               "variance": {"sigma": [[[1.0, 2.0], [0.0, 0.5]], [[0.0, 0.5], [1.0, 3.0]]]}}
    >>> Mixture.from_mclust(parameters).covariances[1]
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
    return weights / np.sum(weights), means.T, covariances, kind, feature_names


def of_tgmm(model: Any, feature_names: Sequence[str] | None = None) -> Arguments:
    """Give the mixture of a model of tgmm, or of what it saves; see `Mixture.from_tgmm`.

    Parameters
    ----------
    model : GaussianMixture of tgmm, or mapping
        With `weights_`, `means_`, `covariances_` and `covariance_type`: tgmm's 'full', 'diag', 'spherical',
        'tied_full', 'tied_diag' or 'tied_spherical', or a name of mclust, whose matrices are whole.
    feature_names : sequence of str, optional

    Returns
    -------
    arguments : tuple
        Of `Mixture`.

    Raises
    ------
    InputError
        If something is missing, or not numbers.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> saved = {"weights_": [0.5, 0.5], "means_": [[0.0], [4.0]], "covariances_": [1.0]}
    >>> saved["covariance_type"] = "tied_diag"
    >>> Mixture.from_tgmm(saved).covariances.ravel()
    array([1., 1.])
    """
    wanted = ("weights_", "means_", "covariances_", "covariance_type")
    found = {name: model.get(name) if isinstance(model, Mapping) else getattr(model, name, None) for name in wanted}
    missing = [name for name in wanted if found[name] is None]
    if missing:
        message = f"`model` must be fitted, with {', '.join(wanted)}, got no {', '.join(missing)}. Fit it."
        raise InputError(message)
    weights, means, covariances = (_numbers(found[name]) for name in wanted[:3])
    kind = found["covariance_type"]
    if kind not in OF_TGMM:
        message = f"The covariance_type of `model` must be one of {sorted(OF_TGMM)}, got {kind!r}."
        raise InputError(message)
    if kind in EQUAL:
        covariances = np.broadcast_to(covariances, means.shape)
    return weights / np.sum(weights), means, covariances, OF_TGMM[kind], feature_names


def _numbers(values: Any) -> FloatArray:
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values, dtype=np.float64)
