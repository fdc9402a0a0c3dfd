"""Gaussian mixtures as values.

mixture.py has the distribution itself, `Mixture`, scoring.py what it says of rows in memory, and description.py its
numbers for people.
"""

from mixfold.mixtures.description import Description
from mixfold.mixtures.mixture import KIND, VERSION, Mixture
from mixfold.mixtures.scoring import Scoring, mahalanobis_distances, probability_of_others

__all__ = ["KIND", "VERSION", "Description", "Mixture", "Scoring", "mahalanobis_distances", "probability_of_others"]
