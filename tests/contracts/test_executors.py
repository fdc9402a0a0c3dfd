"""Every executor equals the calling thread bit for bit, whatever the number of threads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES
from mixfold.engines import ArrayEngine, Assignment, ChunkSums, NativeEngine
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.executors import Executor, LocalExecutor
from mixfold.fold import Fold, expectation
from mixfold.potentials import Potentials
from mixfold.rows import CHUNK_ROWS, Marks, Rows
from mixfold.segments import tree_sum
from mixfold.sources import ArraySource
from mixfold.structures import STRUCTURES, Structure
from mixfold.typing import FloatArray
from tests.examples import blobs, mixture_of, potentials_of

EXECUTORS = {f"{n}-threads": (lambda n=n: LocalExecutor(n)) for n in (1, 2, 7)}


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    with EXECUTORS[request.param]() as entered:
        yield entered


@pytest.fixture(scope="module")
def rows() -> FloatArray:
    return blobs(3 * CHUNK_ROWS + 77, 3, 2)[0]


def test_results_come_in_the_order_of_the_items(executor: Executor) -> None:
    assert list(executor.map(lambda item: item * item, range(100))) == [item * item for item in range(100)]


def test_an_error_in_a_chunk_reaches_the_caller(executor: Executor) -> None:
    def fail_at_seven(item: int) -> int:
        if item == 7:
            message = "item seven"
            raise KeyError(message)
        return item

    with pytest.raises(KeyError, match="item seven"):
        list(executor.map(fail_at_seven, range(20)))


def test_nothing_gives_nothing(executor: Executor) -> None:
    assert list(executor.map(lambda item: item, [])) == []


@pytest.mark.parametrize("n_threads", [1, 2])
def test_an_executor_can_be_entered_again(n_threads: int) -> None:
    again = LocalExecutor(n_threads)
    for _ in range(2):
        with again:
            assert list(again.map(str, [1, 2])) == ["1", "2"]


@pytest.mark.parametrize("covariance_type", list(FAMILIES))
def test_statistics_have_the_bits_of_serial(executor: Executor, covariance_type: str, rows: FloatArray) -> None:
    mixture = mixture_of(covariance_type)
    with LocalExecutor() as serial:
        expected = Fold(ArraySource(rows), ArrayEngine(), serial).statistics(
            mixture.potentials, mixture.family.structure
        )
    actual = Fold(ArraySource(rows), ArrayEngine(), executor).statistics(mixture.potentials, mixture.family.structure)
    for name in ("count", "shift", "scatter", "log_likelihood"):
        np.testing.assert_array_equal(getattr(actual, name), getattr(expected, name))


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
@pytest.mark.parametrize("n_components", [3, 20])
@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("assignment", Assignment)
@pytest.mark.parametrize("n_together", [2, 128])
def test_chunks_computed_together_have_the_bits_of_chunks_one_by_one(
    executor: Executor,
    n_components: int,
    structure: Structure,
    assignment: Assignment,
    n_together: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = np.asfortranarray(np.repeat(blobs(CHUNK_ROWS + 77, n_components, 2)[0], 5, axis=0), dtype=np.float32)
    weights = np.random.default_rng(0).uniform(size=len(rows)).astype(np.float32)
    base = potentials_of(structure, n_components, 2)
    potentials = Potentials(base.offset, rows[:n_components].astype(np.float64), 4.0 * base.whitener, structure)
    monkeypatch.setattr(expectation, "SUMS_BYTES", n_together * 8 * ChunkSums.width(potentials.center, structure))
    monkeypatch.setattr(expectation, "FEWEST_TOGETHER", 0)
    expected = tree_sum(
        NativeEngine().statistics(Rows(chunk.values, Marks(chunk.weights)), potentials, structure, assignment)
        for chunk in ArraySource(rows, Marks(weights)).chunks()
    )
    data = Fold(ArraySource(rows, Marks(weights)), NativeEngine(), executor)
    for _ in range(2):  # without guesses and with them
        actual = data.statistics(potentials, structure, assignment)
        for name in ("count", "shift", "scatter", "log_likelihood", "n_rows", "weight"):
            np.testing.assert_array_equal(getattr(actual, name), getattr(expected, name))


@pytest.mark.parametrize("question", ["log_density", "responsibilities", "labels"])
def test_scores_have_the_bits_of_serial(executor: Executor, question: str, rows: FloatArray) -> None:
    potentials = mixture_of().potentials
    with LocalExecutor() as serial:
        expected = getattr(Fold(ArraySource(rows), ArrayEngine(), serial), question)(potentials)
    actual = getattr(Fold(ArraySource(rows), ArrayEngine(), executor), question)(potentials)
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
@pytest.mark.parametrize("covariance_type", list(FAMILIES))
@pytest.mark.parametrize(
    "n_jobs", [pytest.param(2, marks=pytest.mark.nightly), 7, pytest.param(-1, marks=pytest.mark.nightly)]
)
def test_a_fit_has_the_bits_of_one_thread(n_jobs: int, covariance_type: str, rows: FloatArray) -> None:
    one, many = (
        GaussianMixture(
            3, covariance_type=covariance_type, init_params="kmeans", max_iter=3, random_state=0, n_jobs=jobs
        ).fit(rows)
        for jobs in (1, n_jobs)
    )
    assert one.mixture_ == many.mixture_
    assert one.lower_bound_ == many.lower_bound_
    np.testing.assert_array_equal(one.predict_proba(rows), many.predict_proba(rows))


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_fits_from_several_threads_at_once_have_the_bits_of_fits_one_by_one(rows: FloatArray, n_jobs: int) -> None:
    def fit(seed: int) -> bytes:
        model = GaussianMixture(
            2, init_params="random_from_data", random_state=seed, n_jobs=n_jobs, max_iter=3, tol=0.0
        )
        model.fit(rows[seed:])
        return model.means_.tobytes() + model.covariances_.tobytes()

    one_by_one = [fit(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(fit, range(4))) == one_by_one
