"""A real cluster: parameters travel, data stay, and what is lost is made again or said."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixfold import BayesianGaussianMixture, GaussianMixture
from mixfold.errors import ExecutorError, InputError
from mixfold.executors import DaskExecutor, executor_for
from mixfold.fitting import Iteration
from mixfold.rows import CHUNK_ROWS
from mixfold.sources import DaskSource, NpySource
from mixfold.typing import FloatArray
from tests.examples import blobs

distributed = pytest.importorskip("distributed", reason="needs the extra `dask`")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")

pytestmark = [
    pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning"),
    # Dask leaves sockets of the processes that it lost to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
N = 5 * CHUNK_ROWS + 300
ROWS = blobs(N, 3, 3)[0]
SETTINGS: dict[str, Any] = {"init_params": "random_from_data", "random_state": 0, "max_iter": 4, "tol": 0.0}


@pytest.fixture(scope="module", autouse=True)
def _sockets() -> Iterator[None]:
    """Collect what Dask leaves here, where its warnings are expected, and not in whatever test comes next."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def expected() -> GaussianMixture:
    return GaussianMixture(3, **SETTINGS).fit(ROWS)


def parquet(folder: Path) -> Path:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    for number, part in enumerate(np.split(ROWS, [100, 20_000])):
        parquet.write_table(pa.table(dict(zip("abc", part.T.copy(), strict=True))), folder / f"{number}.parquet")
    return folder


def npy(folder: Path) -> Path:
    np.save(folder / "rows.npy", ROWS)
    return folder / "rows.npy"


PLACES = {
    "array": lambda _: da.from_array(ROWS, chunks=(2 * CHUNK_ROWS, 2)),
    "npy": npy,
    "parquet": parquet,
}


def assert_same(actual: GaussianMixture, expected: GaussianMixture) -> None:
    for name in ("weights_", "means_", "covariances_"):
        np.testing.assert_array_equal(getattr(actual, name), getattr(expected, name))
    assert actual.lower_bounds_ == expected.lower_bounds_


@pytest.mark.parametrize(("place", "keep"), [("array", True), ("npy", False), ("parquet", True)])
def test_a_fit_has_the_bits_of_one_in_memory(
    place: str, keep: bool, client: Any, expected: GaussianMixture, tmp_path: Path
) -> None:
    X = PLACES[place](tmp_path)
    actual = GaussianMixture(3, **SETTINGS, executor=DaskExecutor(client, keep=keep)).fit(X)
    assert_same(actual, expected)
    assert actual.score(X) == expected.score(ROWS)


@pytest.mark.nightly
def test_a_posterior_has_the_bits_of_one_in_memory(client: Any) -> None:
    X, settings = da.from_array(ROWS, chunks=(2 * CHUNK_ROWS, 2)), {"random_state": 0, "max_iter": 3, "tol": 0.0}
    actual = BayesianGaussianMixture(n_components=6, **settings, executor=DaskExecutor(client)).fit(X)
    expected = BayesianGaussianMixture(n_components=6, **settings).fit(ROWS)
    assert actual.lower_bounds_ == expected.lower_bounds_
    assert actual.component_probabilities_ == expected.component_probabilities_
    np.testing.assert_array_equal(actual.means_, expected.means_)
    np.testing.assert_array_equal(np.asarray(actual.predict(X)), expected.predict(ROWS))


def test_passes_compute_parts_where_they_lie_half_of_them_on_each_worker(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixfold.sources.files.PART_BYTES", 1)
    source = NpySource(PLACES["npy"](tmp_path))

    def where(_: object) -> str:
        time.sleep(0.1)  # longer than the way to the other worker takes
        return str(distributed.get_worker().address)

    with DaskExecutor(client) as executor:
        first, second, third = (list(executor.each(where, source)) for _ in range(3))
    assert len(set(first[:3])) == len(set(first[3:])) == 1
    assert first[0] != first[5]
    # On a busy machine a worker that waits may take one from the other.
    moved = sum(before != after for later in (second, third) for before, after in zip(first, later, strict=True))
    assert moved <= 2


def test_weights_go_with_their_rows(client: Any) -> None:
    weights = np.random.default_rng(0).uniform(0.5, 2.0, size=N)
    X = da.from_array(ROWS, chunks=(3 * CHUNK_ROWS, 3))
    actual = GaussianMixture(3, **SETTINGS, executor=DaskExecutor(client)).fit(X, sample_weight=weights)
    assert_same(actual, GaussianMixture(3, **SETTINGS).fit(ROWS, sample_weight=weights))


def test_partitions_of_any_length_give_the_same_to_rounding(client: Any, expected: GaussianMixture) -> None:
    import pandas as pd

    frame = dd.from_pandas(pd.DataFrame(ROWS, columns=list("abc")).assign(name="x"), npartitions=7)
    frame["c"] = frame["c"] * 1.0
    # Statistics agree to 1e-10; kmeans draws its sample by the number of rows alone.
    actual = GaussianMixture(3, **SETTINGS, executor=DaskExecutor(client)).fit(frame)
    assert list(actual.feature_names_in_) == ["a", "b", "c"]
    np.testing.assert_allclose(actual.means_, expected.means_, rtol=1e-10)
    np.testing.assert_allclose(actual.covariances_, expected.covariances_, rtol=1e-10, atol=1e-12)


def test_a_missing_value_is_named_with_its_partition(client: Any) -> None:
    rows = ROWS.copy()
    rows[CHUNK_ROWS + 17, 1] = np.nan
    with pytest.raises(InputError, match="feature 1 is missing, NaN or infinite in row 17 of partition 1"):
        GaussianMixture(3, **SETTINGS, missing="raise", executor=DaskExecutor(client)).fit(
            da.from_array(rows, chunks=(CHUNK_ROWS, 3))
        )


def test_rows_in_this_process_are_computed_in_this_process() -> None:
    unreachable = DaskExecutor(object())
    assert GaussianMixture(3, **SETTINGS, executor=unreachable).fit(ROWS).n_iter_ == 4


def test_an_estimator_on_a_cluster_can_be_cloned(client: Any) -> None:
    from sklearn.base import clone

    executor = DaskExecutor(client)
    assert clone(GaussianMixture(3, executor=executor)).executor is executor


def test_a_worker_killed_in_mid_iteration_changes_no_bit(
    client: Any, expected: GaussianMixture, tmp_path: Path
) -> None:
    X, killed = PLACES["npy"](tmp_path), []

    def kill(iteration: Iteration) -> None:
        if iteration.number == 2:
            killed.append(next(iter(client.run(os.getpid).values())))
            # In a moment, when the next iteration is under way.
            threading.Timer(0.02, os.kill, (killed[0], signal.SIGKILL)).start()

    actual = GaussianMixture(3, **SETTINGS, executor=DaskExecutor(client), callback=kill).fit(X)
    assert_same(actual, expected)
    deadline = time.monotonic() + 20
    while killed[0] in client.run(os.getpid).values() or len(client.scheduler_info()["workers"]) < 2:
        assert time.monotonic() < deadline, "the worker was not killed, or not replaced"
        time.sleep(0.1)


@pytest.mark.nightly
def test_an_unreachable_scheduler_is_one_error_and_leaves_a_checkpoint(
    expected: GaussianMixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dask

    monkeypatch.setattr("mixfold.fitting.checkpoint.SHARE", 1e9)
    X, path = PLACES["npy"](tmp_path), tmp_path / "fit.npz"
    script = (
        "import distributed, sys\n"
        "if __name__ == '__main__':\n"
        "    cluster = distributed.LocalCluster(n_workers=1, dashboard_address=':0', processes=False, protocol='tcp')\n"
        "    print(cluster.scheduler_address, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    settings = {"distributed.comm.timeouts.connect": "2s", "distributed.comm.retry.count": 0}
    with (
        subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as scheduler,
        ExitStack() as stack,
    ):
        stack.callback(scheduler.kill)
        assert scheduler.stdout
        address = scheduler.stdout.readline().strip()

        def kill(iteration: Iteration) -> None:
            if iteration.number == 2:
                scheduler.kill()
                scheduler.wait()

        stack.enter_context(dask.config.set(settings))
        remote = stack.enter_context(distributed.Client(address, set_as_default=False, timeout="2s"))
        with pytest.raises(ExecutorError, match="must be reachable until the fit ends, but was lost"):
            GaussianMixture(3, **SETTINGS, executor=DaskExecutor(remote), checkpoint=path, callback=kill).fit(X)
    resumed = GaussianMixture(3, **SETTINGS, checkpoint=path).fit(X)  # elsewhere: on this machine
    assert_same(resumed, expected)


@pytest.mark.nightly
def test_a_part_that_fits_no_worker_is_one_error(tmp_path: Path) -> None:
    import dask

    def grow(block: FloatArray) -> FloatArray:
        hoard: list[FloatArray] = []
        for _ in range(200):
            hoard.append(np.ones(8_000_000))
            time.sleep(0.02)
        return block

    X = da.from_array(ROWS, chunks=(N, 3)).map_blocks(grow, meta=np.empty((0, 3)))
    with (
        dask.config.set(
            {"distributed.scheduler.allowed-failures": 0, "distributed.worker.memory.monitor-interval": "50ms"}
        ),
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, memory_limit="1GB", dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as small,
        pytest.raises(ExecutorError, match="does not fit into the memory of a worker"),
        DaskExecutor(small) as executor,
    ):
        list(executor.each(lambda chunk: chunk.start, DaskSource(X)))


@pytest.mark.nightly
@pytest.mark.parametrize("where", ["first", "lengths", "runs"])
def test_a_part_that_kills_its_worker_while_a_source_looks_at_it_is_one_error(where: str) -> None:
    import dask

    def die(block: FloatArray) -> FloatArray:
        os._exit(1)

    n_rows = np.nan if where == "lengths" else N
    X = da.from_delayed(dask.delayed(die)(ROWS), (n_rows, 3), meta=np.empty((0, 3)))
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster,
        distributed.Client(cluster),
        pytest.raises(ExecutorError, match="does not fit into the memory of a worker"),
    ):
        source = DaskSource(X)
        source.first if where == "first" else list(source.runs())


def test_the_current_client_is_used(client: Any) -> None:
    with (
        client.as_current(),
        DaskExecutor() as executor,
    ):
        assert executor._running is client


def test_a_file_is_computed_on_the_current_client_by_the_executors_name(client: Any, tmp_path: Path) -> None:
    path = tmp_path / "rows.npy"
    np.save(path, ROWS)
    with client.as_current(), executor_for(1, 6, source=NpySource(path), given="dask") as executor:
        assert isinstance(executor, DaskExecutor)
        assert executor._running is client
    with client.as_current():
        model = GaussianMixture(3, executor="dask", **SETTINGS).fit(path)
    assert model.mixture_ == GaussianMixture(3, **SETTINGS).fit(path).mixture_
