"""Fits of rows some of which are known to be of one component."""

from __future__ import annotations

import pickle
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.errors import InputError, ShapeError
from mixfold.estimators.linked_starts import at_means

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.normal(size=(160, 2)) + np.repeat([[0.0, 0.0], [2.0, 2.0]], 80, axis=0)
TRUTH, GROUPS = np.repeat([0, 1], 80), np.arange(160) // 4


def test_groups_tell_components_apart_that_rows_do_not() -> None:
    model = GaussianMixture(2, random_state=0).fit(ROWS, must_link=GROUPS)
    linked, alone = model.predict(ROWS, must_link=GROUPS), model.predict(ROWS)
    assert np.all(linked == np.repeat(linked[::4], 4))
    assert max(np.mean(linked == TRUTH), np.mean(linked != TRUTH)) > 0.97
    assert not np.array_equal(linked, alone)


def test_the_objective_never_falls() -> None:
    model = GaussianMixture(2, random_state=0, tol=1e-9).fit(ROWS, must_link=GROUPS)
    objectives = [iteration.objective for iteration in model.history_]
    assert np.all(np.diff(objectives) >= -1e-12 * np.abs(objectives[-1]))


def test_rows_that_are_all_alone_are_fitted_as_ever() -> None:
    known = GaussianMixture(2, random_state=0).fit(ROWS, must_link=np.full(160, -1))
    assert known.means_.tobytes() == GaussianMixture(2, random_state=0).fit(ROWS).means_.tobytes()


def test_numbers_of_groups_are_only_names() -> None:
    names = np.random.default_rng(1).permutation(1000)[GROUPS]
    one, other = (GaussianMixture(2, random_state=0).fit(ROWS, must_link=each) for each in (GROUPS, names))
    np.testing.assert_allclose(one.means_, other.means_, rtol=1e-6)


def test_a_group_far_apart_is_not_parted_by_the_start() -> None:
    corners = np.repeat([[0.0, 0.0], [20.0, 0.0], [0.0, 9.0], [20.0, 9.0]], 40, axis=0)
    rows = corners + np.random.default_rng(2).normal(size=(160, 2))
    links = np.tile(np.arange(40), 4) + np.repeat([0, 0, 40, 40], 40)  # left with right: clusters are rows of the grid
    model = GaussianMixture(2, random_state=0).fit(rows, must_link=links)
    assert np.sort(model.means_[:, 1]) == pytest.approx([0.0, 9.0], abs=0.5)
    alone = GaussianMixture(2, random_state=0).fit(rows)
    assert np.sort(alone.means_[:, 0]) == pytest.approx([0.0, 20.0], abs=0.5)


def test_one_label_tells_of_its_whole_group() -> None:
    labels = np.full(160, -1)
    labels[[0, 80]] = [1, 0]
    model = GaussianMixture(2, random_state=0).fit(ROWS, labels=labels, must_link=GROUPS)
    assert np.mean(model.predict(ROWS, must_link=GROUPS) == 1 - TRUTH) > 0.97


CONTRADICTING = np.where(np.arange(160) < 4, [0, 1, -1, -1] * 40, -1)


@pytest.mark.parametrize(
    ("links", "labels", "error", "message"),
    [
        (GROUPS[:9], None, ShapeError, r"whole numbers \(160,\)"),
        (GROUPS + 0.5, None, InputError, "got 0.5 in row 0"),
        (GROUPS - 2, None, InputError, "from 0, or -1"),
        (GROUPS, CONTRADICTING, InputError, "rows 0, 1, 2, 3, which"),
    ],
)
def test_groups_that_say_nothing_or_contradict_labels_are_refused_before_any_work(
    links: Any, labels: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        GaussianMixture(2).fit(ROWS, must_link=links, labels=labels)


def test_a_share_left_out_is_refused_with_groups() -> None:
    with pytest.raises(InputError, match="left out one by one"):
        GaussianMixture(2, outliers=0.05).fit(ROWS, must_link=GROUPS)


def test_groups_lie_at_their_weighted_means() -> None:
    rows, links = np.array([[1.0], [4.0], [9.0]]), np.array([0, 0, -1])
    assert at_means(rows, links, np.array([2.0, 1.0, 5.0])).tolist() == [[2.0], [2.0], [9.0]]


def test_weights_count_groups_and_not_their_rows() -> None:
    random = np.random.default_rng(0)
    sizes = np.tile([12, 2], 25)  # every other group is of the first component, and large
    links = np.repeat(np.arange(50), sizes)
    rows = random.normal(size=(len(links), 1)) + 6.0 * (links % 2)[:, None]
    model = GaussianMixture(2, random_state=0).fit(rows, must_link=links)
    np.testing.assert_allclose(model.weights_, 0.5, atol=1e-6)
    shares = GaussianMixture(2, random_state=0).fit(rows).weights_
    np.testing.assert_allclose(np.max(shares), 12 / 14, atol=0.01)


def test_large_groups_of_components_that_overlap_stay_apart() -> None:
    random = np.random.default_rng(1)
    links = np.repeat(np.arange(40), 10)
    rows = random.normal(size=(400, 2)) + 1.2 * (links % 2)[:, None]
    model = GaussianMixture(2, random_state=0).fit(rows, must_link=links)
    np.testing.assert_allclose(model.weights_, 0.5, atol=0.05)
    found = model.predict(rows, must_link=links)
    assert np.mean(found == links % 2) in {0.0, 1.0}


def test_a_fit_of_groups_is_pickled_and_saved_and_goes_on_with_single_rows(tmp_path: Path) -> None:
    model = GaussianMixture(2, random_state=0).fit(ROWS, must_link=GROUPS)
    model.save(tmp_path / "model.npz")
    single = ROWS[:40] + 0.01
    expected = deepcopy(model).partial_fit(single)
    assert not np.array_equal(expected.weights_, model.weights_)
    for again in (pickle.loads(pickle.dumps(model)), GaussianMixture.load(tmp_path / "model.npz")):
        np.testing.assert_array_equal(again.partial_fit(single).weights_, expected.weights_)


@pytest.mark.parametrize(("settings", "of_rows"), [({}, {"must_link": GROUPS}), ({"outliers": 0.05}, {})])
@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
def test_tensors_may_be_in_groups_or_left_out(settings: dict[str, Any], of_rows: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    rows = np.where(np.arange(320).reshape(160, 2) == 5, np.nan, ROWS)
    model = GaussianMixture(2, init_params="kmeans", random_state=0, max_iter=2, **settings)
    expected = deepcopy(model).fit(rows, **of_rows).means_
    np.testing.assert_allclose(np.asarray(model.fit(torch.from_numpy(rows), **of_rows).means_), expected, rtol=1e-6)
