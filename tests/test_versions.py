"""A bug report says what is installed and what the kernels run on."""

from __future__ import annotations

import re
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


def test_the_newest_version_of_the_changelog_is_the_one_wherever_it_is_written() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = next(re.finditer(r"^## (\d\S*)$", changes, re.MULTILINE)).group(1)
    for name, line in {
        "CITATION.cff": f"version: {newest}",
        "packaging/conda/recipe.yaml": f'  version: "{newest}"',
    }.items():
        assert line in (ROOT / name).read_text(encoding="utf-8").splitlines(), name
