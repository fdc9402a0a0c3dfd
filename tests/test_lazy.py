"""Packages give names when they are first asked for."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from mixfold.lazy import homes_of, loaded

PACKAGES = [f"mixfold{name}" for name in ("", ".estimators", ".mixtures", ".models", ".search", ".sources")]


@pytest.mark.parametrize("name", PACKAGES)
def test_every_name_of_the_stub_is_there_and_a_line_each(name: str) -> None:
    package = import_module(name)
    homes = homes_of(str(package.__file__))
    assert [one for one in package.__all__ if one != "__version__"] == list(homes)
    for one, home in homes.items():
        assert getattr(package, one) is getattr(import_module(home), one)
    stub = Path(str(package.__file__)).with_suffix(".pyi").read_text(encoding="utf-8")
    assert stub.count("import") == len(homes)


@pytest.mark.parametrize("name", PACKAGES)
def test_no_name_is_that_of_a_module_beside_it_which_would_take_its_place_when_imported(name: str) -> None:
    folder = Path(str(import_module(name).__file__)).parent
    assert not homes_of(str(folder / "__init__.py")).keys() & {file.stem for file in folder.iterdir()}


def test_a_name_that_is_not_there_is_an_error_of_python_s_own_kind() -> None:
    with pytest.raises(AttributeError, match=r"module 'mixfold.models' has no attribute 'Modell'"):
        loaded("mixfold.models", {"Model": "mixfold.models.abstract"}, "Modell")
    with pytest.raises(AttributeError, match="module 'mixfold.models' has no attribute 'Modell'"):
        _ = import_module("mixfold.models").Modell
