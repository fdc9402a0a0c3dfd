"""What `_native.pyi` says of the kernels is what they are: type checkers see nothing else of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mixfold import engines
from mixfold.engines.native import NATIVE_AVAILABLE

STUB = Path(engines.__file__).with_name("_native.pyi")


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")
def test_the_stub_is_what_the_module_gives() -> None:
    stubgen = pytest.importorskip("nanobind.stubgen")
    from mixfold.engines import _native

    generator = stubgen.StubGen(_native, quiet=True)
    generator.put(_native)
    written, given = (ast.unparse(ast.parse(text)) for text in (STUB.read_text(), generator.get()))
    assert written == given, (
        "Write it anew: python -m nanobind.stubgen -m mixfold.engines._native -O src/mixfold/engines"
    )
