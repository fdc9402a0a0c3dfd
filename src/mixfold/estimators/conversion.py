"""A fitted mixture as scikit-learn's own estimator, for programs that know no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mixfold.mixtures import Mixture
from mixfold.structures import DIAGONAL, FULL, POOLED, SPHERICAL

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture as ScikitLearnMixture

TYPES = {FULL: "full", POOLED: "tied", DIAGONAL: "diag", SPHERICAL: "spherical"}
"""Of scikit-learn's, the one whose covariances have the shape of a structure."""
RESULTS = ("converged_", "n_iter_", "lower_bound_", "lower_bounds_")


def to_scikit_learn(mixture: Mixture, parameters: dict[str, Any], found: dict[str, Any]) -> ScikitLearnMixture:
    """Give scikit-learn's fitted estimator of a mixture.

    Parameters
    ----------
    mixture : Mixture
        Covariances that scikit-learn has no shape for are given as full matrices.
    parameters : dict
        Of an estimator: those that scikit-learn has too are taken over where it takes their values.
    found : dict
        Attributes of a fit, of which scikit-learn's are taken over.

    Returns
    -------
    estimator : sklearn.mixture.GaussianMixture

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.estimators.conversion import to_scikit_learn
    >>> estimator = to_scikit_learn(Mixture([1.0], [[0.0]], [4.0], "EII"), {"reg_covar": "auto"}, {})
    >>> estimator.covariance_type, estimator.reg_covar, estimator.precisions_
    ('spherical', 1e-06, array([0.25]))
    """
    from sklearn.mixture import GaussianMixture as ScikitLearnMixture  # noqa: PLC0415  (it takes a while)

    name = TYPES.get(mixture.family.structure)
    if name is None:
        mixture = Mixture(mixture.weights, mixture.means, mixture.component_covariances, "full", mixture.feature_names)
        name = "full"
    estimator = ScikitLearnMixture()
    ours = {key: value for key, value in parameters.items() if key in estimator.get_params()}
    ours |= {"n_components": mixture.n_components, "covariance_type": name}
    if isinstance(ours.get("reg_covar"), str):
        del ours["reg_covar"]
    init_params = ours.get("init_params")
    if not isinstance(init_params, str) or init_params not in {"kmeans", "k-means++", "random", "random_from_data"}:
        ours.pop("init_params", None)
    if mixture.family.name != name:
        ours.pop("precisions_init", None)
    estimator.set_params(**ours)
    family, whitener = mixture.family, mixture.potentials.whitener
    attributes = {
        "weights_": np.array(mixture.weights),
        "means_": np.array(mixture.means),
        "covariances_": np.array(mixture.covariances),
        "precisions_": family.precisions(whitener),
        "precisions_cholesky_": np.array(family.precisions_cholesky(whitener)),
        "n_features_in_": mixture.n_features,
        **{name: found[name] for name in RESULTS if name in found},
    }
    if mixture.feature_names is not None:
        attributes["feature_names_in_"] = np.array(mixture.feature_names, dtype=object)
    vars(estimator).update(attributes)
    return estimator
