"""Chunks on several devices: here processors, which stand for GPUs; `brought` alone does on those something else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from mixfold import BayesianGaussianMixture, GaussianMixture, StudentMixture
from mixfold.engines import ArrayEngine, to_numpy
from mixfold.errors import InputError, NotFiniteError
from mixfold.executors import DevicesExecutor, LocalExecutor, executor_for
from mixfold.executors.devices import PlacedSource
from mixfold.fold import Fold
from mixfold.rows import CHUNK_ROWS, Marks
from mixfold.sources import ArraySource, BlocksSource
from mixfold.structures import DIAGONAL
from mixfold.typing import FloatArray
from tests.examples import blobs, potentials_of

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
LARGE = 4 * CHUNK_ROWS + 77
WIDTH = 8 * 3 * CHUNK_ROWS
"""Bytes of a chunk."""
PLACES: dict[str, Any] = {
    "two processors": ["cpu", "cpu"],
    "three processors": ["cpu"] * 3,
    "all GPUs": None,
}


@pytest.fixture(params=list(PLACES))
def places(request: pytest.FixtureRequest) -> Any:
    if request.param == "all GPUs" and not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    return PLACES[request.param]


@pytest.fixture(scope="module")
def rows() -> FloatArray:
    return blobs(LARGE, 3, 3)[0]


def model(**settings: Any) -> GaussianMixture:
    return GaussianMixture(3, **{"max_iter": 4, "random_state": 0, "init_params": "kmeans", **settings})


def one_device(places: Any) -> Any:
    return ["cuda:0"] if places is None else places[:1]


@pytest.mark.parametrize("kept_bytes", [None, 0, WIDTH])
def test_a_fit_has_the_bits_of_one_device_wherever_rows_stay(
    places: Any, kept_bytes: int | None, rows: FloatArray
) -> None:
    weights = np.random.default_rng(0).uniform(0.5, 2.0, size=LARGE)
    expected = model(executor=DevicesExecutor(one_device(places))).fit(rows, sample_weight=weights)
    actual = model(executor=DevicesExecutor(places, kept_bytes=kept_bytes)).fit(rows, sample_weight=weights)
    assert actual.mixture_ == expected.mixture_
    assert actual.lower_bounds_ == expected.lower_bounds_
    there = torch.from_numpy(rows).to(one_device(places)[0])
    of_a_tensor = model().fit(there, sample_weight=weights)
    np.testing.assert_array_equal(actual.means_, to_numpy(of_a_tensor.means_))
    np.testing.assert_array_equal(actual.predict_proba(rows), to_numpy(of_a_tensor.predict_proba(there)))


def test_a_search_ends_where_it_ends_on_the_processor(places: Any, rows: FloatArray) -> None:
    expected = model(init_params="auto").fit(rows)
    actual = model(init_params="auto", executor=DevicesExecutor(places)).fit(rows)
    np.testing.assert_allclose(actual.means_, expected.means_, rtol=1e-9)
    np.testing.assert_array_equal(actual.predict(rows), expected.predict(rows))
    assert isinstance(actual.predict(rows), np.ndarray)


@pytest.mark.parametrize(("kind", "kept_bytes"), [("npy", None), ("parquet", 0), ("blocks", None), ("blocks", 0)])
def test_files_come_chunk_by_chunk_to_the_bits_of_rows_in_memory(
    kind: str, kept_bytes: int | None, tmp_path: Path, rows: FloatArray
) -> None:
    X: Any = tmp_path / f"rows.{kind}"
    if kind == "npy":
        np.save(X, rows)
    elif kind == "parquet":
        parquet.write_table(pa.table(dict(zip("abc", rows.T.copy(), strict=True))), X, row_group_size=1000)
    else:
        X = BlocksSource(np.split(rows, [3, 5000, 8192, 30000]))
    executor = DevicesExecutor(["cpu", "cpu"], kept_bytes=kept_bytes)
    actual, expected = model(executor=executor).fit(X), model(executor=executor).fit(rows)
    np.testing.assert_array_equal(actual.means_, expected.means_)
    np.testing.assert_array_equal(actual.covariances_, expected.covariances_)
    np.testing.assert_array_equal(actual.score_samples(X), expected.score_samples(rows))


def test_what_stays_is_not_read_again_and_what_has_no_room_is(rows: FloatArray) -> None:
    walks = []

    class Counted:
        def __iter__(self) -> Iterator[FloatArray]:
            walks.append(1)
            return iter([rows])

    source, potentials = BlocksSource(Counted()), potentials_of(DIAGONAL, 3, 3)
    for kept_bytes, n_kept, n_walks in ((None, 5, 1), (WIDTH, 2, 3), (0, 0, 3)):
        with DevicesExecutor(["cpu", "cpu"], kept_bytes=kept_bytes) as executor:
            placed = executor.placed(source)
            fold = Fold(placed, ArrayEngine(), executor)
            walks.clear()
            for _ in range(3):
                fold.statistics(potentials, potentials.structure)
            assert (len(placed.kept), len(walks)) == (n_kept, n_walks)
            assert executor.placed(source) is placed


def test_chunks_take_turns_and_one_comes_while_another_is_computed(rows: FloatArray) -> None:
    barrier = threading.Barrier(2, timeout=20)  # passes only if two chunks of the only device are under way together
    with DevicesExecutor(["cpu"]) as executor:
        placed = executor.placed(ArraySource(rows[: 4 * CHUNK_ROWS]))
        assert len(list(executor.each(lambda _: barrier.wait(), placed))) == 4
    with DevicesExecutor(["cpu", "meta"]) as executor:
        placed = PlacedSource(ArraySource(rows), tuple(map(torch.device, ["cpu", "meta"])), (0.0, 0.0))
        found = list(executor.each(lambda chunk: chunk.values.device.type, placed))
    assert found == ["cpu", "meta", "cpu", "meta", "cpu"]


@pytest.mark.parametrize("facts", ["gaps", "background", "tails", "noise", "labels"])
def test_whatever_is_known_of_rows_goes_with_them(facts: str, rows: FloatArray) -> None:
    rows = rows[: 2 * CHUNK_ROWS + 5].copy()
    settings, known, kind = {}, {}, GaussianMixture
    if facts == "gaps":
        rows[::7, 1], settings = np.nan, {"missing": "em"}
    elif facts == "background":
        settings = {"outliers": 0.05}
    elif facts == "tails":
        kind = StudentMixture
    elif facts == "noise":
        known = {"noise": np.full(3, 0.1)}
    else:
        known = {"labels": np.where(np.arange(len(rows)) < 30, blobs(LARGE, 3, 3)[1][: len(rows)], -1)}
    made = {"max_iter": 4, "random_state": 0, "init_params": "kmeans", **settings}
    actual = kind(3, executor=DevicesExecutor(["cpu", "cpu"]), **made).fit(rows, **known)
    expected = kind(3, **made).fit(rows, **known)
    np.testing.assert_allclose(actual.means_, expected.means_, rtol=1e-9)
    np.testing.assert_allclose(actual.predict_proba(rows), expected.predict_proba(rows), atol=1e-9)


def test_a_posterior_is_that_of_the_processor(rows: FloatArray) -> None:
    made = {"n_components": 3, "random_state": 0}
    expected = BayesianGaussianMixture(**made).fit(rows)
    actual = BayesianGaussianMixture(executor=DevicesExecutor(["cpu", "cpu"]), **made).fit(rows)
    assert actual.lower_bound_ == pytest.approx(expected.lower_bound_, rel=1e-9)
    np.testing.assert_allclose(actual.predict_proba(rows), expected.predict_proba(rows), atol=1e-7)


def test_tensors_are_parted_and_answers_come_back_to_where_they_are(rows: FloatArray) -> None:
    X = torch.from_numpy(rows).float()
    fitted = model(executor=DevicesExecutor(["cpu", "cpu"])).fit(X)
    answer = fitted.predict_proba(X)
    assert isinstance(answer, torch.Tensor)
    assert answer.dtype is torch.float32
    np.testing.assert_array_equal(answer, model().fit(X).predict_proba(X))


def test_rows_that_no_device_can_have_are_refused(rows: FloatArray) -> None:
    bad = rows.copy()
    bad[20_000, 1] = np.inf
    with pytest.raises(NotFiniteError, match="feature 1 is missing, NaN or infinite in row 20000"):
        model(executor=DevicesExecutor(["cpu", "cpu"])).fit(BlocksSource([bad]))
    with pytest.raises(InputError, match="`devices` must name at least one device, got none"):
        model(executor=DevicesExecutor([])).fit(rows)
    with DevicesExecutor(["cpu"]) as executor, pytest.raises(TypeError, match="one that `DevicesExecutor.placed` gave"):
        executor.sum(lambda *_: None, ArraySource(rows))  # type: ignore[arg-type,return-value]


def test_it_is_asked_for_by_name_and_reaches_what_comes_to_this_process(rows: FloatArray) -> None:
    source = ArraySource(rows)
    assert isinstance(executor_for(None, 1, source=source, given="devices"), DevicesExecutor)
    assert not DevicesExecutor(["cpu"]).reaches(ArraySource(pytest.importorskip("array_api_strict").ones((3, 2))))
    assert LocalExecutor().placed(source) is source


def test_rows_are_taken_where_they_come_from(rows: FloatArray) -> None:
    at, weights = np.array([0, 3, 9000, LARGE - 1]), np.arange(1.0, LARGE + 1.0)
    for source in (
        ArraySource(rows, Marks(weights)),
        BlocksSource(np.split(rows, [5, 9000])).with_marks(Marks(weights)),
    ):
        taken = DevicesExecutor(["cpu", "cpu"]).placed(source).take(at)
        np.testing.assert_array_equal(taken.values, rows[at])
        np.testing.assert_array_equal(taken.weights, weights[at])


FEW = blobs(1000, 2, 3)[0]
GAPPY = np.where(np.arange(3000).reshape(1000, 3) % 21 == 1, np.nan, FEW)
PAIRS = np.arange(1000) // 2


@pytest.mark.parametrize(
    ("kind", "settings", "X", "known"),
    [
        (BayesianGaussianMixture, {}, GAPPY, {}),
        (GaussianMixture, {"outliers": "uniform"}, GAPPY, {}),
        pytest.param(BayesianGaussianMixture, {"outliers": "uniform"}, FEW, {}, marks=pytest.mark.nightly),
        (BayesianGaussianMixture, {"outliers": "uniform"}, GAPPY, {}),
        (GaussianMixture, {"outliers": "uniform"}, FEW, {"must_link": PAIRS}),
        (BayesianGaussianMixture, {}, FEW, {"must_link": PAIRS}),
        (BayesianGaussianMixture, {"posterior": "gibbs", "n_draws": 10}, FEW, {}),
        (GaussianMixture, {"missing": "em"}, GAPPY, {"noise": np.full(3, 0.1)}),
    ],
)
def test_what_looks_at_rows_in_this_process_finds_what_it_finds_there(
    kind: Any, settings: dict[str, Any], X: FloatArray, known: dict[str, Any]
) -> None:
    expected = kind(n_components=2, random_state=0, **settings).fit(X, **known)
    actual = kind(n_components=2, random_state=0, executor=DevicesExecutor(["cpu"]), **settings).fit(X, **known)
    np.testing.assert_allclose(actual.means_, expected.means_, atol=0.05)
    np.testing.assert_array_equal(actual.predict(X), expected.predict(X))


@pytest.mark.parametrize(
    ("devices", "said"),
    [
        (["cpux"], "`devices` must name devices that PyTorch can use here, got 'cpux'"),
        (["cpu", "cuda:99"], "`devices` must name devices that PyTorch can use here, got 'cuda:99'"),
        ([None], "`devices` must name devices that PyTorch can use here, got None"),
    ],
)
def test_a_device_that_is_not_there_is_refused_before_any_work(devices: list[Any], said: str) -> None:
    with pytest.raises(InputError, match=said), DevicesExecutor(devices):
        pass
    with pytest.raises(InputError, match=said):
        model(executor=DevicesExecutor(devices)).fit(FEW)


def test_what_names_no_devices_and_no_bytes_is_refused_when_it_is_made() -> None:
    with pytest.raises(InputError, match=r"must be a sequence of devices, got 'cpu'. Put it in a list: \['cpu'\]"):
        DevicesExecutor("cpu")
    with pytest.raises(InputError, match="must be a sequence of devices"):
        DevicesExecutor(torch.device("cpu"))
    for kept_bytes in (-1, 0.5, "1"):
        with pytest.raises(InputError, match="`kept_bytes` must be a whole number of bytes, 0 or more, got"):
            DevicesExecutor(["cpu"], kept_bytes=kept_bytes)  # type: ignore[arg-type]
