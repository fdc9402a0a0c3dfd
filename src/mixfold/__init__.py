"""Gaussian mixture models as a fold.

>>> from mixfold import GaussianMixture
>>> from sklearn.datasets import load_iris
>>> model = GaussianMixture(n_components=2, random_state=0).fit(load_iris().data)
>>> round(model.lower_bound_, 2)
-1.2
"""

from importlib.metadata import version

from mixfold.estimators import GaussianMixture
from mixfold.mixture import Mixture

__version__ = version("mixfold")
__all__ = ["GaussianMixture", "Mixture", "__version__"]
