"""What a fit warns about when it is done."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.errors import ConvergenceWarning, SpuriousComponentWarning
from mixfold.estimators.warnings import warn
from tests.examples import blobs


def test_a_fit_that_its_limit_ended_says_what_to_increase() -> None:
    rows, _ = blobs(300, 2, 3)
    with pytest.warns(ConvergenceWarning, match=r"reached `max_iter` after 1 iterations.*Increase `max_iter` or `tol`"):
        model = GaussianMixture(3, init_params="random", max_iter=1, random_state=0).fit(rows)
    assert len(model.warnings_) == 1


def test_a_number_for_the_ridge_says_no_more_of_the_limit_than_scikit_learn() -> None:
    rows = np.random.default_rng(0).normal(size=(200, 2))
    told = []
    for ridge in (1e-6, "auto"):
        model = GaussianMixture(3, init_params="kmeans", max_iter=20, tol=1e-3, reg_covar=ridge, random_state=0)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            model.fit(rows)
        gain = model.history_[-1].objective - model.history_[-2].objective
        assert gain < 1e-3
        assert not model.converged_
        told.append([one.category for one in said])
    assert told == [[], [ConvergenceWarning]]
    with pytest.warns(ConvergenceWarning, match="still gained"):
        GaussianMixture(3, init_params="kmeans", max_iter=1, tol=1e-3, reg_covar=1e-6, random_state=0).fit(rows)


def test_a_fit_that_gained_more_after_scikit_learn_would_have_stopped_says_nothing_of_the_limit() -> None:
    rng = np.random.default_rng(20)
    rows = np.concatenate([rng.normal(2.0, 0.5, (100, 3)), rng.normal(-2.0, 0.5, (100, 3))])
    model = GaussianMixture(5, init_params="kmeans", tol=1e-3, reg_covar=1e-6, random_state=0, max_iter=26)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(rows)
    gains = np.diff([iteration.objective for iteration in model.history_])
    assert gains.min() < 1e-3 < gains[-1]


def test_no_iteration_is_no_failure_where_none_was_wanted() -> None:
    rows, _ = blobs(300, 2, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = GaussianMixture(3, init_params="kmeans", max_iter=0, random_state=0).fit(rows)
    assert model.warnings_ == ()


def test_a_component_of_few_rows_is_named_and_its_need() -> None:
    rows = np.concatenate([np.random.default_rng(0).normal(size=(200, 4)), np.full((2, 4), 60.0) + np.eye(4)[:2]])
    with pytest.warns(SpuriousComponentWarning, match="component 1 has fewer rows than the 5 that a covariance needs"):
        GaussianMixture(2, random_state=0).fit(rows)


def test_a_component_of_more_rows_than_the_prior_adds_has_its_own_shape() -> None:
    random, sizes = np.random.default_rng(0), [200, 200, 35]
    groups = [random.normal(size=(n, 40)) @ random.normal(size=(40, 40)) + 60.0 * k for k, n in enumerate(sizes)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = GaussianMixture(3, random_state=0).fit(np.concatenate(groups))
    np.testing.assert_allclose(435.0 * model.weights_, sizes, atol=0.1)  # of which a covariance needs 41


def test_a_component_at_a_value_that_many_rows_share_is_no_accident() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(200, 3)) + np.repeat([[0.0, 0.0, 0.0], [6.0, 0.0, 0.0]], 100, axis=0)
    bought = np.where(np.arange(200) < 100, 0.0, random.exponential(size=200))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        GaussianMixture(2, random_state=0).fit(np.column_stack([rows, bought]))


def test_a_number_for_the_ridge_says_no_more_of_few_rows_than_scikit_learn() -> None:
    rows = np.concatenate([np.random.default_rng(0).normal(size=(200, 4)), np.full((2, 4), 60.0) + np.eye(4)[:2]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = GaussianMixture(2, reg_covar=1e-6, random_state=0).fit(rows)
    assert model.warnings_ == ()


def test_a_warning_is_about_the_line_of_the_caller() -> None:
    with pytest.warns(UserWarning, match="beware") as caught:
        said = warn([(UserWarning, "beware")])
    assert said == ("beware",)
    assert caught[0].filename == __file__
