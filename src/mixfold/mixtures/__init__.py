"""Mixtures as values.

mixture.py has the distribution itself, `Mixture`; what is done with one has a file each:

    checks.py       what callers pass as one
    density.py      what it says of rows, as methods
    scoring.py      how it comes to say it, of rows in memory: by engines
    sample.py       rows drawn from it, by chance or evenly
    truncated.py    rows drawn from it within a box
    marginal.py     some of its features
    condition.py    some of its features when others are known
    transform.py    linear maps of its features
    merge.py        components together as one Gaussian
    divergence.py   how far its components are from those of another
    overlap.py      how much its components lie on those of another
    entropy.py      its entropy, and its divergence from another: bounds and estimates
    distance.py     distances between mixtures in closed form
    drift.py        whether rows are still of one
    transport.py    one moved to another: the mixture Wasserstein distance
    moments.py      expected products of features, polynomials, the characteristic function
    expected.py     expected values of any function
    product.py      products of densities, Bayes' rule, sums of what is independent
    cdf.py          probabilities of boxes, and quantiles of one feature
    regions.py      the smallest sets that hold a probability
    contours.py     the curves around them
    modes.py        its modes, and the slope and curvature of its log density
    reduce.py       one of fewer components
    refine.py       that made as near as it can be
    student.py      the one of heavy tails, `HeavyTailedMixture`
    grouped.py      one for each of many groups, as columns
    imports.py      those that other programs fitted
    description.py  its numbers for people
    picture.py      its components as a picture
    files.py        as a document, which formats write
"""

from mixfold.mixtures.cdf import box_probabilities, cdf, interval, isf, ppf
from mixfold.mixtures.condition import Regressions, pull_and_precision
from mixfold.mixtures.density import Density
from mixfold.mixtures.description import Description, with_deviations
from mixfold.mixtures.distance import (
    Interval,
    cauchy_schwarz,
    hellinger,
    integrated_squared_error,
    log_inner_product,
    maximum_mean_discrepancy,
)
from mixfold.mixtures.divergence import divergences
from mixfold.mixtures.drift import Drift, drift
from mixfold.mixtures.entropy import Estimate, component_of, entropy, jensen_shannon, kullback_leibler, mixed
from mixfold.mixtures.expected import expected_value
from mixfold.mixtures.files import KIND, VERSION, document_of
from mixfold.mixtures.grouped import GroupedMixtures
from mixfold.mixtures.merge import merged_moments
from mixfold.mixtures.mixture import Mixture
from mixfold.mixtures.modes import gradient, hessian, modes, n_modes, ridgeline
from mixfold.mixtures.moments import characteristic_function, expected_polynomial, moment
from mixfold.mixtures.overlap import log_affinities, log_overlaps
from mixfold.mixtures.product import convolved, posterior, power, product
from mixfold.mixtures.reduce import Reduction, reduced
from mixfold.mixtures.refine import best_weights, refined
from mixfold.mixtures.regions import HighestDensityRegion, highest_density_region
from mixfold.mixtures.sample import quasi_random_sample
from mixfold.mixtures.scoring import mahalanobis_distances, probability_of_others, row_weights
from mixfold.mixtures.student import HeavyTailedMixture
from mixfold.mixtures.transform import transformed, transformed_moments
from mixfold.mixtures.transport import Transport, barycenter, squared_wasserstein, transport
from mixfold.mixtures.truncated import truncated_sample

__all__ = [
    "KIND",
    "VERSION",
    "Density",
    "Description",
    "Drift",
    "Estimate",
    "GroupedMixtures",
    "HeavyTailedMixture",
    "HighestDensityRegion",
    "Interval",
    "Mixture",
    "Reduction",
    "Regressions",
    "Transport",
    "barycenter",
    "best_weights",
    "box_probabilities",
    "cauchy_schwarz",
    "cdf",
    "characteristic_function",
    "component_of",
    "convolved",
    "divergences",
    "document_of",
    "drift",
    "entropy",
    "expected_polynomial",
    "expected_value",
    "gradient",
    "hellinger",
    "hessian",
    "highest_density_region",
    "integrated_squared_error",
    "interval",
    "isf",
    "jensen_shannon",
    "kullback_leibler",
    "log_affinities",
    "log_inner_product",
    "log_overlaps",
    "mahalanobis_distances",
    "maximum_mean_discrepancy",
    "merged_moments",
    "mixed",
    "modes",
    "moment",
    "n_modes",
    "posterior",
    "power",
    "ppf",
    "probability_of_others",
    "product",
    "pull_and_precision",
    "quasi_random_sample",
    "reduced",
    "refined",
    "ridgeline",
    "row_weights",
    "squared_wasserstein",
    "transformed",
    "transformed_moments",
    "transport",
    "truncated_sample",
    "with_deviations",
]
