# The public names: `__init__.py` reads them, and loads one when it is first used.

from mixfold.estimators.abstract import MixtureEstimator as MixtureEstimator
from mixfold.estimators.auto_gaussian_mixture import AutoGaussianMixture as AutoGaussianMixture
from mixfold.estimators.bayesian_gaussian_mixture import BayesianGaussianMixture as BayesianGaussianMixture
from mixfold.estimators.feature_selection import FeatureSelection as FeatureSelection
from mixfold.estimators.feature_selection import select_features as select_features
from mixfold.estimators.gaussian_mixture import AUTO as AUTO
from mixfold.estimators.gaussian_mixture import GaussianMixture as GaussianMixture
from mixfold.estimators.grouped_gaussian_mixture import GroupedGaussianMixture as GroupedGaussianMixture
from mixfold.estimators.grouped_gaussian_mixture import fit_many as fit_many
from mixfold.estimators.posterior_answers import CredibleIntervals as CredibleIntervals
from mixfold.estimators.skops_types import SKOPS_TYPES as SKOPS_TYPES
from mixfold.estimators.student_mixture import StudentMixture as StudentMixture
