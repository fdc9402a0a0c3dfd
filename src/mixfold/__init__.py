"""Gaussian mixture models as a fold.

>>> from mixfold import GaussianMixture
>>> from mixfold.datasets import load_faithful
>>> model = GaussianMixture(n_components=2, random_state=0).fit(load_faithful().data)
>>> round(float(model.lower_bound_), 2)
-4.16
"""

from importlib import import_module
from importlib.metadata import version
from typing import Any

from mixfold.lazy import homes_of, loaded

_HOMES = homes_of(__file__)
__version__ = version("mixfold")
__all__ = ["__version__", *_HOMES]  # noqa: PLE0604  (they are strings)


def __getattr__(name: str) -> Any:
    """Load a name when it is first used: scikit-learn takes a second, and `mixfold --help` does not need it."""
    if f"mixfold.{name}" in _HOMES.values():
        return import_module(f"mixfold.{name}")
    value = globals()[name] = loaded("mixfold", _HOMES, name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
