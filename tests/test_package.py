"""What `import mixfold` gives."""

from __future__ import annotations

import ast
import runpy
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import mixfold


def test_the_version_is_the_installed_one() -> None:
    assert mixfold.__version__ == version("mixfold")


def test_what_is_built_where_the_project_is_published_has_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = runpy.run_path(str(Path(__file__).parents[1] / "packaging" / "addresses.py"))["dynamic_metadata"]
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    assert addresses({}, {}) == {"urls": {}}
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://example.org")
    monkeypatch.setenv("GITHUB_REPOSITORY", "somebody/mixfold")
    assert addresses({}, {})["urls"]["Homepage"] == "https://example.org/somebody/mixfold"


def test_the_public_names_are_those_that_type_checkers_see() -> None:
    stub = ast.parse(Path(mixfold.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    seen = [alias.asname for line in stub.body if isinstance(line, ast.ImportFrom) for alias in line.names]
    assert mixfold.__all__ == ["__version__", *seen]


def test_every_public_name_exists() -> None:
    assert all(hasattr(mixfold, name) for name in mixfold.__all__)


def test_a_listing_of_the_package_has_the_public_names_and_no_others() -> None:
    assert dir(mixfold) == sorted(mixfold.__all__)


def test_a_name_that_is_not_there_is_an_error_of_python_s_own_kind() -> None:
    with pytest.raises(AttributeError, match="module 'mixfold' has no attribute 'Gausian'"):
        _ = mixfold.Gausian


def test_packages_are_there_without_an_import_of_their_own() -> None:
    assert mixfold.estimators.GaussianMixture is mixfold.GaussianMixture


NOT_USED_BY_A_PLAIN_MIXTURE = (
    "mixfold.apps",
    "mixfold.audio",
    "mixfold.cli",
    "mixfold.estimators.auto_gaussian_mixture",
    "mixfold.estimators.bayesian_gaussian_mixture",
    "mixfold.estimators.grouped_gaussian_mixture",
    "mixfold.estimators.student_mixture",
    "mixfold.exports",
    "mixfold.mixtures.entropies",
    "mixfold.mixtures.grouped",
    "mixfold.mixtures.reduce",
    "mixfold.mixtures.student",
    "mixfold.models.variational",
    "mixfold.plotting",
    "mixfold.search.bootstrap",
    "mixfold.search.combining",
    "mixfold.search.gibbs",
    "mixfold.search.sweep",
    "mixfold.sources.arrow",
    "mixfold.sources.sliced",
    "mixfold.tables",
    "scipy.cluster.hierarchy",
)


def test_what_takes_long_is_loaded_when_it_is_first_used() -> None:
    extras = ("torch", "polars", "matplotlib", "safetensors")
    code = f"""
import sys, mixfold
print(*sys.modules.keys() & {("sklearn", *extras)})
mixfold.GaussianMixture
print(*sys.modules.keys() & {NOT_USED_BY_A_PLAIN_MIXTURE})
from mixfold import *
print(*sys.modules.keys() & {extras})
"""
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout == "\n\n\n"
