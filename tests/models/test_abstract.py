"""What a model has without saying so."""

from __future__ import annotations

import numpy as np

from mixfold.covariance import FAMILIES
from mixfold.models import Model, Penalized
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.statistics import SufficientStatistics
from mixfold.structures import DIAGONAL, Structure
from tests.examples import NO_PRIOR, parameters_of


class EqualWeights(Model):
    """Components of equal weights with variances of their own: what a caller could write."""

    @property
    def structure(self) -> Structure:
        return DIAGONAL

    def maximize(self, statistics: SufficientStatistics, before: Parameters | None = None) -> Parameters:
        free = Penalized(FAMILIES["diag"], NO_PRIOR).maximize(statistics, before)
        return Parameters(np.full(len(free.weights), 1.0 / len(free.weights)), free.means, free.covariances)

    def potentials(self, parameters: Parameters) -> Potentials:
        return parameters.potentials(FAMILIES["diag"])

    def n_parameters(self, n_components: int, n_features: int) -> int:
        return 2 * n_components * n_features


def test_a_model_of_a_callers_own_has_no_prior_and_no_kernel_and_its_components_may_be_exchanged() -> None:
    model = EqualWeights()
    parameters = parameters_of(FAMILIES["diag"])
    assert model.log_prior(parameters, model.potentials(parameters)) == 0.0
    assert model.kernel is None
    assert model.is_symmetric
