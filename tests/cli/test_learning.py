"""What `mixfold fit` learns, and what it knows of a fit without walking over a file again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.examples import blobs

from mixfold import GaussianMixture
from mixfold.cli.known_rows import KnownRows
from mixfold.cli.learning import learned
from mixfold.sources import ArraySource

SETTINGS: dict[str, Any] = {"init_params": "kmeans", "n_init": 2, "max_iter": 100, "random_state": 0}


@pytest.mark.parametrize("n", [300, 20_000])
def test_what_is_known_of_a_fit_is_what_the_estimator_says(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, _ = blobs(n, 2, 2)
    asked: list[str] = []
    bic = GaussianMixture.bic
    monkeypatch.setattr(GaussianMixture, "bic", lambda *arguments: asked.append("bic") or bic(*arguments))
    estimator, facts = learned(
        ArraySource(rows), n, 2, SETTINGS, ("a", "b"),
        jobs=1, checkpoint=None, known=KnownRows(), bayesian=False, gaps=False,
    )  # fmt: skip
    assert isinstance(estimator, GaussianMixture)
    assert bool(asked) == (n == 300)  # of many rows it is known from the last walk
    assert facts["bic"] == pytest.approx(bic(estimator, rows), rel=1e-9)
    assert facts["aic"] == pytest.approx(estimator.aic(rows), rel=1e-9)
    assert facts["log_likelihood"] == pytest.approx(n * facts["log_likelihood_per_row"])
    assert (facts["outcome"], facts["n_iter"]) == ("converged", estimator.n_iter_)
    np.testing.assert_array_equal(estimator.predict(rows[:3]).shape, (3,))
