"""Who fits, under which types of covariance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.mixture import GaussianMixture as Other

from benchmarks.first_tables.mclust import MODELS
from mixfold import GaussianMixture

TYPES = ("full", "tied", "diag", "spherical", "VVE", "factor:4")
OTHERS_TYPES = TYPES[:4]
OURS, THEIRS, MCLUST = "mixfold", "scikit-learn", "mclust"
# Name to a model of (K, type, seed); mclust is not here, since it runs in R and has no seed.
MODELS_OF: dict[str, Callable[[int, str, int], Any]] = {
    OURS: lambda k, kind, seed: GaussianMixture(k, covariance_type=kind, random_state=seed),
    f"{OURS} n_init=10": lambda k, kind, seed: GaussianMixture(k, covariance_type=kind, random_state=seed, n_init=10),
    THEIRS: lambda k, kind, seed: Other(k, covariance_type=kind, random_state=seed),
    f"{THEIRS} n_init=10": lambda k, kind, seed: Other(k, covariance_type=kind, random_state=seed, n_init=10),
}
PROGRAMS = (*MODELS_OF, MCLUST)


def has_type(program: str, kind: str, n_features: int) -> bool:
    """Say whether a program fits this type at all; a factor-analytic covariance has a rank of at most `n_features`."""
    if kind.startswith("factor:"):
        return program.startswith(OURS) and int(kind.partition(":")[2]) <= n_features
    if program == MCLUST:
        return kind in MODELS
    return program.startswith(OURS) or kind in OTHERS_TYPES
