"""What an object can do is declared by its class: only objects of other packages are probed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "src" / "mixfold"
TABLES = "Tables and arrays of any library, which have no class in common."
FITTED = "scikit-learn's convention: an attribute with a trailing underscore is there once something was fitted."
ESTIMATORS = "Estimators of any package, of which some have been searched, selected or clustered, and some have not."
PLATFORM = "What the system that runs it has."
PROBED = {
    "apps/abstract.py": FITTED,
    "apps/speakers.py": FITTED,
    "cli/segment.py": PLATFORM,
    "contracts.py": "Objects of the user's own, of which every lacking member is named before any work.",
    "engines/registry.py": "Arrays that no engine accepts, in the message that says so.",
    "estimators/abstract.py": FITTED,
    "estimators/fitted_attributes.py": FITTED,
    "estimators/grouped_gaussian_mixture.py": FITTED,
    "estimators/groups.py": TABLES,
    "estimators/scikit_learn_names.py": "Classes of the user's own that override scikit-learn's private names.",
    "estimators/streaming.py": FITTED,
    "masks_and_times.py": TABLES,
    "mixtures/imports.py": "Fitted models of other libraries.",
    "plotting/convergence.py": ESTIMATORS,
    "plotting/combined.py": ESTIMATORS,
    "plotting/report/report.py": ESTIMATORS,
    "plotting/rows.py": ESTIMATORS,
    "plotting/selection.py": ESTIMATORS,
    "sources/dask.py": "Dask's collections, which are known without importing Dask.",
    "sources/npy.py": PLATFORM,
    "sources/registry.py": TABLES,
    "sources/spark.py": "Spark's data frames, which are known without importing Spark.",
    "validation.py": FITTED,
}
"""Modules that ask whether an object has an attribute, and why they must: one leaves this list, and none comes."""


def probes(module: Path) -> list[int]:
    """Give the lines of a module that ask whether an object has an attribute."""
    calls = (node for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Call))
    named = [(call, call.func.id) for call in calls if isinstance(call.func, ast.Name)]
    return [call.lineno for call, name in named if name == "hasattr" or (name == "getattr" and len(call.args) > 2)]


def test_only_objects_of_others_are_probed() -> None:
    found = {path.relative_to(SOURCES).as_posix(): probes(path) for path in SOURCES.rglob("*.py")}
    assert len(found) > 300
    asking = {module: lines for module, lines in found.items() if bool(lines) != (module in PROBED)}
    assert not asking, "declare it in the class, or say why not"


def test_every_module_that_probes_exists() -> None:
    assert all((SOURCES / module).exists() for module in PROBED)


def test_only_sources_ask_of_which_class_a_source_is() -> None:
    """What a source can do is declared: `is_in_memory`, `IndexedSource` and its neighbors."""
    asking = [path for path in SOURCES.rglob("*.py") if re.search(r"isinstance\([^)]*ArraySource", path.read_text())]
    assert [path.relative_to(SOURCES).as_posix() for path in asking] == ["sources/array.py"]


def test_a_probe_is_found(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('getattr(x, "a")\nhasattr(x, "b")\ngetattr(\n    x, "c", None\n)\n')
    assert probes(module) == [2, 3]
