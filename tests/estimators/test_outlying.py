from __future__ import annotations

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
