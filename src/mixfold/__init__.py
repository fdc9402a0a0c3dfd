"""Gaussian mixture models as a fold.

>>> from mixfold import GaussianMixture
>>> from mixfold.datasets import load_faithful
>>> model = GaussianMixture(n_components=2, random_state=0).fit(load_faithful().data)
>>> round(model.lower_bound_, 2)
-4.16
"""

from importlib.metadata import version

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
