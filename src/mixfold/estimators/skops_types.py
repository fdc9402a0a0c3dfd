"""What skops is told to trust, which loads no class that it was not told of."""

from __future__ import annotations

from mixfold.covariance import FAMILIES

CLASSES = (
    "covariance.decomposed.Decomposed",
    "covariance.diag.Diag",
    "covariance.factor_analytic.FactorAnalytic",
    "covariance.full.Full",
    "covariance.spherical.Spherical",
    "covariance.tied.Tied",
    "estimators.auto_gaussian_mixture.AutoGaussianMixture",
    "estimators.gaussian_mixture.GaussianMixture",
    "estimators.outliers.Outliers",
    "mixtures.mixture.Mixture",
    "potentials.Potentials",
    "structures.diagonal.Diagonal",
    "structures.factors.Factors",
    "structures.full.Full",
    "structures.pooled.Pooled",
    "structures.spherical.Spherical",
)
STEPS = tuple(f"covariance.{name.lower()}.maximize" for name in FAMILIES if name.isupper())
"""The M steps of mclust's families, which are functions."""
SKOPS_TYPES = tuple(f"mixfold.{name}" for name in CLASSES + STEPS)
"""For ``skops.io.load(path, trusted=SKOPS_TYPES)``: what files of a `GaussianMixture`, an `AutoGaussianMixture` and a
`Mixture` are made of beside arrays and numbers. None of it does anything when it is loaded."""
