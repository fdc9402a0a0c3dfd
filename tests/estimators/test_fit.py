"""What a fit found."""

from __future__ import annotations

import numpy as np

from mixfold.datasets import load_faithful
from mixfold.estimators.em_fitter import EMFitter
from mixfold.estimators.em_settings import EMSettings
from mixfold.estimators.gaussian_mixture import GaussianMixture
from mixfold.sources import ArraySource, BlocksSource


def test_missing_values_are_counted_by_the_fit_where_rows_are_not_in_memory() -> None:
    rows = np.tile(load_faithful().data, (70, 1))
    rows[::7, 1] = np.nan
    fitter = EMFitter(EMSettings.of(GaussianMixture(2, random_state=0)))
    there = fitter.fit(BlocksSource([rows[:9000], rows[9000:]]), gaps=True).n_missing
    assert there is not None
    assert there.tolist() == [0, np.count_nonzero(np.isnan(rows[:, 1]))]
    assert fitter.fit(ArraySource(load_faithful().data)).n_missing is None
