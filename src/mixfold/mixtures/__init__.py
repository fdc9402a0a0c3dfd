"""Mixtures as values.

mixture.py has the distribution itself, `Mixture`; what is done with one has a file each:

    checks.py       what callers pass as one
    scoring.py      what it says of rows in memory; the only file here that knows of engines
    sample.py       rows drawn from it
    marginal.py     some of its features
    condition.py    some of its features when others are known
    transform.py    linear maps of its features
    merge.py        components together as one Gaussian
    divergence.py   how far its components are from those of another
    student.py      the one of heavy tails, `HeavyTailedMixture`
    grouped.py      one for each of many groups, as columns
    description.py  its numbers for people
    files.py        as a document, which formats write
"""

from mixfold.mixtures.condition import Regressions, pull_and_precision
from mixfold.mixtures.description import Description, with_deviations
from mixfold.mixtures.divergence import divergences
from mixfold.mixtures.files import KIND, VERSION, document_of
from mixfold.mixtures.grouped import GroupedMixtures
from mixfold.mixtures.merge import merged_moments
from mixfold.mixtures.mixture import Mixture
from mixfold.mixtures.scoring import mahalanobis_distances, probability_of_others, row_weights
from mixfold.mixtures.student import HeavyTailedMixture
from mixfold.mixtures.transform import transformed, transformed_moments

__all__ = [
    "KIND",
    "VERSION",
    "Description",
    "GroupedMixtures",
    "HeavyTailedMixture",
    "Mixture",
    "Regressions",
    "divergences",
    "document_of",
    "mahalanobis_distances",
    "merged_moments",
    "probability_of_others",
    "pull_and_precision",
    "row_weights",
    "transformed",
    "transformed_moments",
    "with_deviations",
]
