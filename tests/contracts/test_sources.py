"""A fit has the bits of one in memory, wherever its rows come from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, feather, parquet

from mixfold import GaussianMixture
from mixfold.errors import InputError, ShapeError
from mixfold.fold import LOOP_ROWS
from mixfold.rows import CHUNK_ROWS
from mixfold.sources import BlocksSource
from mixfold.typing import FloatArray
from tests.examples import blobs

pytestmark = pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
LARGE = 2 * CHUNK_ROWS + 30
assert LARGE > LOOP_ROWS


def npy(folder: Path, rows: FloatArray) -> Path:
    np.save(folder / "rows.npy", rows)
    return folder / "rows.npy"


def npy_by_columns(folder: Path, rows: FloatArray) -> Path:
    return npy(folder, np.asfortranarray(rows))


def tables(write: Callable[[pa.Table, Path], None], suffix: str) -> Callable[[Path, FloatArray], Path]:
    """Give a writer of three files of unequal sizes."""

    def write_all(folder: Path, rows: FloatArray) -> Path:
        for number, part in enumerate(np.split(rows, [40, 9000])):
            write(pa.table(dict(zip("abcd", part.T.copy(), strict=False))), folder / f"{number}{suffix}")
        return folder

    return write_all


PLACES: dict[str, Callable[[Path, FloatArray], Any]] = {
    "npy": npy,
    "npy by columns": npy_by_columns,
    "parquet": tables(lambda table, path: parquet.write_table(table, path, row_group_size=1000), ".parquet"),
    "feather": tables(feather.write_feather, ".feather"),
    "csv": tables(csv.write_csv, ".csv"),
    "blocks": lambda _, rows: BlocksSource(np.split(rows, [3, 5000, 8192, 10000])),
}


def model(**settings: Any) -> GaussianMixture:
    return GaussianMixture(3, **{"max_iter": 2, "random_state": 0, "init_params": "kmeans", **settings})


@pytest.mark.parametrize(
    "place", [pytest.param(place, marks=pytest.mark.nightly) if place == "csv" else place for place in PLACES]
)
def test_a_fit_has_the_bits_of_one_in_memory(place: str, tmp_path: Path) -> None:
    rows = blobs(LARGE, 3, 3)[0]
    weights = np.random.default_rng(0).uniform(0.5, 2.0, size=LARGE)
    X = PLACES[place](tmp_path, rows)
    actual, expected = model(n_jobs=2).fit(X, sample_weight=weights), model().fit(rows, sample_weight=weights)
    np.testing.assert_array_equal(actual.means_, expected.means_)
    np.testing.assert_array_equal(actual.covariances_, expected.covariances_)
    assert actual.lower_bounds_ == expected.lower_bounds_
    np.testing.assert_array_equal(actual.predict_proba(X), expected.predict_proba(rows))
    assert actual.bic(X) == expected.bic(rows)


def test_a_search_has_the_bits_of_one_in_memory(tmp_path: Path) -> None:
    rows = blobs(LARGE, 3, 2)[0]
    settings = {"init_params": "auto"}
    actual, expected = model(**settings).fit(PLACES["parquet"](tmp_path, rows)), model(**settings).fit(rows)
    np.testing.assert_array_equal(actual.means_, expected.means_)


@pytest.mark.parametrize("place", list(PLACES))
def test_few_rows_take_the_short_way_of_rows_in_memory(place: str, tmp_path: Path) -> None:
    rows = blobs(9100, 3, 2)[0]
    actual, expected = model().fit(PLACES[place](tmp_path, rows)), model().fit(rows)
    np.testing.assert_array_equal(actual.means_, expected.means_)


@pytest.mark.parametrize("n_rows", [300, LARGE])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_value_that_is_no_number_is_named_before_any_work(n_rows: int, bad: float, tmp_path: Path) -> None:
    rows = blobs(n_rows, 3, 3)[0]
    rows[250, 1] = bad
    X = PLACES["parquet"](tmp_path, rows)
    with pytest.raises(
        InputError, match=r"column 'b' is missing, NaN or infinite in row 210 \(row group 0\) of .*1.parquet"
    ):
        model(missing="raise" if np.isnan(bad) else "em", callback=lambda _: pytest.fail("the fit had begun")).fit(X)


def test_a_missing_value_is_named_with_its_row_group(tmp_path: Path) -> None:
    table = pa.table({"a": pa.array([1, 2, 3, 4, None, 6])})
    parquet.write_table(table, tmp_path / "t.parquet", row_group_size=2)
    with pytest.raises(InputError, match=r"column 'a' is missing.* in row 4 \(row group 2\) of"):
        model(missing="raise").fit(tmp_path / "t.parquet")


def test_names_of_columns_are_learned_and_found_again(tmp_path: Path) -> None:
    rows = blobs(300, 3, 2)[0]
    X = PLACES["parquet"](tmp_path, rows)
    fitted = model().fit(X)
    assert list(fitted.feature_names_in_) == ["a", "b"]
    other = pa.table({"b": rows[:, 1], "z": rows[:, 0], "a": rows[:, 0]})
    parquet.write_table(other, tmp_path / "other.parquet")
    np.testing.assert_array_equal(fitted.predict(tmp_path / "other.parquet"), fitted.predict(X)[:300])


def test_another_number_of_features_is_refused(tmp_path: Path) -> None:
    fitted = model().fit(blobs(300, 3, 2)[0])
    with pytest.raises(ShapeError, match="must have 2 features, the number of the mixture, got 3"):
        fitted.predict(PLACES["npy"](tmp_path, blobs(300, 3, 3)[0]))


def test_a_file_that_vanishes_while_it_is_fitted_ends_the_fit(tmp_path: Path) -> None:
    X = PLACES["parquet"](tmp_path, blobs(LARGE, 3, 2)[0])

    def vanish(_: object) -> None:
        (tmp_path / "1.parquet").unlink(missing_ok=True)

    with pytest.raises(InputError, match="1.parquet must stay as it is while it is used, but it vanished"):
        model(callback=vanish).fit(X)
