from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixfold import GaussianMixture

ROWS = np.concatenate([np.random.default_rng(0).normal(size=(90, 2)), [[30.0, 30.0], [-30.0, 30.0], [25.0, -30.0]]])


def test_odd_rows_are_of_no_component() -> None:
    for outliers in ("uniform", 3 / 93):
        model = GaussianMixture(1, outliers=outliers, random_state=0).fit(ROWS)
        assert np.flatnonzero(model.predict(ROWS) == -1).tolist() == [90, 91, 92]


def test_collections_are_told_which_rows_are_left_out() -> None:
    arrays = pytest.importorskip("dask.array", reason="needs the extra `dask`")
    model = GaussianMixture(1, outliers=3 / 93, random_state=0).fit(ROWS)
    labels = model.predict(arrays.from_array(ROWS, chunks=(50, 2)))
    np.testing.assert_array_equal(np.asarray(labels), model.predict(ROWS))


def test_odd_rows_that_lack_values_are_of_no_component(tmp_path: Path) -> None:
    rows = ROWS.copy()
    rows[::7, 0], rows[92] = np.nan, [np.nan, 0.5]  # the last lacks what was odd
    model = GaussianMixture(1, outliers="uniform", random_state=0).fit(rows)
    assert np.flatnonzero(model.predict(rows) == -1).tolist() == [90, 91]
    path = tmp_path / "model.safetensors"
    model.save(path)
    np.testing.assert_array_equal(GaussianMixture.load(path).predict(rows), model.predict(rows))


def test_a_background_that_takes_all_rows_leaves_components_a_density() -> None:
    rows = np.repeat(np.random.default_rng(0).normal(size=(3, 2)), 8, axis=0)
    model = GaussianMixture(2, outliers="uniform", random_state=0).fit(rows)
    assert 1.0 - 1e-9 < model.outlier_share_ < 1.0
    assert np.all(model.predict(rows) == -1)
    assert np.isfinite(model.score(rows))
