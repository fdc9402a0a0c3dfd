"""Every example runs as its first lines say, on data that come with the package or its friends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_draws_what_it_says(example: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(example), str(tmp_path)]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    drawn = [line.removeprefix("Drawn: ") for line in result.stdout.splitlines() if line.startswith("Drawn: ")]
    assert all(Path(path).read_bytes().startswith(b"\x89PNG") for path in drawn)
