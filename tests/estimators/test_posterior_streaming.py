"""A posterior that learns batch by batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from mixfold import BayesianGaussianMixture
from mixfold.errors import InputError
from mixfold.typing import FloatArray

LABELS = np.random.default_rng(1).integers(0, 3, 300)
X = np.random.default_rng(0).normal(size=(300, 2)) + np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])[LABELS]


def streamed(rows: FloatArray, n_batches: int, **settings: Any) -> BayesianGaussianMixture:
    model = BayesianGaussianMixture(n_components=4, random_state=0, **settings)
    for batch in np.array_split(rows, n_batches):
        model.partial_fit(batch)
    return model


def test_batches_of_clear_clusters_give_the_posterior_of_all_rows() -> None:
    model, whole = streamed(X, 4, step_exponent=1.0), BayesianGaussianMixture(n_components=4, random_state=0).fit(X)
    assert model.n_components_ == whole.n_components_ == 3
    np.testing.assert_allclose(np.sort(model.mean_precision_), np.sort(whole.mean_precision_), rtol=0.02)
    assert adjusted_rand_score(model.predict(X), whole.predict(X)) == 1.0
    np.testing.assert_allclose(np.sort(model.weights_), np.sort(whole.weights_), atol=0.01)


def test_a_cluster_that_comes_later_is_found() -> None:
    model = streamed(X[np.argsort(LABELS)], 6)
    assert model.n_components_ == 3
    assert model._stream is not None
    assert model._stream.statistics.n_rows == 300


def test_a_posterior_narrows_as_rows_come() -> None:
    widths = []
    model = BayesianGaussianMixture(n_components=3, init_params="kmeans", random_state=0)
    for batch in np.array_split(X, 3):
        intervals = model.partial_fit(batch).credible_intervals(n_draws=300)
        widths.append(float(np.mean(intervals.means[..., 1] - intervals.means[..., 0])))
    assert widths[0] > 1.2 * widths[1] > 1.2 * widths[2]


def test_a_stream_goes_on_from_a_file_to_the_same_bits(tmp_path: Path) -> None:
    model = streamed(X[:200], 2)
    model.save(tmp_path / "model.safetensors")
    again = BayesianGaussianMixture.load(tmp_path / "model.safetensors")
    for batch in np.array_split(X[200:], 2):
        model.partial_fit(batch)
        again.partial_fit(batch)
    np.testing.assert_array_equal(model.means_, again.means_)
    np.testing.assert_array_equal(model.mean_precision_, again.mean_precision_)


def test_no_number_of_threads_changes_a_stream() -> None:
    rows = np.concatenate([X] * 60)
    one, two = (streamed(rows, 2, n_jobs=n_jobs, init_params="kmeans") for n_jobs in (1, 2))
    np.testing.assert_array_equal(one.means_, two.means_)


def test_what_has_no_stream_is_refused() -> None:
    model = BayesianGaussianMixture(n_components=2, posterior="gibbs", n_draws=2, random_state=0).fit(X[:40])
    with pytest.raises(InputError, match="Begin with a new model"):
        model.set_params(posterior="variational").partial_fit(X[100:])
    with pytest.raises(InputError, match="learns by posterior='variational', got 'gibbs'"):
        BayesianGaussianMixture(posterior="gibbs").partial_fit(X)


def test_a_fit_of_all_rows_goes_on_with_more() -> None:
    model = BayesianGaussianMixture(n_components=3, init_params="kmeans", random_state=0).fit(X[:200])
    known = float(np.sum(model.mean_precision_))
    model.partial_fit(X[200:])
    assert float(np.sum(model.mean_precision_)) == pytest.approx(known + 100.0)
