"""Estimators: the scikit-learn face.

abstract.py has what a fitted mixture can do (`MixtureEstimator`); gaussian_mixture.py learns one by EM,
auto_gaussian_mixture.py also chooses how many components it has and of which shape. saving.py has the files that both
are kept in, given.py checks starts that callers hand in, verbose.py prints, scikit_learn.py gives types to bases that
have none.
"""

from mixfold.estimators.abstract import MixtureEstimator
from mixfold.estimators.auto_gaussian_mixture import AutoGaussianMixture
from mixfold.estimators.gaussian_mixture import AUTO, GaussianMixture

__all__ = ["AUTO", "AutoGaussianMixture", "GaussianMixture", "MixtureEstimator"]
