"""A sweep that was killed goes on, to the same bits; a checkpoint of something else is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixfold import AutoGaussianMixture
from mixfold.errors import CheckpointError, ConvergenceWarning, SelectionWarning
from mixfold.formats.npz import NpzFormat
from tests.children import kill, killed
from tests.damage import damaged

RNG = np.random.default_rng(1)
ROWS = np.concatenate([RNG.normal(size=(60, 2)) + shift for shift in (0.0, 5.0, 10.0)])


def fitted(checkpoint: Path | None = None, rows: np.ndarray = ROWS, **settings: object) -> AutoGaussianMixture:
    settings = {"n_components": range(1, 5), "random_state": 0, **settings}
    return AutoGaussianMixture(**settings, checkpoint=checkpoint).fit(rows)  # type: ignore[arg-type]


def bits(model: AutoGaussianMixture) -> list[object]:
    found: list[object] = [model.mixture_.weights.tobytes(), model.mixture_.covariances.tobytes()]
    for cell in model.grid_models_:
        if cell.parameters is not None:
            found += [cell.evidence, cell.outcome, cell.n_iter, cell.parameters.means.tobytes()]
    for run in model.restarts_:
        found += [run.start, run.outcome, [(one.number, one.log_likelihood, one.objective) for one in run.history]]
    return found


def test_a_sweep_that_was_killed_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"

    def see(*_: object) -> None:
        if len(list(folder.glob("cell-*.npz"))) >= 8:
            kill()

    killed(lambda: fitted(folder, callback=see))
    done = {path.name: path.stat().st_mtime_ns for path in folder.glob("cell-*.npz")}
    assert len(done) >= 8
    resumed, whole = fitted(folder), fitted()
    assert bits(resumed) == bits(whole)
    after = {path.name: path.stat().st_mtime_ns for path in folder.glob("cell-*.npz")}
    assert len(after) > len(done)
    assert all(after[name] == when for name, when in done.items()), "a cell that was done was computed again"


def test_a_finished_sweep_computes_nothing_again(tmp_path: Path) -> None:
    first = fitted(tmp_path / "cells")
    when = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "cells").iterdir()}
    again = fitted(tmp_path / "cells")
    assert bits(first) == bits(again)
    assert when == {path.name: path.stat().st_mtime_ns for path in (tmp_path / "cells").iterdir()}


def test_without_a_seed_the_checkpoint_has_it(tmp_path: Path) -> None:
    first = fitted(tmp_path / "cells", random_state=None)
    assert bits(fitted(tmp_path / "cells", random_state=None)) == bits(first)


def test_other_data_are_refused(tmp_path: Path) -> None:
    fitted(tmp_path / "cells", n_components=[1])
    with pytest.raises(CheckpointError, match="`data` [0-9a-f]{16} .now [0-9a-f]{16}"):
        fitted(tmp_path / "cells", ROWS + 1.0, n_components=[1])


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"criterion": "aic"}, r"`criterion` bic \(now aic\)"),
        ({"n_components": [1, 2]}, r"`n_components` \[1\] \(now \[1, 2\]\)"),
        ({"covariance_types": ["full"]}, "`covariance_types` "),
        ({"random_state": 7}, "`seed` "),
    ],
)
def test_other_settings_are_refused_by_name(tmp_path: Path, settings: dict[str, object], reason: str) -> None:
    fitted(tmp_path / "cells", n_components=[1])
    with pytest.raises(CheckpointError, match=reason):
        fitted(tmp_path / "cells", **{"n_components": [1], **settings})


def test_a_folder_of_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(CheckpointError, match="holds other files"):
        fitted(tmp_path)


def test_a_damaged_cell_is_named(tmp_path: Path) -> None:
    fitted(tmp_path / "cells", n_components=[1])
    cell = min((tmp_path / "cells").glob("cell-*.npz"))
    cell.write_bytes(cell.read_bytes()[:-40])
    with pytest.raises(CheckpointError, match=cell.name):
        fitted(tmp_path / "cells", n_components=[1])


def test_cells_that_ran_out_of_time_are_computed_when_there_is_more(tmp_path: Path) -> None:
    with pytest.warns((ConvergenceWarning, SelectionWarning)):
        fitted(tmp_path / "cells", max_time=1e-9)
    assert bits(fitted(tmp_path / "cells")) == bits(fitted())


@pytest.mark.filterwarnings("ignore:The choice is at the edge")
def test_damaged_cells_are_refused_or_change_nothing(tmp_path: Path) -> None:
    settings: dict[str, object] = {"n_components": [1, 2], "covariance_types": ["full"]}
    expected = bits(fitted(tmp_path / "cells", **settings))
    random = np.random.default_rng(0)
    n_refused = 0
    for path in sorted((tmp_path / "cells").iterdir()):
        content = path.read_bytes()
        for _ in range(60):
            path.write_bytes(damaged(content, random))
            try:
                assert bits(fitted(tmp_path / "cells", **settings)) == expected
            except CheckpointError as error:
                assert path.name in str(error)  # noqa: PT017
                n_refused += 1
        path.write_bytes(content)
    assert n_refused > 140


@pytest.mark.parametrize("changes", [{"outcome": "GOOD"}, {"climbs": [1]}, {"evidence": 7}])
def test_a_cell_that_somebody_wrote_is_refused(changes: dict[str, object], tmp_path: Path) -> None:
    fitted(tmp_path / "cells", n_components=[1])
    path = min((tmp_path / "cells").glob("cell-*.npz"))
    document = NpzFormat().read(path)
    NpzFormat().write(path, replace(document, fields={**document.fields, **changes}))
    with pytest.raises(CheckpointError, match=path.name):
        fitted(tmp_path / "cells", n_components=[1])
