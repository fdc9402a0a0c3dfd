"""What a type checker knows about estimators, as users' programs see them: `mypy` checks this file with the package.

A line that must be an error says so; were it none, its comment would be one.
"""

from typing import assert_type

import numpy as np

from mixfold import AutoGaussianMixture, GaussianMixture, MixtureClassifier, MixtureOutlierDetector, MixtureRegressor


def program() -> None:
    """Fit, and use what a fit gives."""
    X, y = np.zeros((9, 2)), np.zeros(9)
    assert_type(GaussianMixture(2).fit(X), GaussianMixture)
    assert_type(AutoGaussianMixture().fit(X), AutoGaussianMixture)
    assert_type(MixtureOutlierDetector().fit(X), MixtureOutlierDetector)
    assert_type(MixtureClassifier().fit(X, y), MixtureClassifier)
    assert_type(MixtureRegressor().fit(X, y), MixtureRegressor)
    assert_type(GaussianMixture(2).fit(X).set_params(tol=0.1).bic(X), float)
    assert_type(MixtureClassifier().fit(X, y).score(X, y), float)
    model = GaussianMixture(2)
    model.set_output(transform="pandas").fit_transform(X)
    model.predictt(X)  # type: ignore[attr-defined]
    GaussianMixture(2, tolerance=0.1)  # type: ignore[call-arg]
    MixtureClassifier().fit(X)  # type: ignore[call-arg]
