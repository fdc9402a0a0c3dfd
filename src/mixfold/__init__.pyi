# The public names: a line each, which is all that a new one needs (`__init__.py` reads it).

from mixfold.apps import MixtureClassifier as MixtureClassifier
from mixfold.apps import MixtureOutlierDetector as MixtureOutlierDetector
from mixfold.apps import MixtureRegressor as MixtureRegressor
from mixfold.apps import SpeakerRecognizer as SpeakerRecognizer
from mixfold.apps import segment as segment
from mixfold.covariance import FactorAnalytic as FactorAnalytic
from mixfold.estimators import AutoGaussianMixture as AutoGaussianMixture
from mixfold.estimators import BayesianGaussianMixture as BayesianGaussianMixture
from mixfold.estimators import GaussianMixture as GaussianMixture
from mixfold.estimators import GroupedGaussianMixture as GroupedGaussianMixture
from mixfold.estimators import StudentMixture as StudentMixture
from mixfold.estimators import fit_many as fit_many
from mixfold.estimators import select_features as select_features
from mixfold.mixtures import GroupedMixtures as GroupedMixtures
from mixfold.mixtures import Mixture as Mixture
from mixfold.search import bootstrap_likelihood_ratio as bootstrap_likelihood_ratio
from mixfold.search import bootstrap_standard_errors as bootstrap_standard_errors
from mixfold.versions import show_versions as show_versions

__version__: str
