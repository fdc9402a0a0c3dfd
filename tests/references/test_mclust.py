"""The fourteen families against mclust 6.0.0 (R) on Fisher's iris, three components, its hierarchical start."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris

from mixfold import GaussianMixture
from mixfold.covariance import family_for

IRIS = {  # ``mclustBIC`` and ``Mclust(iris[, 1:4], G = 3, modelNames = family)``: log-likelihood, df, BIC (larger is better)
    "EII": (-401.802797, 15, -878.765123),
    "VII": (-384.316862, 17, -853.814523),
    "EEI": (-361.429582, 18, -813.050599),
    "VEI": (-339.471910, 20, -779.156525),
    "EVI": (-338.790169, 24, -797.835586),
    "VVI": (-307.179533, 26, -744.635583),
    "EEE": (-256.355261, 24, -632.965768),
    "VEE": (-237.560858, 26, -605.398235),
    "EVE": (-234.140604, 30, -618.600267),
    "VVE": (-214.591206, 32, -589.522742),
    "EEV": (-214.851191, 36, -610.085252),
    "VEV": (-186.073648, 38, -562.551438),
    "EVV": (-205.536640, 42, -621.519962),
    "VVV": (-180.185952, 44, -580.839857),
}
families = pytest.mark.parametrize("family", list(IRIS))


@families
def test_the_log_likelihood_is_at_least_mclusts(family: str) -> None:
    X, species = load_iris(return_X_y=True)
    # Along the features there are better optima than the species; the search finds them.
    start = {"random_state": 0} if family.endswith("I") else {"labels_init": species}
    model = GaussianMixture(3, covariance_type=family, max_iter=5000, reg_covar=1e-9, **start).fit(X)
    assert model.lower_bound_ > IRIS[family][0] / len(X) - 1e-3


@families
def test_the_criterion_at_equal_parameters_is_mclusts(family: str) -> None:
    log_likelihood, df, bic = IRIS[family]
    n_parameters = 2 + 3 * 4 + family_for(family).n_parameters(3, 4)
    assert n_parameters == df
    assert -2.0 * log_likelihood + n_parameters * np.log(150) == pytest.approx(-bic, rel=1e-8)
