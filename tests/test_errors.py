"""Errors are their own types, and the builtins that a caller would catch."""

from __future__ import annotations

import ast
import pickle
import re
import tomllib
from pathlib import Path

import pytest
from sklearn.exceptions import ConvergenceWarning as ScikitLearnConvergenceWarning

import mixfold
from mixfold.errors import (
    CollapseError,
    ConvergenceWarning,
    InputError,
    MissingExtraError,
    MixfoldError,
    ModelFileError,
    OutputError,
    ShapeError,
)


@pytest.mark.parametrize("error", [InputError, ShapeError, CollapseError, ModelFileError])
def test_an_error_is_a_value_error(error: type[Exception]) -> None:
    assert issubclass(error, MixfoldError)
    assert issubclass(error, ValueError)


def test_a_missing_extra_says_what_to_install() -> None:
    error = MissingExtraError("safetensors", "io", "Saving models")
    assert isinstance(error, ImportError)
    assert str(error) == (
        "Saving models needs the package `safetensors`, which is not installed. "
        "In the folder of mixfold's source, run `pip install '.[io]'`."
    )


def test_code_that_catches_scikit_learns_warning_catches_this_one() -> None:
    assert issubclass(ConvergenceWarning, ScikitLearnConvergenceWarning)


def test_only_one_place_says_how_a_package_is_installed():
    source = Path(mixfold.__file__).parent
    saying = [path.name for path in source.rglob("*.py") if "pip install" in path.read_text(encoding="utf-8")]
    assert saying == ["errors.py"]
    for line in Path(source, "errors.py").read_text(encoding="utf-8").splitlines():
        assert "pip install 'mixfold" not in line


def test_a_file_without_room_is_named_in_another_process_too() -> None:
    error = pickle.loads(pickle.dumps(OutputError(Path("a.json"), "the disk is full")))
    assert (error.path, error.reason) == (Path("a.json"), "the disk is full")
    assert str(error).startswith("a.json cannot be written: the disk is full")


def test_every_missing_package_is_one_that_the_named_extra_brings() -> None:
    source = Path(mixfold.__file__).parent
    project = source.parents[1] / "pyproject.toml"
    if not project.exists():
        pytest.skip("runs in a checkout")
    extras = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["optional-dependencies"]

    def brings(extra: str) -> set[str]:
        found = set()
        for requirement in extras[extra]:
            name, _, more = requirement.partition("[")
            if name == "mixfold":
                found |= set().union(*map(brings, more.rstrip("]").split(",")))
            else:
                found.add(re.split(r"[\[<>=~! ]", requirement)[0])
        return found

    texts = [path.read_text(encoding="utf-8") for path in source.rglob("*.py")]
    trees = [ast.parse(text) for text in texts if "MissingExtraError(" in text]
    raised = [
        node.args
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "MissingExtraError"
    ]
    assert len(raised) > 15
    for package, extra, _ in raised:
        assert isinstance(extra, ast.Constant)
        assert brings(str(extra.value))
        if isinstance(package, ast.Constant):
            assert package.value in brings(str(extra.value))
