"""What ARCHITECTURE.md and the house's rules say of the files is so."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator

from mixfold import apps, estimators

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "mixfold"
MOST_LINES = 400
WITHOUT_TEST = {
    # Contracts and types, which contracts/ tests in every instance.
    "engines/abstract.py",
    "executors/abstract.py",
    "formats/abstract.py",
    "initialization/abstract.py",
    "observations/abstract.py",
    "structures/abstract.py",
    "structures/diagonal.py",
    "structures/full.py",
    "structures/matrices.py",
    "structures/pooled.py",
    "structures/spherical.py",
    "tables/abstract.py",
    "typing.py",
    # What a type checker reads.
    "estimators/mixins.py",
    # Kernels in Triton's language, which run from tests/engines/test_triton.py.
    "engines/triton_kernels.py",
}
PATHS = re.compile(r"(?<![\w./])(?:[a-z_.-]+/)+[\w.-]*\w|(?<![\w./])[a-z_]+\.py\b|(?<![\w./])[a-z]+/(?!\w)")


def modules() -> list[str]:
    """Name the modules, relative to the package."""
    found = (path.relative_to(SOURCES).as_posix() for path in SOURCES.rglob("*.py"))
    return sorted(name for name in found if Path(name).name not in {"__init__.py", "__main__.py"})


def mirror(module: str) -> Path:
    """Give the test file of a module."""
    path = Path(module)
    return ROOT / "tests" / path.parent / f"test_{path.name}"


def test_every_module_has_its_test_file() -> None:
    found = modules()
    assert len(found) > 300
    assert not [module for module in found if mirror(module).exists() == (module in WITHOUT_TEST)]


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    folders = (SOURCES, ROOT / "tests", ROOT / "benchmarks", ROOT / "examples")
    n_lines = {path: len(path.read_text().splitlines()) for folder in folders for path in folder.rglob("*.py")}
    assert len(n_lines) > 600
    assert not {path: n for path, n in n_lines.items() if n > MOST_LINES}


def test_a_file_of_the_kernels_is_no_longer_than_a_reader_can_hold() -> None:
    n_lines = {path.name: len(path.read_text().splitlines()) for path in (ROOT / "native").iterdir()}
    assert "e_step.hpp" in n_lines
    assert not {name for name, n in n_lines.items() if n > MOST_LINES}


def test_every_path_that_the_architecture_names_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    named = set(PATHS.findall(text))
    assert len(named) > 20
    here = {path.name + "/" * path.is_dir() for path in SOURCES.rglob("*")}
    missing = [
        path for path in named if path not in here and not (ROOT / path).exists() and not (SOURCES / path).exists()
    ]
    assert not missing


def test_every_folder_and_module_at_the_top_is_in_the_architecture() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    top = {path.name + "/" * path.is_dir() for path in SOURCES.iterdir() if not path.name.startswith("__")}
    hidden = {name for name in top if name.endswith((".so", "__pycache__/"))} | {"py.typed"}
    assert not [name for name in sorted(top - hidden) if name not in text]


def test_every_layer_is_in_the_architecture_in_its_order() -> None:
    house = (ROOT / "ARCHITECTURE.md").read_text().split("## The house")[1].split("```")[0]
    assert house.index("cli/") < house.index("estimators/") < house.index("search/") < house.index("fitting/")


MOST_LEVELS = 2
"""Classes of ours, one above the other, between a public estimator and scikit-learn's bases."""


def levels(cls: type) -> int:
    """Count our classes on the longest way from a class to its bases."""
    if not cls.__module__.startswith("mixfold"):
        return 0
    return 1 + max(map(levels, cls.__bases__))


@pytest.mark.parametrize(
    "estimator",
    [
        pytest.param(member, id=member.__name__)
        for package in (estimators, apps)
        for member in (getattr(package, name) for name in package.__all__)
        if inspect.isclass(member) and issubclass(member, BaseEstimator)
    ],
)
def test_an_estimator_is_two_levels_above_scikit_learns_bases_at_most(estimator: type) -> None:
    assert 1 <= levels(estimator) <= MOST_LEVELS, [each.__name__ for each in estimator.__mro__]


def test_the_class_through_which_algorithms_see_data_is_no_switchboard() -> None:
    (fold,) = (
        node
        for node in ast.parse((ROOT / "src" / "mixfold" / "fold" / "fold.py").read_text()).body
        if isinstance(node, ast.ClassDef)
    )
    assert fold.end_lineno - fold.lineno < 150
