"""The estimator of many groups."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from mixfold import GroupedGaussianMixture, fit_many
from mixfold.errors import ConvergenceWarning, InputError
from tests.examples import blobs

ROWS = blobs(300, 3, 2, separation=5.0)[0]
GROUPS = np.array(["a", "b", "c"])[np.random.default_rng(0).integers(0, 3, 300)]


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "VEV"])
def test_predictions_are_those_of_the_mixture_of_each_rows_group(covariance_type: str) -> None:
    model = GroupedGaussianMixture(2, covariance_type=covariance_type, random_state=0).fit(ROWS, groups=GROUPS)
    labels, densities = model.predict(ROWS, groups=GROUPS), model.score_samples(ROWS, groups=GROUPS)
    for group in "abc":
        of_group, mixture = group == GROUPS, model.mixtures_.of(group)
        np.testing.assert_array_equal(labels[of_group], mixture.labels(ROWS[of_group]))
        np.testing.assert_allclose(densities[of_group], mixture.log_density(ROWS[of_group]), rtol=1e-12)


def test_rows_of_groups_without_a_mixture_have_no_label_and_no_density() -> None:
    model = GroupedGaussianMixture(1, reg_covar=0.0).fit([ROWS[:50], ROWS[:1]], groups=["many", "one"])
    assert model.predict(ROWS[:2], groups=["one", "many"]).tolist() == [-1, 0]
    assert np.isnan(model.score_samples(ROWS[:2], groups=["one", "many"])).tolist() == [True, False]


def test_rows_of_a_group_that_was_not_fitted_are_refused() -> None:
    model = GroupedGaussianMixture(1).fit(ROWS, groups=GROUPS)
    with pytest.raises(InputError, match="got 'z'"):
        model.predict(ROWS[:1], groups=["z"])


def test_samples_are_of_each_group() -> None:
    model = GroupedGaussianMixture(2, random_state=0).fit(ROWS, groups=GROUPS)
    rows, groups, labels = model.sample(2000, groups=["b", "c"], random_state=0)
    assert np.unique(groups, return_counts=True)[1].tolist() == [2000, 2000]
    assert set(labels.tolist()) == {0, 1}
    for group in "bc":
        np.testing.assert_allclose(rows[groups == group].mean(axis=0), model.mixtures_.of(group).mean, atol=0.5)


def test_one_warning_tells_how_many_groups_did_not_converge() -> None:
    with pytest.warns(ConvergenceWarning, match="3 of 3 groups did not converge") as caught:
        model = GroupedGaussianMixture(3, max_iter=1, random_state=0).fit(ROWS, groups=GROUPS)
    assert len(caught) == 1
    assert not model.mixtures_.converged.any()


@pytest.mark.parametrize("wanted", [0, [], [0, 2], [1.5], [[1, 2]]])
def test_numbers_of_components_that_are_none_are_refused(wanted: object) -> None:
    with pytest.raises(ValueError, match="n_components"):
        GroupedGaussianMixture(wanted).fit(ROWS)


def test_rows_that_are_not_finite_are_refused_before_any_work() -> None:
    rows = ROWS.copy()
    rows[5, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        fit_many(rows, groups=GROUPS, callback=lambda *_: pytest.fail("a group was fitted"))


def test_rows_without_weight_do_not_count() -> None:
    weights = (np.arange(300) % 2).astype(float)
    with_them = fit_many(ROWS, groups=GROUPS, n_components=2, random_state=0, sample_weight=weights)
    without = fit_many(ROWS[1::2], groups=GROUPS[1::2], n_components=2, random_state=0)
    positions = with_them.positions(without.groups)
    for at, position in enumerate(positions.tolist()):
        np.testing.assert_allclose(with_them[position].means, without[at].means, rtol=1e-9)


def test_verbose_says_how_many_are_done(capsys: pytest.CaptureFixture[str]) -> None:
    GroupedGaussianMixture(1, verbose=1).fit(ROWS, groups=GROUPS)
    assert "3 of 3 groups" in capsys.readouterr().out


def test_a_clone_with_a_seed_fits_the_same() -> None:
    model = GroupedGaussianMixture(2, random_state=5).fit(ROWS, groups=GROUPS)
    again = clone(model).fit(ROWS, groups=GROUPS)
    np.testing.assert_array_equal(again.mixtures_.means, model.mixtures_.means)
    assert again.groups_.tolist() == model.groups_.tolist()
