"""Gaussian mixture models as a fold.

>>> from mixfold import GaussianMixture
>>> from mixfold.datasets import load_faithful
>>> model = GaussianMixture(n_components=2, random_state=0).fit(load_faithful().data)
>>> round(model.lower_bound_, 2)
-4.16
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mixfold.apps import MixtureClassifier, MixtureOutlierDetector, MixtureRegressor, SpeakerRecognizer, segment
    from mixfold.covariance import FactorAnalytic
    from mixfold.estimators import AutoGaussianMixture, GaussianMixture
    from mixfold.mixture import Mixture
    from mixfold.selection import bootstrap_likelihood_ratio, bootstrap_standard_errors
    from mixfold.versions import show_versions

__version__ = version("mixfold")
__all__ = [
    "AutoGaussianMixture",
    "FactorAnalytic",
    "GaussianMixture",
    "Mixture",
    "MixtureClassifier",
    "MixtureOutlierDetector",
    "MixtureRegressor",
    "SpeakerRecognizer",
    "__version__",
    "bootstrap_likelihood_ratio",
    "bootstrap_standard_errors",
    "segment",
    "show_versions",
]

_HOMES = {
    "apps": {"MixtureClassifier", "MixtureOutlierDetector", "MixtureRegressor", "SpeakerRecognizer", "segment"},
    "covariance": {"FactorAnalytic"},
    "estimators": {"AutoGaussianMixture", "GaussianMixture"},
    "mixture": {"Mixture"},
    "selection": {"bootstrap_likelihood_ratio", "bootstrap_standard_errors"},
    "versions": {"show_versions"},
}


def __getattr__(name: str) -> Any:
    """Load a name when it is first used: scikit-learn takes a second, and `mixfold --help` does not need it."""
    if name in _HOMES:
        return import_module(f"mixfold.{name}")
    for home, names in _HOMES.items():
        if name in names:
            value = globals()[name] = getattr(import_module(f"mixfold.{home}"), name)
            return value
    message = f"module 'mixfold' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
