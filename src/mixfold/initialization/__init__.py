"""Where EM begins, one file an initializer.

================  ================================================================================
name              rows are assigned
================  ================================================================================
kmeans            to the nearest center of a k-means solution (our own fold, hard assignment)
k-means++         to the nearest of K rows that are drawn far from each other, and are the means
random            to all components, by random responsibilities
random_from_data  to the nearest of K rows that are drawn uniformly, and are the means
random_partition  to one component each, at random
density_peaks     along rising density, to the nearest of K peaks (Rodriguez & Laio 2014)
================  ================================================================================

given.py has the starts that the caller knows, arrangement.py the order of rows that many components are quicker in.
`Initializer` (abstract.py) is the contract, registry.py finds one by its name.
"""

from mixfold.initialization.abstract import Initializer
from mixfold.initialization.arrangement import side_by_side
from mixfold.initialization.density_peaks import DensityPeaks
from mixfold.initialization.given import GivenLabels, GivenMeans, GivenResponsibilities
from mixfold.initialization.kmeans import KMeans
from mixfold.initialization.kmeans_plus_plus import KMeansPlusPlus
from mixfold.initialization.random_from_data import RandomFromData
from mixfold.initialization.random_partition import RandomPartition
from mixfold.initialization.random_responsibilities import RandomResponsibilities
from mixfold.initialization.registry import INITIALIZERS, initializer_for, is_initializer

__all__ = [
    "INITIALIZERS",
    "DensityPeaks",
    "GivenLabels",
    "GivenMeans",
    "GivenResponsibilities",
    "Initializer",
    "KMeans",
    "KMeansPlusPlus",
    "RandomFromData",
    "RandomPartition",
    "RandomResponsibilities",
    "initializer_for",
    "is_initializer",
    "side_by_side",
]
