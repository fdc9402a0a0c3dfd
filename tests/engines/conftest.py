"""Kernels run on every instruction set that there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mixfold.engines import kernels

INSTRUCTION_SETS = kernels.available_instruction_sets()


@pytest.fixture(params=INSTRUCTION_SETS)
def instruction_set(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run the test on each instruction set that this processor has, and go back to the usual one afterwards."""
    usual = kernels.instruction_set()
    kernels.select_instruction_set(request.param)
    yield request.param
    kernels.select_instruction_set(usual)


@pytest.fixture(params=["numpy", "array_api_strict", "torch", "cuda"])
def array_library(request: pytest.FixtureRequest) -> str:
    """Run the test with arrays of each library."""
    name: str = request.param
    module: Any = pytest.importorskip("torch" if name == "cuda" else name)
    if name == "cuda" and not module.cuda.is_available():
        pytest.skip("needs a GPU")
    return name
