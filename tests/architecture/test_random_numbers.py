"""No test draws from a generator that others draw from, too: its numbers would depend on which tests ran before it."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]
GENERATORS = {"default_rng", "RandomState"}


def shared_draws(source: str) -> list[int]:
    """Give the lines within functions that use a generator of the module."""
    module = ast.parse(source)
    shared = {
        target.id
        for statement in module.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Attribute)
        and statement.value.func.attr in GENERATORS
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    functions = (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef))
    return [
        name.lineno
        for function in functions
        for statement in function.body
        for name in ast.walk(statement)
        if isinstance(name, ast.Name) and name.id in shared
    ]


def test_every_test_draws_from_a_generator_of_its_own() -> None:
    found = {path.relative_to(TESTS).as_posix(): shared_draws(path.read_text()) for path in TESTS.rglob("*.py")}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_a_generator_of_the_module_within_a_function_is_found() -> None:
    source = "R = np.random.default_rng(0)\nROWS = R.normal(size=3)\ndef test_it():\n    assert R.normal() < 9.0\n"
    assert shared_draws(source) == [4]
