"""A real Spark session on two threads: a data frame is fitted where it lies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import clone

from mixfold import BayesianGaussianMixture, GaussianMixture
from mixfold.engines import ArrayEngine
from mixfold.errors import ExecutorError, InputError
from mixfold.executors import LocalExecutor, SparkExecutor
from mixfold.fold import Fold
from mixfold.rows import CHUNK_ROWS
from mixfold.sources import ArraySource, SparkSource
from mixfold.structures import FULL
from tests.examples import blobs, potentials_of

pd = pytest.importorskip("pandas")
pytestmark = pytest.mark.filterwarnings("ignore")  # Spark's own
N = 4 * CHUNK_ROWS
ROWS = blobs(N, 3, 3)[0]
SETTINGS: dict[str, Any] = {"init_params": "random_from_data", "random_state": 0, "max_iter": 3, "tol": 0.0}


@pytest.fixture(scope="module")
def frame(spark: Any) -> Any:
    """Two partitions of two chunks each, and a column of text."""
    return spark.createDataFrame(pd.DataFrame(ROWS, columns=list("abc")).assign(note="x")).cache()


def test_a_fit_has_the_bits_of_one_in_memory(frame: Any) -> None:
    assert SparkSource(frame).n_rows == N
    actual, expected = GaussianMixture(3, **SETTINGS).fit(frame), GaussianMixture(3, **SETTINGS).fit(ROWS)
    for name in ("weights_", "means_", "covariances_"):
        np.testing.assert_array_equal(getattr(actual, name), getattr(expected, name))
    assert actual.lower_bounds_ == expected.lower_bounds_
    assert list(actual.feature_names_in_) == ["a", "b", "c"]


def test_a_posterior_has_the_bits_of_one_in_memory(frame: Any) -> None:
    model = BayesianGaussianMixture(n_components=6, random_state=0, max_iter=3, tol=0.0)
    actual, expected = clone(model).fit(frame), model.fit(ROWS)
    assert actual.lower_bounds_ == expected.lower_bounds_
    assert actual.component_probabilities_ == expected.component_probabilities_
    np.testing.assert_array_equal(actual.means_, expected.means_)


def test_answers_are_columns_that_nobody_computes_before_they_are_asked_for(frame: Any) -> None:
    model = GaussianMixture(3, **SETTINGS).fit(pd.DataFrame(ROWS, columns=list("abc")))
    said = model.score_samples(model.predict_proba(model.predict(frame.select("note", "c", "a", "b"))))
    assert said.columns == ["note", "c", "a", "b", "prediction", "probability", "log_density"]
    rows = said.limit(500).collect()
    values = np.array([[row.a, row.b, row.c] for row in rows])
    assert {row.note for row in rows} == {"x"}
    np.testing.assert_array_equal([row.prediction for row in rows], model.predict(values))
    np.testing.assert_allclose([row.probability for row in rows], model.predict_proba(values), rtol=1e-12)
    np.testing.assert_allclose([row.log_density for row in rows], model.score_samples(values), rtol=1e-12)
    with pytest.raises(InputError, match="must have no column 'prediction'"):
        model.predict(said)


def test_rows_are_read_again_in_every_pass_if_they_are_not_kept(frame: Any) -> None:
    source, potentials, sums = SparkSource(frame), potentials_of(FULL, 3, 3), []
    for keep in (True, False):
        with SparkExecutor(keep=keep) as executor:
            sums.append(Fold(source, ArrayEngine(), executor).statistics(potentials, FULL))
            assert (executor._placed[1] is not None) is keep
        assert executor._placed == (None, None)
    np.testing.assert_array_equal(sums[0].scatter, sums[1].scatter)


def test_partitions_of_any_length_have_the_same_statistics_to_rounding(spark: Any) -> None:
    potentials = potentials_of(FULL, 3, 3)
    uneven = spark.createDataFrame(pd.DataFrame(ROWS[:-77], columns=list("abc")))
    expected = Fold(ArraySource(ROWS[:-77]), ArrayEngine(), LocalExecutor()).statistics(potentials, FULL)
    actual = Fold(SparkSource(uneven), ArrayEngine(), SparkExecutor()).statistics(potentials, FULL)
    assert actual.n_rows == expected.n_rows
    np.testing.assert_allclose(actual.scatter, expected.scatter, rtol=1e-10)


def test_a_missing_value_is_named_with_its_partition(spark: Any) -> None:
    rows = ROWS.copy()
    rows[N // 2 + 5, 2] = np.nan
    bad = spark.createDataFrame(pd.DataFrame(rows, columns=list("abc")))
    with pytest.raises(InputError, match="column 'c' is missing, NaN or infinite in row 5 of partition 1"):
        GaussianMixture(3, **SETTINGS, missing="raise").fit(bad)


def test_rows_that_lack_values_have_the_steps_of_those_in_memory(spark: Any) -> None:
    """From one start: those that are drawn are of the rows in another order, for patterns lie together in memory."""
    rows = np.where(np.random.default_rng(1).random(ROWS.shape) < 0.1, np.nan, ROWS)
    rows[::100] = np.nan  # which tell nothing
    frame, start = spark.createDataFrame(pd.DataFrame(rows, columns=list("abc"))), GaussianMixture(3).fit(ROWS[::50])
    settings = {f"{name}_init": getattr(start, f"{name}_") for name in ("weights", "means", "precisions")}
    settings |= {**SETTINGS, "reg_covar": 1e-6, "max_iter": 1}  # the prior would be of a sample
    model, near = GaussianMixture(3, **settings).fit(frame), GaussianMixture(3, **settings).fit(rows)
    np.testing.assert_array_equal(model.n_missing_, np.isnan(rows).sum(axis=0))
    np.testing.assert_allclose(model.means_, near.means_, rtol=1e-9)
    assert model.score(frame) == pytest.approx(near.score(rows), rel=1e-12)


@pytest.mark.parametrize("keep", [True, False])
def test_a_worker_that_is_killed_is_replaced_and_the_bits_are_the_same(frame: Any, tmp_path: Path, keep: bool) -> None:
    def rows_of(chunk: Any) -> Any:
        if chunk.start == 0 and not (tmp_path / "killed").exists():
            (tmp_path / "killed").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return chunk.values

    with SparkExecutor(keep=keep) as executor:
        found = list(executor.each(rows_of, SparkSource(frame)))
    assert (tmp_path / "killed").exists()
    np.testing.assert_array_equal(np.concatenate(found), ROWS)


def test_a_session_of_spark_connect_has_the_bits_of_memory(tmp_path: Path) -> None:
    pytest.importorskip("grpc_status", reason="needs `pyspark[connect]`")
    np.save(tmp_path / "rows.npy", ROWS)
    # A server is started once in a process, and this one has a session of the other kind.
    subprocess.run([sys.executable, "-c", CONNECTED, str(tmp_path)], check=True, timeout=300)
    expected = GaussianMixture(3, **SETTINGS).fit(ROWS)
    with np.load(tmp_path / "found.npz") as found:
        for name in ("weights", "means", "covariances"):
            np.testing.assert_array_equal(found[name], getattr(expected, f"{name}_"))
        np.testing.assert_array_equal(found["labels"], expected.predict(ROWS))


CONNECTED = """
import sys
from pathlib import Path
import numpy as np
from pyspark.sql import SparkSession
from mixfold import GaussianMixture
from mixfold.sources import spark
folder = Path(sys.argv[1])
rows = pd.DataFrame(np.load(folder / "rows.npy"), columns=list("abc"))
session = SparkSession.builder.remote("local[2]").getOrCreate()
frame = session.createDataFrame(rows)
settings = dict(init_params="random_from_data", random_state=0, max_iter=3, tol=0.0)
model = GaussianMixture(3, **settings).fit(frame)
spark.BATCH_BYTES = 0  # every partition is too large to be kept
again = GaussianMixture(3, **settings).fit(frame)
assert again.mixture_ == model.mixture_
labels = model.predict(frame).toPandas()["prediction"]
np.savez(
    folder / "found.npz", weights=model.weights_, means=model.means_, covariances=model.covariances_, labels=labels
)
session.stop()
"""


def test_an_error_on_a_worker_is_one_error(frame: Any) -> None:
    def fail(_: Any) -> None:
        message = "seven"
        raise KeyError(message)

    with pytest.raises(ExecutorError, match="The Spark job failed: KeyError: 'seven'"):
        list(SparkExecutor().each(fail, SparkSource(frame)))


def test_columns_of_text_and_weights_are_refused(frame: Any) -> None:
    with pytest.raises(InputError, match="columns of numbers .'note'."):
        SparkSource(frame, ["a", "note"])
    with pytest.raises(InputError, match="cannot go with a Spark data frame"):
        GaussianMixture(3, **SETTINGS).fit(frame, sample_weight=np.ones(N))
