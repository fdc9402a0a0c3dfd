"""Gaussian mixtures as values.

mixture.py has the distribution itself, `Mixture`; scoring.py, which alone knows of engines, what it says of rows in
memory; sample.py draws rows, and description.py has its numbers for people.
"""

from mixfold.mixtures.description import Description
from mixfold.mixtures.mixture import KIND, VERSION, Mixture
from mixfold.mixtures.scoring import mahalanobis_distances, probability_of_others

__all__ = ["KIND", "VERSION", "Description", "Mixture", "mahalanobis_distances", "probability_of_others"]
