"""Fits of rows of which some labels are known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_blobs

from mixfold import GaussianMixture
from mixfold.covariance import Prior, family_for
from mixfold.engines import NativeEngine
from mixfold.estimators.labelled_starts import (
    allowed_of,
    is_contradicted,
    labelled_starts,
    matched,
    of_labelled_rows,
    posterior_of_labels,
)
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.models import DirichletPrior, Penalized, Posterior, Variational
from mixfold.observations import Incomplete, Linear
from mixfold.parameters import Parameters
from mixfold.rows import Marks
from mixfold.sources import ArraySource
from tests.examples import blobs

ROWS, CLASSES = blobs(600, 3, 2, seed=3)
MODEL = Penalized(family_for("full"), Prior.from_rows(1.0, np.eye(2)))


def some_labels(n_known: int = 30, seed: int = 0) -> np.ndarray:
    """Give the labels of some rows."""
    known = np.random.default_rng(seed).permutation(len(ROWS))[:n_known]
    labels = np.full(len(ROWS), -1)
    labels[known] = CLASSES[known]
    return labels


def test_components_are_those_that_the_labels_name() -> None:
    for order in ([0, 1, 2], [2, 0, 1]):
        named = np.append(order, -1)[some_labels()]
        model = GaussianMixture(3, random_state=0).fit(ROWS, labels=named)
        assert np.mean(model.predict(ROWS) == np.array(order)[CLASSES]) > 0.9


def test_the_objective_never_falls() -> None:
    model = GaussianMixture(3, random_state=0, tol=1e-9).fit(ROWS, labels=some_labels())
    objectives = [iteration.objective for iteration in model.history_]
    assert np.all(np.diff(objectives) >= -1e-12 * np.abs(objectives[-1]))


def test_labels_move_components_apart_that_rows_alone_do_not_tell() -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal(size=(200, 1)), random.normal(1.0, 1.0, size=(200, 1))])
    classes = np.repeat([0, 1], 200)
    labels = np.where(random.random(400) < 0.5, classes, -1)
    model = GaussianMixture(2, random_state=0, covariance_type="tied").fit(rows, labels=labels)
    assert model.means_[0, 0] == pytest.approx(0.0, abs=0.25)
    assert model.means_[1, 0] == pytest.approx(1.0, abs=0.25)


def test_y_is_ignored_as_in_scikit_learn() -> None:
    one = GaussianMixture(3, random_state=0).fit(ROWS, CLASSES[::-1])
    np.testing.assert_array_equal(one.means_, GaussianMixture(3, random_state=0).fit(ROWS).means_)


def test_starts_are_matched_to_labels() -> None:
    means = np.stack([ROWS[label == CLASSES].mean(axis=0) for label in range(3)])
    there = Parameters(np.ones(3) / 3, means[[1, 2, 0]], np.stack([np.eye(2)] * 3))
    allowed = (CLASSES[:, None] == np.arange(3)) | (np.arange(len(ROWS)) > 50)[:, None]
    fold = Fold.of_rows(ROWS)
    np.testing.assert_array_equal(matched(there, fold, MODEL, allowed).means, means)
    assert [name for name, _ in labelled_starts(there, fold, MODEL, allowed, 0)] == ["search, matched", "labelled rows"]


def test_labelled_rows_make_a_start_beside_means_of_components_without_labels() -> None:
    means = np.stack([ROWS[label == CLASSES].mean(axis=0) for label in range(3)])
    there = Parameters(np.ones(3) / 3, means, np.stack([np.eye(2)] * 3))
    only_first = np.where(CLASSES == 0, 0, -1)
    allowed = (only_first[:, None] == np.arange(3)) | (only_first[:, None] == -1)
    found = of_labelled_rows(there, Fold.of_rows(ROWS), MODEL, allowed, np.random.RandomState(0))
    assert found is not None
    assert np.max(np.abs(found.means - means)) < np.max(np.std(ROWS, axis=0))
    assert found.weights[0] >= np.mean(CLASSES == 0) - 1e-12


def test_nothing_is_allowed_of_rows_of_which_nothing_is_known() -> None:
    assert allowed_of(Fold.of_rows(ROWS), 3) is None


def test_labels_of_rows_that_lack_values_are_found() -> None:
    observations = (Incomplete(), Incomplete(Linear(allowed=np.array([True, False]))))
    rows = ArraySource(np.array([[np.nan, 1.0], [2.0, 3.0]]), Marks(strata=np.array([1, 0])))
    allowed = allowed_of(Fold(rows, NativeEngine(), LocalExecutor(), observations), 2)
    assert allowed is not None
    assert allowed.tolist() == [[True, False], [True, True]]


def test_a_fit_with_labels_learns_how_alike_components_are_as_one_without_does() -> None:
    rows, classes = make_blobs(100, random_state=170)
    labels = np.full(100, -1)
    for one in range(3):
        labels[np.flatnonzero(classes == one)[:1]] = one
    alone, told = GaussianMixture(3, random_state=0).fit(rows), GaussianMixture(3, random_state=0)
    told.fit(rows, labels=labels)
    order = [int(np.argmin(np.linalg.norm(told.means_ - mean, axis=1))) for mean in alone.means_]
    np.testing.assert_allclose(told.means_[order], alone.means_, atol=0.05)
    assert np.mean(told.predict(rows) == classes) > 0.85


def test_where_rows_refute_likeness_labels_are_fitted_without_it() -> None:
    rows, classes = blobs(240, 3, 3)
    labels = np.where(np.arange(240) < 20, classes, -1)
    fitted, weak = (
        GaussianMixture(3, random_state=0, reg_covar=how).fit(rows, labels=labels) for how in ("auto", "weak")
    )
    np.testing.assert_allclose(fitted.covariances_, weak.covariances_, atol=1e-2)


def test_labels_of_other_components_than_rows_tell_are_not_held_by_what_these_are_like() -> None:
    corners = np.repeat([[0.0, 0.0], [20.0, 0.0], [0.0, 9.0], [20.0, 9.0]], 40, axis=0)
    rows = corners + np.random.default_rng(2).normal(
        size=(160, 2)
    )  # halves are left and right; labels, below and above
    labels = np.full(160, -1)
    labels[::8] = np.repeat([0, 1], 80)[::8]
    model = GaussianMixture(2, random_state=0).fit(rows, labels=labels)
    assert model.means_[:, 1] == pytest.approx([0.0, 9.0], abs=0.5)
    complete = Fold.of_rows(rows)
    allowed = np.ones((160, 2), dtype=bool)
    allowed[::8] = np.eye(2, dtype=bool)[labels[::8]]
    halves = [
        Parameters(np.full(2, 0.5), np.array(means), np.full((2, 2, 2), np.eye(2)))
        for means in ([[0.0, 4.5], [20.0, 4.5]], [[10.0, 9.0], [10.0, 0.0]])
    ]
    assert is_contradicted(halves[0], complete, MODEL, allowed, None)
    assert not is_contradicted(halves[1], complete, MODEL, allowed, None)
    pairs = np.tile(np.arange(40), 4) + np.repeat([0, 0, 40, 40], 40)
    assert is_contradicted(halves[0], complete, MODEL, None, pairs)
    assert not is_contradicted(halves[1], complete, MODEL, None, pairs)
    assert not is_contradicted(halves[0], complete, MODEL, None, np.full(160, -1))


FOUR = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 9.0]])
CORNER = np.repeat([0, 1, 2, 3], [50, 40, 30, 20])
IN_CORNERS = FOUR[CORNER] + np.random.default_rng(0).normal(size=(140, 2))
BAYES = Variational(family_for("full"), DirichletPrior(1.0), np.full(2, 4.5), 0.1, np.eye(2), 4.0)


def corners_by(labels: dict[int, int], n_labels: int, most: int, found_in: np.ndarray = CORNER) -> Posterior:
    """Give the posterior whose components are named by the labels of some rows."""
    allowed = np.ones((140, n_labels + 1), dtype=bool)
    for row, label in labels.items():
        allowed[row] = np.arange(n_labels + 1) == label
    fold = Fold.of_rows(IN_CORNERS)
    shares = np.eye(np.max(found_in) + 1)[found_in]
    found = BAYES.maximize(fold.centered_moments(lambda rows: shares[rows.span], shares.shape[1], BAYES.structure))
    return posterior_of_labels(found, fold, BAYES, allowed, most)


def test_a_posterior_has_components_that_labels_name_first_and_others_by_size() -> None:
    posterior = corners_by({130: 0, 60: 1}, 2, 6)
    np.testing.assert_allclose(posterior.means, FOUR[[3, 1, 0, 2]], atol=0.7)


def test_a_label_of_which_no_row_is_known_is_of_what_is_left_over() -> None:
    posterior = corners_by({130: 0, 60: 2}, 3, 4)
    np.testing.assert_allclose(posterior.means, FOUR[[3, 0, 1, 2]], atol=0.7)


def test_labels_that_share_a_component_divide_it() -> None:
    found_in = np.minimum(CORNER, 2)  # the last two are one
    posterior = corners_by({100: 0, 101: 0, 130: 1, 131: 1}, 2, 3, found_in)
    assert len(posterior.means) == 3  # there is no room for one more, whose rows go to the next
    assert np.sum(posterior.mean_precision) == pytest.approx(140.3)
    posterior = corners_by({100: 0, 101: 0, 130: 1, 131: 1}, 2, 5, found_in)
    np.testing.assert_allclose(posterior.means, FOUR[[2, 3, 0, 1]], atol=0.7)
