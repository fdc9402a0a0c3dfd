"""The recipe for conda-forge says what pyproject.toml says."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
RECIPE = (ROOT / "packaging" / "conda" / "recipe.yaml").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
TOOLS = {"python", "pip"}


def listed(section):
    """Give the packages of a section, and from which version."""
    lines = re.search(rf"^  {section}:\n((?:    - .*\n)+)", RECIPE, re.MULTILINE)[1].splitlines()
    return {line.strip("- ").replace(" ", "") for line in lines} - TOOLS


def test_the_recipe_runs_on_what_the_package_depends_on():
    assert listed("run") == set(PROJECT["project"]["dependencies"])


def test_the_recipe_builds_with_what_the_package_builds_with():
    assert listed("host") == set(PROJECT["build-system"]["requires"])
