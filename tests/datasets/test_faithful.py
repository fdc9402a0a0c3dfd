"""The bundled table is the published one."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from mixfold.datasets import FAITHFUL_CSV, load_faithful


def test_the_table_is_rs_faithful() -> None:
    # summary(faithful) in R: means 3.488 and 70.90, medians 4 and 76, ranges 1.6-5.1 and 43-96.
    data = load_faithful().data
    assert data.shape == (272, 2)
    np.testing.assert_allclose(np.mean(data, axis=0), [3.488, 70.90], rtol=1e-3)
    np.testing.assert_allclose(np.median(data, axis=0), [4.0, 76.0])
    np.testing.assert_allclose(np.min(data, axis=0), [1.6, 43.0])
    np.testing.assert_allclose(np.max(data, axis=0), [5.1, 96.0])
    assert data[0].tolist() == [3.6, 79.0]
    assert data[-1].tolist() == [4.467, 74.0]


def test_the_columns_are_named_as_in_the_file() -> None:
    bunch = load_faithful()
    assert len(bunch.feature_names) == 2
    assert FAITHFUL_CSV.read_text(encoding="utf-8").splitlines()[0] == ",".join(bunch.feature_names)
    assert bunch.filename == FAITHFUL_CSV


def test_the_table_can_be_had_from_a_shell():
    command = [sys.executable, "-m", "mixfold.datasets"]
    assert subprocess.run(command, capture_output=True, check=True).stdout == FAITHFUL_CSV.read_bytes()
