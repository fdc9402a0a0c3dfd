"""A bug report says what is installed and what the kernels run on."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import mixfold
from mixfold.engines import ENGINES
from mixfold.engines.kernels import instruction_set

ROOT = Path(__file__).parents[1]


def test_versions_name_python_packages_engines_and_kernels(capsys: pytest.CaptureFixture[str]) -> None:
    mixfold.show_versions()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("python 3.")
    assert f"mixfold {mixfold.__version__}" in lines
    assert any(line.startswith("numpy ") for line in lines)
    assert f"engines {', '.join(ENGINES)}" in lines
    assert (instruction_set() or "were not built") in lines[-1]


def test_the_version_is_the_same_wherever_it_is_written() -> None:
    version = re.escape(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
    for name, line in {
        "CHANGELOG.md": f"^## {version}$",
        "CITATION.cff": f"^version: {version}$",
        "packaging/conda/recipe.yaml": f'^  version: "{version}"$',
    }.items():
        assert re.search(line, (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE), name
