"""A fit that was killed and run again ends in the bits of one that was not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.errors import CheckpointError
from mixfold.fitting import FitState, Iteration, checkpoint
from mixfold.fitting.em import BLOCK
from mixfold.formats.npz import NpzFormat
from mixfold.parameters import Parameters
from mixfold.search.search import Search
from tests.children import ended, fill_up, kill, killed
from tests.damage import damaged
from tests.examples import blobs

ROWS = blobs(2500, 4, 3, separation=0.6)[0]
LARGE = blobs(20_000, 3, 2, separation=1.0)[0]

SETTINGS: dict[str, dict[str, Any]] = {
    "search": {"n_components": 3, "random_state": 1, "tol": 1e-8},
    "restarts": {"n_components": 4, "init_params": "random_from_data", "n_init": 3, "random_state": 2, "max_iter": 60},
    "factors": {
        "n_components": 3,
        "covariance_type": "factor:1",
        "init_params": "kmeans",
        "random_state": 0,
        "max_iter": 50,
    },
    "accelerated": {"n_components": 6, "init_params": "kmeans", "random_state": 0, "tol": 1e-9, "max_iter": 150},
}


def killed_fit(settings: dict[str, Any], path: Path, data: Path, after: int) -> None:
    """Fit in a process that is killed when it has seen so many iterations."""
    seen: list[Iteration] = []

    def see(iteration: Iteration) -> None:
        seen.append(iteration)
        if len(seen) == after:
            kill()

    def fit() -> None:
        checkpoint.SHARE = 1e9  # a save after every iteration
        GaussianMixture(**settings, checkpoint=str(path), callback=see).fit(np.load(data))

    killed(fit)


def assert_same(actual: GaussianMixture, expected: GaussianMixture) -> None:
    for name in ("weights_", "means_", "covariances_"):
        np.testing.assert_array_equal(getattr(actual, name), getattr(expected, name))
    assert actual.lower_bounds_ == expected.lower_bounds_
    assert [run.outcome for run in actual.restarts_] == [run.outcome for run in expected.restarts_]
    assert [run.n_iter for run in actual.restarts_] == [run.n_iter for run in expected.restarts_]


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
@pytest.mark.parametrize(("name", "after"), [("restarts", 30), ("accelerated", 70)])
def test_a_fit_killed_and_run_again_ends_in_the_same_bits(name: str, after: int, tmp_path: Path) -> None:
    settings, path, data = SETTINGS[name], tmp_path / "fit.npz", tmp_path / "rows.npy"
    np.save(data, ROWS)
    expected = GaussianMixture(**settings).fit(ROWS)
    killed_fit(settings, path, data, after)
    assert path.exists()
    seen: list[Iteration] = []
    resumed = GaussianMixture(**settings, checkpoint=path, callback=seen.append).fit(data)
    assert_same(resumed, expected)
    assert len(seen) < sum(run.n_iter + 1 for run in expected.restarts_) - after + BLOCK  # it did not begin anew


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
def test_a_fit_whose_disk_fills_up_stops_and_goes_on_from_the_checkpoint_before(tmp_path: Path) -> None:
    settings, path, data = SETTINGS["restarts"], tmp_path / "fit.npz", tmp_path / "rows.npy"
    np.save(data, ROWS)

    def fill(iteration: Iteration) -> None:
        if iteration.restart == 1:
            fill_up(1000)

    def fit() -> None:
        checkpoint.SHARE = 1e9
        GaussianMixture(**settings, checkpoint=str(path), callback=fill).fit(np.load(data))

    code, raised = ended(fit)
    assert code == 1
    assert raised.splitlines()[-1].startswith(f"mixfold.errors.CheckpointError: The checkpoint {path} must be")
    began: list[int] = []
    resumed = GaussianMixture(**settings, checkpoint=path, callback=lambda one: began.append(one.restart)).fit(ROWS)
    assert began[0] == 1
    assert_same(resumed, GaussianMixture(**settings).fit(ROWS))


def interrupted(settings: dict[str, Any], path: Path, rows: Any, after: int) -> None:
    """Fit until so many iterations were seen, and leave by an error."""
    seen = 0

    def interrupt(_: Iteration) -> None:
        nonlocal seen
        seen += 1
        if seen == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        GaussianMixture(**settings, checkpoint=path, callback=interrupt).fit(rows)


@pytest.fixture
def _saves_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixfold.fitting.checkpoint.SHARE", 1e9)


@pytest.mark.usefixtures("_saves_always")
@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
@pytest.mark.parametrize("name", list(SETTINGS))
@pytest.mark.parametrize("after", [1, 41])
def test_an_interrupted_fit_goes_on_to_the_same_bits(name: str, after: int, tmp_path: Path) -> None:
    settings, path = SETTINGS[name], tmp_path / "fit.npz"
    interrupted(settings, path, ROWS, after)
    assert_same(GaussianMixture(**settings, checkpoint=path).fit(ROWS), GaussianMixture(**settings).fit(ROWS))


@pytest.mark.usefixtures("_saves_always")
@pytest.mark.parametrize("after", [33, 50])
def test_a_fit_interrupted_beside_a_saddle_goes_on_by_steps_as_long(after: int, tmp_path: Path) -> None:
    rows, path = np.random.default_rng(0).normal([[-1.0], [1.0]], 1.0, (2, 10_000)).reshape(-1, 1), tmp_path / "fit.npz"
    start = {"weights_init": [0.5, 0.5], "means_init": [[-0.2], [0.2]], "precisions_init": np.full((2, 1, 1), 0.5)}
    settings = {"n_components": 2, "random_state": 0, **start}
    interrupted(settings, path, rows, after)
    assert_same(GaussianMixture(**settings, checkpoint=path).fit(rows), GaussianMixture(**settings).fit(rows))


@pytest.mark.usefixtures("_saves_always")
@pytest.mark.parametrize("n_moves", [2, 4])
def test_a_search_interrupted_between_moves_goes_on_to_the_same_bits(
    n_moves: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: dict[str, Any] = {"n_components": 6, "random_state": 0, "tol": 1e-3, "reg_covar": "weak"}
    path, expected = tmp_path / "fit.npz", GaussianMixture(**settings).fit(ROWS)
    noted, seen = FitState.search_moved, []

    def note(fit_state: FitState, *state: Any) -> None:
        noted(fit_state, *state)
        seen.append(state)
        if len(seen) == n_moves:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(FitState, "search_moved", note)
        GaussianMixture(**settings, checkpoint=path).fit(ROWS)
    monkeypatch.setattr(Search, "_race", lambda *_: pytest.fail("it raced again"))
    resumed = GaussianMixture(**settings, checkpoint=path).fit(ROWS)
    assert_same(resumed, expected)
    assert [run.objective for run in resumed.restarts_] == [run.objective for run in expected.restarts_]


@pytest.mark.usefixtures("_saves_always")
def test_a_search_that_goes_on_has_the_starts_of_its_race(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, path = {"n_components": 6, "random_state": 0, "tol": 1e-3, "reg_covar": "weak"}, tmp_path / "fit.npz"
    noted, searched, starts = FitState.search_moved, Search.best, []

    def interrupt(*state: Any) -> None:
        noted(*state)
        raise KeyboardInterrupt

    def search(one: Search) -> Parameters:
        found = searched(one)
        starts.append(one.starts)
        return found

    monkeypatch.setattr(Search, "best", search)
    GaussianMixture(**settings).fit(ROWS)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(FitState, "search_moved", interrupt)
        GaussianMixture(**settings, checkpoint=path).fit(ROWS)
    GaussianMixture(**settings, checkpoint=path).fit(ROWS)
    expected, resumed = starts
    assert [start.name for start in resumed] == [start.name for start in expected]
    for one, other in zip(resumed, expected, strict=True):
        np.testing.assert_array_equal(one.components.scatter, other.components.scatter)


@pytest.mark.usefixtures("_saves_always")
@pytest.mark.parametrize("at_move", [1, 2])
def test_a_search_interrupted_in_its_second_turn_goes_on_to_the_same_bits(
    at_move: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: dict[str, Any] = {"n_components": 6, "random_state": 0, "tol": 1e-3, "n_init": 2}
    path = tmp_path / "fit.npz"
    expected, noted, seen = GaussianMixture(**settings).fit(ROWS), FitState.search_moved, []

    def note(fit_state: FitState, best: Any, raced: Any, moves: dict[str, float]) -> None:
        noted(fit_state, best, raced, moves)
        seen.append(moves["turn"])
        if seen.count(1) == at_move:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(FitState, "search_moved", note)
        GaussianMixture(**settings, checkpoint=path).fit(ROWS)
    monkeypatch.setattr(Search, "_race", lambda *_, **__: pytest.fail("it raced again"))
    assert_same(GaussianMixture(**settings, checkpoint=path).fit(ROWS), expected)


@pytest.mark.usefixtures("_saves_always")
def test_turns_after_an_interruption_know_how_many_starts_had_met(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = blobs(200, 4, 2, separation=2.0)[0]
    settings: dict[str, Any] = {"n_components": 4, "random_state": 0, "n_init": 2}
    noted, seen = FitState.search_moved, list[dict[str, float]]()

    def note(fit_state: FitState, best: Any, raced: Any, moves: dict[str, float]) -> None:
        noted(fit_state, best, raced, moves)
        seen.append(moves)
        if len(seen) == stop:
            raise KeyboardInterrupt

    monkeypatch.setattr(FitState, "search_moved", note)
    stop = 0
    GaussianMixture(**settings, checkpoint=tmp_path / "whole.npz").fit(rows)
    expected = [moves for moves in seen if moves["turn"] == 1]
    assert expected[0]["met"] > 0
    seen.clear()
    stop = 1
    with pytest.raises(KeyboardInterrupt):
        GaussianMixture(**settings, checkpoint=tmp_path / "fit.npz").fit(rows)
    GaussianMixture(**settings, checkpoint=tmp_path / "fit.npz").fit(rows)
    assert [moves for moves in seen if moves["turn"] == 1] == expected


@pytest.mark.usefixtures("_saves_always")
def test_random_numbers_go_on_where_they_were(tmp_path: Path) -> None:
    settings = {**SETTINGS["restarts"], "max_iter": 5, "tol": 1.0}
    path = tmp_path / "fit.npz"
    expected = GaussianMixture(**{**settings, "random_state": np.random.RandomState(5)}).fit(LARGE)
    interrupted({**settings, "random_state": np.random.RandomState(5)}, path, LARGE, 12)
    again = GaussianMixture(**{**settings, "random_state": np.random.RandomState(5)}, checkpoint=path).fit(LARGE)
    assert_same(again, expected)


@pytest.mark.usefixtures("_saves_always")
@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
def test_a_fit_that_ended_is_not_made_again(tmp_path: Path) -> None:
    settings, path = SETTINGS["restarts"], tmp_path / "fit.npz"
    expected = GaussianMixture(**settings, checkpoint=path).fit(ROWS)
    again = GaussianMixture(**settings, checkpoint=path, callback=lambda _: pytest.fail("it was")).fit(ROWS)
    assert_same(again, expected)


CHANGES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "tol": lambda settings: {**settings, "tol": 1e-3},
    "n_components": lambda settings: {**settings, "n_components": 5},
    "random_state": lambda settings: {**settings, "random_state": 3},
    "means_init": lambda settings: {**settings, "means_init": ROWS[:4]},
}


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
@pytest.mark.parametrize("what", list(CHANGES))
def test_other_settings_are_refused_by_name(what: str, tmp_path: Path) -> None:
    path = tmp_path / "fit.npz"
    settings = {**SETTINGS["restarts"], "n_init": 1, "max_iter": 2}
    GaussianMixture(**settings, checkpoint=path).fit(ROWS)
    with pytest.raises(CheckpointError, match=f"another fit: it has `{what}`"):
        GaussianMixture(**CHANGES[what](settings), checkpoint=path).fit(ROWS)


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
def test_other_data_are_refused_and_other_threads_are_not(tmp_path: Path) -> None:
    path = tmp_path / "fit.npz"
    settings = {**SETTINGS["restarts"], "n_init": 1, "max_iter": 2, "checkpoint": path}
    GaussianMixture(**settings).fit(LARGE)
    GaussianMixture(**settings, n_jobs=2, verbose=0).fit(LARGE)
    changed = LARGE.copy()
    changed[12345, 1] += 1e-9
    for data, weights in ((changed, None), (LARGE[::-1], None), (LARGE, np.full(len(LARGE), 2.0))):
        with pytest.raises(CheckpointError, match="another fit: it has `data`"):
            GaussianMixture(**settings).fit(data, sample_weight=weights)


@pytest.mark.usefixtures("_saves_always")
@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
def test_a_damaged_checkpoint_is_refused_or_ends_in_the_same_bits(tmp_path: Path) -> None:
    settings, path, rows = {**SETTINGS["restarts"], "n_init": 2, "max_iter": 20}, tmp_path / "fit.npz", ROWS[:120]
    expected = GaussianMixture(**settings).fit(rows)
    interrupted(settings, path, rows, after=24)
    content, random = path.read_bytes(), np.random.default_rng(0)
    n_refused = 0
    for _ in range(150):
        path.write_bytes(damaged(content, random))
        try:
            assert_same(GaussianMixture(**settings, checkpoint=path).fit(rows), expected)
        except CheckpointError as error:
            assert str(path) in str(error)  # noqa: PT017
            n_refused += 1
    assert n_refused > 125


@pytest.mark.usefixtures("_saves_always")
@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
@pytest.mark.parametrize("name", ["random", "run.means", "run.sums.count", "raced", "run", "done"])
def test_a_whole_checkpoint_that_lacks_something_is_refused(name: str, tmp_path: Path) -> None:
    settings, path = SETTINGS["restarts"], tmp_path / "fit.npz"
    interrupted(settings, path, ROWS, after=4)
    document = NpzFormat().read(path)
    for part in (document.fields, document.arrays):
        part.pop(name, None)
    NpzFormat().write(path, document)
    with pytest.raises(CheckpointError, match=f"must be a checkpoint.*{name}"):
        GaussianMixture(**settings, checkpoint=path).fit(ROWS)
