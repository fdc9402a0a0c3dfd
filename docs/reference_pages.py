"""A reference page for every public name, from `__all__` and the docstrings."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import shutil
from pathlib import Path
from types import ModuleType

import mixfold

FIRST = ["mixfold", "mixfold.plotting", "mixfold.datasets", "mixfold.apps", "mixfold.errors"]
"""What users need; the rest is for those who extend the library."""
PRIVATE = {"mixfold.cli", "mixfold.__main__"}
COMMANDS_WIDTH = "84"


def public_modules() -> list[ModuleType]:
    """Give the package and what lies directly in it, what users need first."""
    names = ["mixfold", *(f"mixfold.{found.name}" for found in pkgutil.iter_modules(mixfold.__path__))]
    kept = [name for name in names if name not in PRIVATE and not name.rpartition(".")[2].startswith("_")]
    order = {name: at for at, name in enumerate(FIRST)}
    kept.sort(key=lambda name: (order.get(name, len(FIRST)), name))
    return [importlib.import_module(name) for name in kept]


def public_names(module: ModuleType) -> list[str]:
    """Give `__all__`, or in a module without one what is defined there."""
    if hasattr(module, "__all__"):
        return [name for name in module.__all__ if not name.startswith("_")]
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__ and callable(value)
    ]


def entries() -> list[tuple[ModuleType, list[str]]]:
    """Give each module with the names that are documented there: at their first place, and once."""
    seen: set[int] = set()
    found = []
    for module in public_modules():
        names = []
        for name in public_names(module):
            value = getattr(module, name)
            if inspect.ismodule(value) or (callable(value) and id(value) in seen):
                continue
            seen.add(id(value))
            names.append(name)
        if names:
            found.append((module, names))
    return found


def has_page(value: object) -> bool:
    """Whether something is a class or a function; constants and aliases are on the page of their module."""
    return inspect.isclass(value) or inspect.isroutine(value)


def write(folder: Path) -> None:
    """Write a page a module, a page a name, and one of the command line."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for module, names in entries():
        constants = [name for name in names if not has_page(getattr(module, name))]
        called = [name for name in names if name not in constants]
        for name in called:
            (folder / f"{module.__name__}.{name}.rst").write_text(_page(module, name), encoding="utf-8")
        (folder / f"{module.__name__}.rst").write_text(_module_page(module, called, constants), encoding="utf-8")
    rest = [module.__name__ for module, _ in entries() if module.__name__ not in FIRST]
    text = (
        _titled("Other modules")
        + "Their design is in ARCHITECTURE.md of the project.\n\n.. toctree::\n   :maxdepth: 2\n\n"
    )
    (folder / "modules.rst").write_text(text + "".join(f"   {name}\n" for name in rest), encoding="utf-8")
    (folder / "command-line.rst").write_text(_command_line(), encoding="utf-8")


def _titled(title: str) -> str:
    return f"{title}\n{'=' * len(title)}\n\n"


def _page(module: ModuleType, name: str) -> str:
    value = getattr(module, name)
    if not inspect.isclass(value):
        return _titled(name) + f".. autofunction:: {module.__name__}.{name}\n"
    page = _titled(name) + f".. autoclass:: {module.__name__}.{name}\n\n"
    for member in _own_members(value):
        kind = "autoproperty" if isinstance(inspect.getattr_static(value, member), property) else "automethod"
        page += f"   .. {kind}:: {module.__name__}.{name}.{member}\n\n"
    return page


def _own_members(value: type) -> list[str]:
    """Give methods and properties that the package defines, not those of scikit-learn or of the standard library.

    What sources have from their contracts is on the pages of those, or a name would lead to several places.
    """
    found = {}
    for owner in reversed(value.__mro__):
        if owner in _contracts(value) or not owner.__module__.startswith("mixfold"):
            continue
        for name in vars(owner):
            member = inspect.getattr_static(value, name)  # a field may have taken the place of a base's property
            is_method = inspect.isfunction(member) or isinstance(member, property | classmethod | staticmethod)
            if isinstance(member, property) and any(name in vars(base) for base in _contracts(value)):
                continue
            if is_method and not name.startswith("_") and inspect.getdoc(getattr(value, name, None)):
                found[name] = None
    return sorted(found)


def _contracts(value: type) -> list[type]:
    return [base for base in value.__mro__ if base is not value and base.__module__.startswith("mixfold.rows")]


def _module_page(module: ModuleType, called: list[str], constants: list[str]) -> str:
    page = _titled(module.__name__) + f".. automodule:: {module.__name__}\n\n"
    if constants:
        page += "Constants\n---------\n\n"
        page += "".join(f"``{name}`` : {type(getattr(module, name)).__name__}\n\n" for name in constants)
    if called:
        page += ".. toctree::\n   :maxdepth: 1\n\n" + "".join(f"   {module.__name__}.{name}\n" for name in called)
    return page


def _command_line() -> str:
    """Show `--help` of every subcommand, as a terminal does."""
    from typer.testing import CliRunner

    from mixfold.cli.app import app
    from mixfold.cli.subcommands import SUBCOMMANDS, Deferred

    names = [""]
    for line in SUBCOMMANDS:
        below = getattr(Deferred(line).loaded(), "commands", {})  # of a group
        names += [line.name, *(f"{line.name} {name}" for name in below)]
    page = _titled("The command line")
    for name in names:
        title = f"mixfold {name}".strip()
        environment = {"COLUMNS": COMMANDS_WIDTH, "TERM": "dumb", "NO_COLOR": "1"}
        shown = CliRunner().invoke(app, [*name.split(), "--help"], env=environment, prog_name="mixfold").output
        text = "\n".join(f"   {line.rstrip()}" for line in shown.strip("\n").splitlines())
        page += f"{title}\n{'-' * len(title)}\n\n.. code-block:: text\n\n{text}\n\n"
    return page
