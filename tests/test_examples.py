"""Every example runs as its first lines say, on data that come with the package or its friends."""

from __future__ import annotations

import runpy
import sys
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_draws_what_it_says(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(example), str(tmp_path)])
    # In this process, because starting another costs more than most examples do.
    with suppress(SystemExit):  # with what is not installed an example says so and ends
        runpy.run_path(str(example), run_name="__main__")
    printed = capsys.readouterr().out
    assert printed
    drawn = [line.removeprefix("Drawn: ") for line in printed.splitlines() if line.startswith("Drawn: ")]
    assert all(Path(path).read_bytes().startswith(b"\x89PNG") for path in drawn)
