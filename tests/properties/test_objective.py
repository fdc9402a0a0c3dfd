"""EM climbs: with the default prior the objective never falls, on any data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES
from mixfold.fitting.stopping import FALL
from mixfold.initialization import INITIALIZERS
from tests.properties.strategies import hard_rows, soft_rows

pytestmark = [
    pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::mixfold.errors.SpuriousComponentWarning"),
]


def assert_climbs(model: GaussianMixture) -> None:
    """Compare each objective with the one before, to rounding."""
    for run in model.restarts_:
        objectives = np.array([iteration.objective for iteration in run.history])
        assert np.all(np.isfinite(objectives))
        assert np.all(np.diff(objectives) >= -2.0 * FALL * (1.0 + np.abs(objectives[1:])))


@given(
    rows=soft_rows(),
    covariance_type=st.sampled_from(list(FAMILIES)),
    init_params=st.sampled_from(list(INITIALIZERS)),
    n_components=st.integers(1, 5),
    seed=st.integers(0, 1000),
)
def test_the_objective_never_falls(
    rows: np.ndarray, covariance_type: str, init_params: str, n_components: int, seed: int
) -> None:
    model = GaussianMixture(
        n_components, covariance_type=covariance_type, init_params=init_params, tol=0.0, max_iter=25, random_state=seed
    )
    assert_climbs(model.fit(rows))


@given(rows=hard_rows(), covariance_type=st.sampled_from(list(FAMILIES)), n_components=st.integers(1, 4))
def test_the_objective_never_falls_on_hard_data(rows: np.ndarray, covariance_type: str, n_components: int) -> None:
    model = GaussianMixture(
        n_components, covariance_type=covariance_type, init_params="kmeans", tol=0.0, max_iter=25, random_state=0
    )
    assert_climbs(model.fit(rows))


@given(rows=soft_rows(), covariance_type=st.sampled_from(list(FAMILIES)), seed=st.integers(0, 1000))
def test_the_objective_never_falls_with_weights(rows: np.ndarray, covariance_type: str, seed: int) -> None:
    weights = np.random.default_rng(seed).exponential(size=len(rows))
    model = GaussianMixture(
        3, covariance_type=covariance_type, init_params="kmeans", tol=0.0, max_iter=25, random_state=seed
    )
    assert_climbs(model.fit(rows, sample_weight=weights))


@given(rows=soft_rows(), covariance_type=st.sampled_from(list(FAMILIES)))
def test_more_iterations_never_lose(rows: np.ndarray, covariance_type: str) -> None:
    short, long = (
        GaussianMixture(
            3, covariance_type=covariance_type, init_params="kmeans", tol=0.0, max_iter=n, random_state=0
        ).fit(rows)
        for n in (3, 12)
    )
    assert long.history_[-1].objective >= short.history_[-1].objective - 1e-9 * (1 + abs(short.history_[-1].objective))
