"""Gaussian mixture models as a fold.

>>> from mixfold import GaussianMixture
>>> from mixfold.datasets import load_faithful
>>> model = GaussianMixture(n_components=2, random_state=0).fit(load_faithful().data)
>>> round(float(model.lower_bound_), 2)
-4.16
"""

import re
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

# The stub, which type checkers read, is the one list of public names: from each the module that has it.
_STUB = Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")
_HOMES = {name: home for home, name in re.findall(r"^from (\S+) import (\w+) as \2$", _STUB, re.MULTILINE)}

__version__ = version("mixfold")
__all__ = ["__version__", *_HOMES]  # noqa: PLE0604  (they are strings)


def __getattr__(name: str) -> Any:
    """Load a name when it is first used: scikit-learn takes a second, and `mixfold --help` does not need it."""
    if f"mixfold.{name}" in _HOMES.values():
        return import_module(f"mixfold.{name}")
    if name in _HOMES:
        value = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return value
    message = f"module 'mixfold' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted(__all__)
