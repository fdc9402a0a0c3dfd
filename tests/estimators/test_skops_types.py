"""Files of skops, which loads no class that it was not told of."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import AutoGaussianMixture, GaussianMixture
from mixfold.covariance import FAMILIES, FactorAnalytic
from mixfold.estimators import SKOPS_TYPES
from tests.examples import blobs

io = pytest.importorskip("skops.io")


@pytest.mark.parametrize("covariance_type", [*FAMILIES, "factor:1:shared", FactorAnalytic(1)])
def test_estimators_and_mixtures_of_any_family_load_with_the_types_that_are_named(
    covariance_type: str | FactorAnalytic,
) -> None:
    rows, _ = blobs(60)
    model = GaussianMixture(2, covariance_type=covariance_type, random_state=0, init_params="kmeans", tol=1e-4).fit(
        rows
    )
    loaded = io.loads(io.dumps(model), trusted=SKOPS_TYPES)
    np.testing.assert_array_equal(loaded.score_samples(rows), model.score_samples(rows))
    assert io.loads(io.dumps(model.mixture_), trusted=SKOPS_TYPES) == model.mixture_


def test_a_choice_and_a_background_load_too() -> None:
    rows, _ = blobs(120)
    for model in (AutoGaussianMixture(2, random_state=0), GaussianMixture(2, outliers="auto", random_state=0)):
        model.fit(rows)
        loaded = io.loads(io.dumps(model), trusted=SKOPS_TYPES)
        np.testing.assert_array_equal(loaded.predict(rows), model.predict(rows))
