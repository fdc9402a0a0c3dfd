"""What a fit of a posterior found."""

from __future__ import annotations

import pytest

from mixfold import BayesianGaussianMixture
from mixfold.datasets import load_faithful
from mixfold.estimators.bayesian_fitter import BayesianFitter
from mixfold.search.found_components import LOG_ODDS
from mixfold.sources import ArraySource

X = load_faithful().data


def test_evidence_is_the_bound_of_all_rows_less_what_each_component_costs() -> None:
    fit = BayesianFitter(BayesianGaussianMixture(n_components=3, init_params="kmeans")).fit(ArraySource(X))
    assert fit.log_evidence == pytest.approx(272 * fit.run.objective - 3 * LOG_ODDS)
    assert fit.outliers is None
