"""Which of the contracts' tests can be: an engine is not asked for arrays of a library that it does not compute."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from mixfold.engines import Engine


@cache
def _is_computed(engine: Engine, library: str, dtype: type) -> bool:
    if library == "numpy":
        return engine.accepts(np.zeros((1, 1), dtype))
    if find_spec("torch") is None:
        return True  # the fixture says what is lacking
    torch = import_module("torch")
    device = "cuda" if library == "cuda" else "cpu"
    return engine.accepts(torch.zeros((1, 1), dtype=getattr(torch, np.dtype(dtype).name), device=device))


def _can_be(item: pytest.Item) -> bool:
    asked: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    engine, library = asked.get("engine"), asked.get("library")
    return engine is None or library is None or _is_computed(engine, library, asked.get("dtype", np.float64))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the pairs of an engine and a library that cannot be, instead of a line for each that was skipped."""
    kept, left_out = [], []
    for item in items:
        (kept if _can_be(item) else left_out).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept
