"""Every public name has a page in the reference, and something on it."""

import ast
import builtins
import doctest
import importlib
import importlib.util
import inspect
import pkgutil
import re
from enum import Enum
from pathlib import Path

import pytest

import mixfold
from mixfold.cli.subcommands import SUBCOMMANDS

SCRIPT = Path(__file__).parents[2] / "docs" / "reference_pages.py"


@pytest.fixture(scope="module")
def pages():
    """The script that writes the reference."""
    spec = importlib.util.spec_from_file_location("reference_pages", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_public_callable_has_a_page(pages, tmp_path):
    pages.write(tmp_path / "reference")
    text = "".join(path.read_text() for path in (tmp_path / "reference").glob("*.rst"))
    packages = [
        mixfold,
        *(
            importlib.import_module(f"mixfold.{found.name}")
            for found in pkgutil.iter_modules(mixfold.__path__)
            if found.ispkg
        ),
    ]
    by_identity = {id(getattr(module, name)) for module, names in pages.entries() for name in names}
    missing = [
        f"{package.__name__}.{name}"
        for package in packages
        for name in getattr(package, "__all__", [])
        if pages.has_page(getattr(package, name)) and id(getattr(package, name)) not in by_identity
    ]
    assert missing == []
    for module, names in pages.entries():
        assert all(f"{module.__name__}.{name}" in text or f"``{name}``" in text for name in names)


def test_every_public_name_says_what_it_is(pages):
    silent = [
        f"{module.__name__}.{name}"
        for module, names in pages.entries()
        for name in names
        if pages.has_page(getattr(module, name)) and not inspect.getdoc(getattr(module, name))
    ]
    assert silent == []


WITHOUT_EXAMPLE = {
    "mixfold.SpeakerRecognizer",  # recordings of voices do not fit into a docstring
    "mixfold.sources.SparkSource",  # a data frame needs a session of Spark, and that needs Java
}


def _documented(pages):
    return [
        (f"{module.__name__}.{name}", getattr(module, name))
        for module, names in pages.entries()
        for name in names
        if pages.has_page(getattr(module, name))
    ]


def test_every_public_name_has_an_example_that_runs(pages):
    lacking = {name for name, value in _documented(pages) if ">>> " not in inspect.getdoc(value)}
    assert lacking == WITHOUT_EXAMPLE


def _unmade(doc):
    """Give the names that an example uses, but neither imports nor makes."""
    examples = doctest.DocTestParser().get_examples(doc)
    nodes = list(ast.walk(ast.parse("".join(example.source for example in examples))))
    made = {alias.asname or alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    made |= {alias.asname or alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    made |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler)}
    made |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    names = [node for node in nodes if isinstance(node, ast.Name)]
    made |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return {node.id for node in names} - made - set(dir(builtins))


def test_every_example_can_be_copied(pages):
    lacking = {name: unmade for name, value in _documented(pages) if (unmade := _unmade(inspect.getdoc(value)))}
    assert lacking == {}
    assert _unmade(">>> f(x)") == {"f", "x"}


def test_every_public_function_and_class_explains_every_parameter(pages):
    unexplained = [
        f"{name}: {parameter}"
        for name, value in _documented(pages)
        if not (
            inspect.isclass(value) and (issubclass(value, Enum | Exception) or getattr(value, "_is_protocol", False))
        )
        for parameter in inspect.signature(value).parameters
        if not parameter.startswith("_")
        and not re.search(rf"^([\w, ]+, )?{parameter}(, [\w, ]+)? :", inspect.getdoc(value), re.MULTILINE)
    ]
    assert unexplained == []


def test_every_public_function_says_what_it_gives(pages):
    silent = [
        name
        for name, value in _documented(pages)
        if inspect.isfunction(value)
        and inspect.signature(value).return_annotation not in {"None", "NoReturn", None}
        and not re.search(r"^(Returns|Yields)\n-", inspect.getdoc(value), re.MULTILINE)
    ]
    assert silent == []


def test_no_docstring_has_a_section_twice(pages):
    heads = {
        name: re.findall(r"^(\w+)\n-+$", inspect.getdoc(value), re.MULTILINE) for name, value in _documented(pages)
    }
    assert {name for name, found in heads.items() if len(found) > len(set(found))} == set()


def test_every_subcommand_is_on_the_page_of_the_command_line(pages, tmp_path):
    pages.write(tmp_path / "reference")
    text = (tmp_path / "reference" / "command-line.rst").read_text()
    for line in SUBCOMMANDS:
        assert f"\nmixfold {line.name}\n" in text
    assert "\nmixfold speakers enroll\n" in text
    assert "--report" in text


def test_the_reference_shows_the_methods_of_an_estimator_and_none_of_scikit_learn_s(pages):
    members = pages._own_members(mixfold.GaussianMixture)
    assert {"fit", "predict", "predict_proba", "score_samples", "bic", "sample", "mixture_"} <= set(members)
    assert "get_params" not in members
