"""Mixtures as values.

mixture.py has the distribution itself, `Mixture`; what is done with one has a file each:

    checks.py           what callers pass as one
    density.py          what it says of rows, as methods
    scoring.py          how it comes to say it, of rows in memory: by engines
    sample.py           rows drawn from it, by chance or evenly
    truncated.py        rows drawn from it within a box
    marginal.py         some of its features
    condition.py        some of its features when others are known
    transform.py        linear maps of its features
    merge.py            components together as one Gaussian
    divergence.py       how far its components are from those of another
    overlap.py          how much its components lie on those of another
    entropies.py        its entropy, and its divergence from another: bounds and estimates
    distance.py         distances between mixtures in closed form
    drift_detection.py  whether rows are still of one
    wasserstein.py      one moved to another: the mixture Wasserstein distance
    moments.py          expected products of features, polynomials, the characteristic function
    expected.py         expected values of any function
    products.py         products of densities, Bayes' rule, sums of what is independent
    probabilities.py    probabilities of boxes, and quantiles of one feature
    regions.py          the smallest sets that hold a probability
    contours.py         the curves around them
    mode_finding.py     its modes, and the slope and curvature of its log density
    reduce.py           one of fewer components
    refine.py           that made as near as it can be
    student.py          the one of heavy tails, `HeavyTailedMixture`
    grouped.py          one for each of many groups, as columns
    imports.py          those that other programs fitted
    description.py      its numbers for people
    picture.py          its components as a picture
    files.py            as a document, which formats write
"""

from typing import Any

from mixfold.lazy import homes_of, loaded

_HOMES = homes_of(__file__)
__all__ = [*_HOMES]  # noqa: PLE0604  (they are strings)


def __getattr__(name: str) -> Any:
    value = globals()[name] = loaded(__name__, _HOMES, name)
    return value
