"""What every fitted estimator can do, whatever it was fitted by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.engines import to_numpy
from mixfold.estimators.abstract import MixtureEstimator
from mixfold.estimators.exported import exported
from mixfold.rows import CHUNK_ROWS
from mixfold.typing import Array, FloatArray
from tests.examples import blobs, mixture_of


class Known(MixtureEstimator):
    """An estimator that learned its mixture before it was born."""

    def __init__(self, engine: str = "auto", n_jobs: int | None = None, random_state: int | None = None) -> None:
        self.engine = engine
        self.n_jobs = n_jobs
        self.random_state = random_state

    @property
    def mixture_(self) -> Mixture:
        return mixture_of()

    def fit(self, X: Any, y: None = None, sample_weight: Any = None) -> Self:
        del y, sample_weight
        self._source(X, reset=True)
        self.fitted_ = True
        return self


ROWS, _ = blobs(2 * CHUNK_ROWS + 11, 3, 2)


@pytest.mark.parametrize("n_jobs", [None, 3])
@pytest.mark.parametrize(
    ("method", "question"),
    [("predict", "labels"), ("predict_proba", "responsibilities"), ("score_samples", "log_density")],
)
def test_answers_are_those_of_the_mixture(
    method: str, question: str, n_jobs: int | None, library: Callable[[FloatArray], Array]
) -> None:
    model = Known(n_jobs=n_jobs).fit(ROWS[:10])
    expected = getattr(mixture_of(), question)(ROWS)
    np.testing.assert_allclose(to_numpy(getattr(model, method)(library(ROWS))), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n_jobs", [None, 3])
@pytest.mark.parametrize("question", ["mahalanobis", "uncertainty"])
def test_distances_and_uncertainties_are_those_of_the_mixture(question: str, n_jobs: int | None) -> None:
    model = Known(n_jobs=n_jobs).fit(ROWS[:10])
    np.testing.assert_array_equal(getattr(model, question)(ROWS), getattr(mixture_of(), question)(ROWS))


def test_distances_of_a_file_are_those_of_its_rows(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    model = Known().fit(ROWS[:10])
    np.testing.assert_array_equal(model.mahalanobis(tmp_path / "rows.npy"), model.mahalanobis(ROWS))
    np.testing.assert_array_equal(model.uncertainty(str(tmp_path / "rows.npy")), model.uncertainty(ROWS))


def test_icl_is_bic_and_what_the_best_shares_leave() -> None:
    model, weights = Known().fit(ROWS), np.linspace(0.5, 2.0, len(ROWS))
    best = mixture_of().responsibilities(ROWS).max(axis=1)
    assert model.icl(ROWS) == pytest.approx(model.bic(ROWS) - 2.0 * np.sum(np.log(best)), rel=1e-12)
    expected = model.bic(ROWS, weights) - 2.0 * weights @ np.log(best)
    assert model.icl(ROWS, weights) == pytest.approx(expected, rel=1e-12)


def test_a_summary_is_the_mixture_s_where_nothing_is_known_of_the_fit() -> None:
    assert Known().fit(ROWS).summary() == mixture_of().summary()


def test_a_score_in_float32_is_summed_in_float64() -> None:
    score = Known().fit(ROWS).score(ROWS.astype(np.float32))
    assert isinstance(score, float)
    assert score == pytest.approx(float(np.mean(mixture_of().log_density(ROWS))), rel=1e-6)


def test_the_base_class_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="abstract"):
        MixtureEstimator()  # type: ignore[abstract]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exported_arrays_are_copies_like_the_rows(dtype: type, library: Callable[[FloatArray], Array]) -> None:
    values, like = np.arange(4.0), library(np.ones(1, dtype=dtype))
    array = exported(values, like)
    assert type(array) is type(like)
    assert array.dtype == like.dtype
    array[0] = 9.0
    assert values[0] == 0.0
