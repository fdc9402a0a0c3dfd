"""What a command found as one document of JSON, for programs: nothing else goes to standard output then."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mixfold.mixtures import Mixture


def mixture_fields(mixture: Mixture) -> dict[str, Any]:
    """Give all parameters of a mixture, its covariances in the shape of their family and as matrices.

    Examples
    --------
    >>> fields = mixture_fields(Mixture([0.25, 0.75], [[0.0], [3.0]], [1.0, 2.0], "spherical", ["size"]))
    >>> fields["weights"], fields["covariances"], fields["component_covariances"], fields["n_parameters"]
    ([0.25, 0.75], [1.0, 2.0], [[[1.0]], [[2.0]]], 5)
    """
    return {
        "n_components": mixture.n_components,
        "n_features": mixture.n_features,
        "feature_names": None if mixture.feature_names is None else list(mixture.feature_names),
        "covariance_type": mixture.covariance_type,
        "n_parameters": mixture.n_parameters,
        "weights": mixture.weights.tolist(),
        "means": mixture.means.tolist(),
        "covariances": mixture.covariances.tolist(),
        "component_covariances": mixture.component_covariances.tolist(),
    }


def print_json(fields: Mapping[str, Any]) -> None:
    """Write one document to standard output; numbers that are not finite are null, as JSON has none."""
    sys.stdout.write(json.dumps(_plain(fields), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _plain(value: Any) -> Any:
    """Give a value in JSON's types.

    Examples
    --------
    >>> _plain({"best": np.float64(2.5), "skipped": float("inf"), "levels": (1, 2)})
    {'best': 2.5, 'skipped': None, 'levels': [1, 2]}
    """
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
