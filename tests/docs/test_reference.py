"""Every public name has a page in the reference, and something on it."""

import importlib
import importlib.util
import inspect
import pkgutil
from pathlib import Path

import pytest

import mixfold

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


def test_every_subcommand_is_on_the_page_of_the_command_line(pages, tmp_path):
    pages.write(tmp_path / "reference")
    text = (tmp_path / "reference" / "command-line.rst").read_text()
    for name in ("fit", "predict", "sample", "inspect", "demo"):
        assert f"mixfold {name}" in text
    assert "--report" in text


def test_the_reference_shows_the_methods_of_an_estimator_and_none_of_scikit_learn_s(pages):
    members = pages._own_members(mixfold.GaussianMixture)
    assert {"fit", "predict", "predict_proba", "score_samples", "bic", "sample", "mixture_"} <= set(members)
    assert "get_params" not in members
