"""What is drawn has names, fits the mixture, and is no more than can be seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.mixture import GaussianMixture as Other
from tests.examples import mixture_of

from mixfold import GaussianMixture
from mixfold.errors import InputError
from mixfold.plotting.rows import drawable, drawn_rows, fitted_mixture


def test_only_fitted_estimators_have_a_mixture():
    with pytest.raises(NotFittedError):
        fitted_mixture(GaussianMixture(2))
    with pytest.raises(InputError, match="GaussianMixture has none"):
        fitted_mixture(Other(1).fit(np.eye(3)))
    model = GaussianMixture(1).fit(np.random.default_rng(0).normal(size=(20, 2)))
    assert fitted_mixture(model) is model.mixture_


def test_names_are_those_given_those_of_the_frame_or_numbers():
    mixture, rows = mixture_of(), np.zeros((3, 2))
    assert drawable(mixture, rows)[1] == ["feature 0", "feature 1"]
    assert drawable(mixture, pd.DataFrame(rows, columns=["width", "length"]))[1] == ["width", "length"]
    assert drawable(mixture, rows, feature_names=["a", "b"])[1] == ["a", "b"]
    with pytest.raises(InputError, match="must name 2 features, got 3"):
        drawable(mixture, rows, feature_names=["a", "b", "c"])


def test_rows_come_as_double_precision():
    rows, _ = drawable(mixture_of(), np.ones((3, 2), dtype=np.float32))
    assert rows.dtype == np.float64


def test_few_rows_are_all_drawn_and_many_are_thinned_the_same_way_each_time():
    indices, note = drawn_rows(10, 100)
    np.testing.assert_array_equal(indices, np.arange(10))
    assert note == ""
    first, note = drawn_rows(1000, 100)
    again, _ = drawn_rows(1000, 100)
    np.testing.assert_array_equal(first, again)
    assert len(np.unique(first)) == 100
    assert np.all(np.diff(first) > 0)
    assert note == "100 of 1,000 rows drawn"
    with pytest.raises(InputError, match="`max_rows` must be at least 1, got 0"):
        drawn_rows(10, 0)
