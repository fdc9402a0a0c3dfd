"""A choice has clusters, the tree of its components, and how far apart each split is."""

from __future__ import annotations

import copy
import pickle
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, is_valid_linkage
from sklearn.metrics import adjusted_rand_score

from mixfold import AutoGaussianMixture, bootstrap_likelihood_ratio
from mixfold.datasets import load_faithful
from mixfold.errors import InputError
from mixfold.fold import LOOP_ROWS

X = load_faithful().data


@pytest.fixture(name="model", scope="module")
def _model() -> AutoGaussianMixture:
    return AutoGaussianMixture([4], covariance_types=["tied"], random_state=0).fit(X)


def test_the_tree_is_a_linkage_of_scipy_that_can_be_cut_anywhere(model: AutoGaussianMixture) -> None:
    tree = model.cluster_tree_
    assert is_valid_linkage(tree)
    np.testing.assert_array_equal(tree[:, 3].max(), 4)
    for n_clusters in (1, 2, 3, 4):
        cut = fcluster(tree, n_clusters, "maxclust")[model.predict(X)]
        assert adjusted_rand_score(cut, model.cluster_labels(X, n_clusters)) == 1.0


def test_splits_say_how_far_apart_the_two_are_that_they_part(model: AutoGaussianMixture) -> None:
    splits = model.cluster_splits_
    assert [split["n_clusters"] for split in splits] == [2, 3, 4]
    assert splits[0]["misclassified"] < 0.05
    assert splits[-1]["misclassified"] > 0.16
    assert splits[0]["p_value"] < 0.01
    assert splits[-1]["p_value"] > 0.2
    assert model.n_clusters_ < 4


def test_the_p_value_of_each_split_is_said(model: AutoGaussianMixture) -> None:
    said = model.splits_in_words()
    assert said.startswith("dip test of one mode against the split into 2 clusters: p < 0.001, 3: p = ")
    assert ", 4: p = " in said
    alone = AutoGaussianMixture([1], covariance_types=["tied"], random_state=0).fit(X)
    assert alone.splits_in_words() == ""


def test_the_bootstrap_of_a_split_tells_two_groups_from_halves_of_one(model: AutoGaussianMixture) -> None:
    assert model.split_test(X, n_bootstrap=9).p_value == 0.1  # the smallest that nine tables can give
    rows = np.random.default_rng(0).standard_normal((200, 2))
    halves = AutoGaussianMixture([2], covariance_types=["full"], random_state=0).fit(rows)
    assert halves.split_test(rows, 2, n_bootstrap=9).p_value > 0.1


def test_a_split_is_tested_on_the_rows_of_the_two_that_it_parts() -> None:
    random = np.random.default_rng(1)
    rows = np.concatenate([random.standard_normal((90, 2)) + place for place in ([0, 0], [0, 9], [60, 0])])
    three = AutoGaussianMixture([3], covariance_types=["full"], random_state=0).fit(rows)
    near = bootstrap_likelihood_ratio(rows[:180], 1, n_bootstrap=1, random_state=0)
    assert three.split_test(rows, 3, n_bootstrap=1).statistic == pytest.approx(near.statistic)
    everything = bootstrap_likelihood_ratio(rows, 1, n_bootstrap=1, random_state=0)
    assert three.split_test(rows, 2, n_bootstrap=1).statistic == pytest.approx(everything.statistic)


def test_frames_are_asked_by_the_names_that_they_were_fitted_with() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["eruption", "waiting"])
    named = AutoGaussianMixture([2], covariance_types=["tied"], random_state=0).fit(frame)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        named.split_test(frame, n_bootstrap=1)
        named.cluster_stability(frame, n_samples=1)


@pytest.mark.parametrize("method", ["split_test", "cluster_stability"])
def test_rows_that_lack_values_and_files_are_refused_in_words(method: str, tmp_path: Path) -> None:
    rows = X.copy()
    rows[:3, 0] = np.nan
    two = AutoGaussianMixture([2], covariance_types=["tied"], random_state=0).fit(rows)
    with pytest.raises(InputError, match="X must have all its values for .* got 3 of 272 rows that lack some"):
        getattr(two, method)(rows)
    np.save(tmp_path / "rows.npy", X)
    with pytest.raises(InputError, match="X must be rows in memory for .* got the path"):
        getattr(two, method)(tmp_path / "rows.npy")


@pytest.mark.parametrize("n_clusters", [1, 5, 2.0])
def test_a_split_that_is_not_there_is_refused(model: AutoGaussianMixture, n_clusters: int) -> None:
    with pytest.raises(InputError, match="from 2 to the number of components, 4"):
        model.split_test(X, n_clusters)


def test_clusters_of_a_fit_are_those_of_its_rows(model: AutoGaussianMixture) -> None:
    again = AutoGaussianMixture([4], covariance_types=["tied"], random_state=0)
    np.testing.assert_array_equal(again.fit_predict_clusters(X), model.cluster_labels(X))
    np.testing.assert_array_equal(again.cluster_labels_, model.cluster_labels_)


def test_rows_without_weight_and_those_of_a_choice_by_the_bound_have_clusters() -> None:
    weights = np.ones(len(X))
    weights[:9] = 0.0
    again = AutoGaussianMixture([2], covariance_types=["tied"], random_state=0).fit(X, sample_weight=weights)
    np.testing.assert_array_equal(again.cluster_labels_, again.cluster_labels(X))
    by_bound = AutoGaussianMixture([3], criterion="elbo", covariance_types=["tied"], random_state=0).fit(X)
    np.testing.assert_array_equal(by_bound.cluster_labels_, by_bound.cluster_labels(X))


def test_a_file_keeps_the_tree_and_the_splits(model: AutoGaussianMixture, tmp_path: Path) -> None:
    model.save(tmp_path / "model.npz")
    loaded = AutoGaussianMixture.load(tmp_path / "model.npz")
    np.testing.assert_array_equal(loaded.cluster_tree_, model.cluster_tree_)
    assert loaded.cluster_splits_ == model.cluster_splits_
    assert loaded.n_clusters_ == model.n_clusters_


def test_clusters_are_those_of_the_rows_that_were_fitted_whatever_becomes_of_these_before_they_are_asked_for() -> None:
    rows = load_faithful().data.copy()
    model = AutoGaussianMixture([3], covariance_types=["tied"], random_state=0)
    wanted = model.fit(rows).cluster_labels_
    model.fit(rows)
    assert "n_clusters_" not in vars(model)
    rows[:] = 0.0
    assert copy.deepcopy(model).n_clusters_ == 2
    assert np.array_equal(model.cluster_labels_, wanted)
    assert np.array_equal(model.fit(load_faithful().data[:, :1]).cluster_tree_, model.cluster_tree_)
    assert model.n_clusters_ == len(set(model.cluster_labels_.tolist()))


def test_threads_that_ask_for_clusters_at_once_all_get_them() -> None:
    rows = np.random.default_rng(0).normal(size=(2000, 2)) + 6.0 * (np.arange(2000) % 3)[:, None]
    model = AutoGaussianMixture([3], covariance_types=["full"], random_state=0).fit(rows)
    together = threading.Barrier(4)

    def ask(_: int) -> int:
        together.wait()
        return model.n_clusters_

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(ask, range(4))) == {3}
    assert len(model.cluster_labels_) == len(rows)


def test_rows_of_a_fit_before_get_no_labels_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.npy"
    np.save(path, np.random.default_rng(0).normal(size=(LOOP_ROWS + 1, 1)))
    model = AutoGaussianMixture([1], covariance_types=["full"], random_state=0).fit(X)
    assert not hasattr(model.fit(path), "cluster_labels_")
    assert len(model.fit_predict_clusters(path)) == LOOP_ROWS + 1


def test_a_pickle_holds_clusters_and_not_the_rows_by_which_they_are_found() -> None:
    rows = np.random.default_rng(0).normal(size=(3000, 2))
    model = AutoGaussianMixture([2], covariance_types=["full"], random_state=0).fit(rows)
    pickled = pickle.dumps(model)
    assert len(pickled) < rows.nbytes / 2
    assert np.array_equal(vars(pickle.loads(pickled))["clusters_"], model.clusters_)


def test_who_has_no_fit_has_no_clusters() -> None:
    assert not hasattr(AutoGaussianMixture(), "n_clusters_")


def test_one_component_has_a_tree_of_no_merge(tmp_path: Path) -> None:
    one = AutoGaussianMixture([1], covariance_types=["full"], random_state=0).fit(X)
    assert one.cluster_tree_.shape == (0, 4)
    assert one.cluster_splits_ == []
    one.save(tmp_path / "model.npz")
    assert AutoGaussianMixture.load(tmp_path / "model.npz").cluster_tree_.shape == (0, 4)
