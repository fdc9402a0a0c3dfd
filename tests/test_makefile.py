"""The two commands of the README are all the set-up, and the smaller one installs little."""

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def recipe(target):
    """Give what `make` would run on a fresh machine."""
    words = ["make", "--dry-run", "--always-make", "--no-print-directory", target]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_the_readme_names_two_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "`make demo`" in readme
    assert "`make test`" in readme


def test_the_demo_installs_the_command_line_alone():
    lines = recipe("demo")
    assert lines.splitlines()[-1].startswith(".venv/bin/mixfold demo")
    assert "'.[cli]'" in lines
    for heavy in ("torch", "dask", "[all]", "--group"):
        assert heavy not in lines
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert not any(name in " ".join(extras["cli"]) for name in ("torch", "dask", "audio"))


def test_what_must_pass_runs_the_tests_of_the_makefile():
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "pytest" in recipe("test")
