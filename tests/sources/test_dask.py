"""Dask collections: what is said of their rows is a Dask array, which nobody computes before it is asked for."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.errors import InputError, ShapeError
from tests.examples import blobs

da = pytest.importorskip("dask.array", reason="needs the extra `dask`")
dd = pytest.importorskip("dask.dataframe")
pd = pytest.importorskip("pandas")

ROWS = blobs(1000, 3, 3)[0]
MODEL = GaussianMixture(3, init_params="random_from_data", random_state=0, tol=1.0).fit(
    pd.DataFrame(ROWS, columns=list("abc"))
)
BY_NUMBER = GaussianMixture(3, init_params="random_from_data", random_state=0, tol=1.0).fit(ROWS)
FRAME = pd.DataFrame(ROWS, columns=list("abc")).assign(note="x")


@pytest.mark.parametrize("question", ["predict", "predict_proba", "score_samples"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_answers_about_an_array_have_its_chunks_and_those_about_its_rows(question: str, dtype: type) -> None:
    rows = ROWS.astype(dtype)
    X = da.from_array(rows, chunks=((300, 699, 1), 2))
    said, expected = getattr(BY_NUMBER, question)(X), getattr(BY_NUMBER, question)(rows)
    assert said.chunks[0] == X.chunks[0]
    assert said.shape == expected.shape
    assert said.dtype == expected.dtype
    computed = said.compute(scheduler="synchronous")
    assert computed.dtype == expected.dtype
    np.testing.assert_allclose(computed, expected, rtol=1e-5 if dtype is np.float32 else 1e-12)


@pytest.mark.parametrize("question", ["predict", "predict_proba", "score_samples"])
def test_answers_about_a_frame_come_in_its_partitions_and_find_columns_by_name(question: str) -> None:
    frame = dd.from_pandas(FRAME[["note", "c", "b", "a"]], npartitions=4)
    said = getattr(MODEL, question)(frame)
    assert said.numblocks[0] == frame.npartitions
    np.testing.assert_allclose(
        said.compute(scheduler="synchronous"), getattr(MODEL, question)(FRAME[["a", "b", "c"]]), rtol=1e-12
    )


def test_nothing_is_computed_before_it_is_asked_for() -> None:
    def fail(block: Any) -> Any:
        message = "asked"
        raise KeyError(message)

    X = da.from_array(ROWS, chunks=(500, 3)).map_blocks(fail, meta=np.empty((0, 3)))
    said = BY_NUMBER.predict(X)
    with pytest.raises(KeyError, match="asked"):
        said.compute(scheduler="synchronous")


def test_a_missing_value_and_another_number_of_features_are_refused() -> None:
    rows = ROWS.copy()
    rows[700, 1] = np.nan
    said = copy(BY_NUMBER).set_params(missing="raise").score_samples(da.from_array(rows, chunks=(500, 3)))
    with pytest.raises(InputError, match="feature 1 is missing, NaN or infinite in row 200"):
        said.compute(scheduler="synchronous")
    with pytest.raises(ShapeError, match="must have 3 features"):
        BY_NUMBER.predict(da.from_array(ROWS[:, :2]))


def test_masked_values_are_refused() -> None:
    said = BY_NUMBER.predict(da.ma.masked_greater(da.from_array(ROWS, chunks=(500, 3)), 0.0))
    with pytest.raises(InputError, match="must have a value in every place"):
        said.compute(scheduler="synchronous")


def test_clusters_are_numpy_because_they_look_at_all_rows() -> None:
    X = da.from_array(ROWS, chunks=(500, 3))
    labels = BY_NUMBER.cluster_labels(X, n_clusters=2)
    np.testing.assert_array_equal(labels, BY_NUMBER.cluster_labels(ROWS, n_clusters=2))
