"""Parameters take objects of the caller's own, and refuse wrong ones before any work."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from mixfold import AutoGaussianMixture, GaussianMixture
from mixfold.covariance import Full
from mixfold.engines import ArrayEngine
from mixfold.errors import InputError
from mixfold.estimators.choices import ENGINE, EXECUTOR, FAMILY, INITIALIZER
from mixfold.executors import DaskExecutor, LocalExecutor
from mixfold.initialization import KMeans
from tests.examples import blobs
from tests.own_objects import CALLS, FarthestFirst, OwnEngine, OwnExecutor

ROWS, _ = blobs(60, 2, 2)
OWN = {"engine": OwnEngine(), "init_params": FarthestFirst(), "executor": OwnExecutor()}


@pytest.fixture(autouse=True)
def _nothing_asked() -> Iterator[None]:
    CALLS.clear()
    yield
    CALLS.clear()


@pytest.mark.parametrize(
    ("choice", "good", "bad"),
    [
        (FAMILY, [Full(), "full", "VVV", "factor:2"], [Full, "round", 3]),
        (ENGINE, ["auto", "array", ArrayEngine(), OwnEngine()], ["steam", ArrayEngine, 3, len]),
        (EXECUTOR, ["dask", LocalExecutor(), DaskExecutor(), OwnExecutor()], ["abacus", LocalExecutor, 3]),
        (INITIALIZER, ["auto", "kmeans", KMeans(), FarthestFirst()], ["oracle", KMeans, len, 3]),
    ],
)
def test_names_and_whole_objects_are_taken_and_nothing_else(choice: Any, good: list[Any], bad: list[Any]) -> None:
    assert [one for one in good if not choice.is_satisfied_by(one)] == []
    assert [one for one in bad if choice.is_satisfied_by(one)] == []


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"engine": ArrayEngine}, "'engine' parameter .* `statistics`.*`mixfold.engines.Engine`"),
        ({"init_params": len}, "'init_params' parameter .*`name`, `__call__`.*mixfold.initialization.Initializer"),
        ({"executor": object()}, "'executor' parameter .* `reaches`.*mixfold.executors.Executor"),
        (
            {"covariance_type": Full},
            "'covariance_type' parameter .* derives from `mixfold.covariance.CovarianceFamily`",
        ),
    ],
)
def test_a_wrong_object_is_refused_before_any_work(parameters: dict[str, Any], message: str) -> None:
    worked: list[object] = []
    with pytest.raises(ValueError, match=message):
        GaussianMixture(2, callback=worked.append, **parameters).fit(ROWS)
    assert worked == []


def test_the_callers_engine_computes_the_fit_and_the_predictions() -> None:
    model = GaussianMixture(2, engine=OwnEngine(), random_state=0).fit(ROWS)
    assert "statistics" in CALLS
    expected = GaussianMixture(2, engine="array", random_state=0).fit(ROWS)
    assert model.mixture_ == expected.mixture_
    CALLS.clear()
    np.testing.assert_array_equal(model.predict_proba(ROWS), expected.predict_proba(ROWS))
    assert CALLS == ["responsibilities"]


def test_an_engine_that_does_not_accept_the_rows_is_refused() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(InputError, match="computes Tensor of dtype torch.float64, got OwnEngine"):
        GaussianMixture(2, engine=OwnEngine()).fit(torch.asarray(ROWS))


def test_the_callers_initializer_is_where_em_begins() -> None:
    model = GaussianMixture(2, init_params=FarthestFirst(), n_init=2, random_state=0).fit(ROWS)
    assert CALLS == ["farthest-first"] * 2
    assert [run.start for run in model.restarts_] == ["farthest-first"] * 2


def test_the_callers_executor_walks_over_files(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.tile(ROWS, (300, 1)))
    own, usual = (
        GaussianMixture(2, executor=executor, init_params="kmeans", random_state=0).fit(tmp_path / "rows.npy")
        for executor in (OwnExecutor(), None)
    )
    assert {"each", "sum"} <= set(CALLS)
    assert own.mixture_ == usual.mixture_


@pytest.mark.parametrize("copied", [clone, lambda model: pickle.loads(pickle.dumps(model))])
def test_models_with_objects_are_copied_and_pickled(copied: Any) -> None:
    model = GaussianMixture(2, covariance_type=Full(), random_state=0, **OWN).fit(ROWS)
    again = copied(model).fit(ROWS)
    assert again.get_params()["init_params"] == FarthestFirst()
    assert again.mixture_ == model.mixture_


@parametrize_with_checks([GaussianMixture(random_state=0, **OWN)])
def test_an_estimator_with_objects_is_scikit_learns(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.parametrize(("first", "same"), [(0, True), (1, False)])
def test_a_checkpoint_knows_the_callers_objects(first: int, same: bool, tmp_path: Path) -> None:
    path = tmp_path / "fit.checkpoint"
    GaussianMixture(2, init_params=FarthestFirst(), checkpoint=path, random_state=0).fit(ROWS)
    model = GaussianMixture(2, init_params=FarthestFirst(first), checkpoint=path, random_state=0)
    if same:
        model.fit(ROWS)
    else:
        with pytest.raises(ValueError, match="init_params"):
            model.fit(ROWS)


def test_a_search_over_sizes_takes_the_callers_engine() -> None:
    AutoGaussianMixture([1, 2, 3], covariance_types=["diag"], engine=OwnEngine(), random_state=0).fit(ROWS)
    assert "statistics" in CALLS
