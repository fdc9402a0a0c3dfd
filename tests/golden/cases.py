"""What is recorded: one function a case, which gives named arrays."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from mixfold import (
    AutoGaussianMixture,
    GaussianMixture,
    MixtureClassifier,
    MixtureOutlierDetector,
    MixtureRegressor,
    segment,
)
from mixfold.covariance import FAMILIES
from mixfold.datasets import load_faithful
from mixfold.errors import ConvergenceWarning, SpuriousComponentWarning
from mixfold.executors import LocalExecutor
from mixfold.initialization import INITIALIZERS
from mixfold.rows import CHUNK_ROWS
from mixfold.sources import BlocksSource
from mixfold.typing import FloatArray
from tests.examples import blobs

Case = Callable[[], dict[str, Any]]
CASES: dict[str, Case] = {}


def _record(name: str, case: Case) -> None:
    assert name not in CASES
    CASES[name] = case


def _told(model: Any, rows: Any) -> dict[str, Any]:
    """Give what a fit is known by."""
    return {"objective": model.objective_, "n_iter": model.n_iter_, **_mixture(model, rows)}


def _mixture(model: Any, rows: FloatArray) -> dict[str, Any]:
    return {
        "weights": model.weights_,
        "means": model.means_,
        "covariances": model.mixture_.component_covariances,
        "log_density": model.score_samples(rows),
        "labels": model.predict(rows),
    }


def _fit(rows: Any, k: int = 3, *, weight: FloatArray | None = None, **settings: Any) -> Case:
    def case() -> dict[str, Any]:
        model = GaussianMixture(k, **{"random_state": 0, **settings}).fit(rows, sample_weight=weight)
        return _told(model, rows)

    return case


SMALL = blobs(240, 3, 3)[0]
CORRELATED = blobs(300, 4, 2, seed=3, separation=2.0)[0]
LARGE = blobs(2 * CHUNK_ROWS + 300, 3, 3, seed=1)[0]
WIDE = blobs(200, 2, 20, seed=2)[0]
WEIGHTS = np.random.default_rng(0).integers(1, 4, len(SMALL)).astype(np.float64)

for family in (*FAMILIES, "factor:1", "factor:2"):
    _record(f"default fit, {family}", _fit(SMALL, covariance_type=family))
for family in ("full", "tied", "diag", "spherical", "VVE", "factor:2"):
    _record(f"float32, {family}", _fit(SMALL.astype(np.float32), covariance_type=family))
for start in INITIALIZERS:
    _record(f"start {start}", _fit(CORRELATED, 4, init_params=start, n_init=2))
_record("start means_init", _fit(CORRELATED, 2, means_init=[[0.0, 0.0], [2.0, 2.0]], init_params="kmeans"))
_record("wide", _fit(WIDE, 2))
_record("wide, factor:4", _fit(WIDE, 2, covariance_type="factor:4", init_params="kmeans"))
_record("weights", _fit(SMALL, weight=WEIGHTS))
_record("a number for reg_covar", _fit(SMALL, reg_covar=1e-3))
_record("inverse-wishart", _fit(SMALL, reg_covar="inverse-wishart"))
_record("recorded values", _fit(np.round(SMALL, 1)))
_record("more restarts", _fit(SMALL, 3, n_init=3))
_record("faithful", _fit(np.asarray(load_faithful().data), 2))
_record("a repeated column", _fit(np.column_stack([SMALL, SMALL[:, 0], np.ones(len(SMALL))])))


def _large(rows: Any, *, named: bool = False, **settings: Any) -> Case:
    """Give a fit of few steps to rows from anywhere, which is told by the rows in memory."""

    def case() -> dict[str, Any]:
        with TemporaryDirectory() as folder:
            settled = {"init_params": "kmeans", "max_iter": 5, "random_state": 0, **settings}
            model = GaussianMixture(3, **settled).fit(rows(Path(folder)) if callable(rows) else rows)
        here = pa.table(dict(zip(model.feature_names_in_, LARGE[:1000].T, strict=True))) if named else LARGE[:1000]
        return _told(model, here)

    return case


def _npy(folder: Path) -> Path:
    np.save(folder / "rows.npy", LARGE)
    return folder / "rows.npy"


def _parquet(folder: Path) -> Path:
    parquet.write_table(pa.table(dict(zip("abc", LARGE.T, strict=True))), folder / "rows.parquet", row_group_size=1000)
    return folder / "rows.parquet"


_record("large", _large(LARGE))
_record("large, diag, array engine", _large(LARGE, covariance_type="diag", engine="array"))
_record("large, 2 threads", _large(LARGE, n_jobs=2))
_record("large, executor", _large(LARGE, executor=LocalExecutor(2)))
_record("large, .npy", _large(_npy))
_record("large, Parquet", _large(_parquet, named=True))
_record("large, blocks", _large(BlocksSource(np.split(LARGE, [3, 5000, 8192]))))
_record("large, minibatches", _large(LARGE, minibatch=CHUNK_ROWS))
_record("large, searched", _large(LARGE, init_params="auto", max_iter=1000))


def _stream() -> dict[str, Any]:
    model = GaussianMixture(3, random_state=0)
    for batch in np.array_split(LARGE, 8):
        model.partial_fit(batch)
    return _mixture(model, LARGE[:1000])


def _merged() -> dict[str, Any]:
    first, second = np.array_split(LARGE, 2)
    model = GaussianMixture(3, random_state=0, init_params="kmeans").fit(first)
    other = GaussianMixture(3, means_init=model.means_, random_state=0, init_params="kmeans").fit(second)
    return _mixture(model.merge(other), LARGE[:1000])


def _predictions(dtype: type, engine: str) -> Case:
    def case() -> dict[str, Any]:
        model = GaussianMixture(3, random_state=0, engine=engine).fit(SMALL.astype(dtype))
        rows = blobs(500, 3, 3, seed=5)[0].astype(dtype)
        drawn, labels = model.sample(20)
        return {"proba": model.predict_proba(rows), "score": model.score(rows), "drawn": drawn, "of": labels}

    return case


_record("stream", _stream)
_record("merged", _merged)
for dtype in (np.float32, np.float64):
    for engine in ("array", "native"):
        _record(f"predictions, {dtype.__name__}, {engine}", _predictions(dtype, engine))


def _selection(rows: FloatArray, **settings: Any) -> Case:
    def case() -> dict[str, Any]:
        model = AutoGaussianMixture(n_components=range(1, 6), random_state=0, **settings).fit(rows)
        return {"criterion": [row[model.criterion] for row in model.results_], **_mixture(model, rows)}

    return case


_record("selection", _selection(SMALL))
_record(
    "selection, icl, four families",
    _selection(CORRELATED, criterion="icl", covariance_types=["full", "tied", "diag", "spherical"]),
)


def _outliers() -> dict[str, Any]:
    model = MixtureOutlierDetector(random_state=0).fit(SMALL)
    return {"scores": model.score_samples(SMALL), "labels": model.predict(SMALL)}


def _classes() -> dict[str, Any]:
    rows, labels = blobs(300, 3, 3, separation=1.0)
    return {"proba": MixtureClassifier(random_state=0).fit(rows, labels).predict_proba(rows)}


def _targets() -> dict[str, Any]:
    return {"targets": MixtureRegressor(random_state=0).fit(SMALL[:, :2], SMALL[:, 2]).predict(SMALL[:, :2])}


def _segments() -> dict[str, Any]:
    image = np.zeros((24, 24, 3), dtype=np.uint8)
    image[:, 12:], image[6:12, 4:9] = (200, 30, 30), (20, 20, 220)
    noisy = image + np.random.default_rng(0).integers(0, 20, image.shape).astype(np.uint8)
    return {"labels": segment(noisy, 3, random_state=0).labels}


_record("outliers", _outliers)
_record("classes", _classes)
_record("targets", _targets)
_record("segments", _segments)


def compute(name: str) -> dict[str, np.ndarray]:
    """Give a case's arrays."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", SpuriousComponentWarning)
        return {key: np.asarray(value) for key, value in CASES[name]().items()}
