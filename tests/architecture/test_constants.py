"""The constants of search/ and fitting/: each says beside it what it is, and there are not more and more of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src" / "mixfold"
MOST = {"search": 43, "fitting": 62}
"""Numbers that the modules of a folder name: who adds one takes one away, or says here why it has to be there.

Of search/ seven were not counted before: five of the budget of work stood in a dictionary or were taken from a race's,
and what an exchange must promise and how many rows BIC needs were multiples of numbers that have nothing to do with
them. One came later, the powers of responsibilities by which a search shares rows out less surely. Three are what
the budget knows of features: what steps cost of many of them, and how many there must be. A number is derived
from another only where both have to change together.
"""


def is_number(node: ast.expr) -> bool:
    """Whether an expression is made of numbers alone, so that it is derived from no other constant."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float) and not isinstance(node.value, bool)
    if isinstance(node, ast.UnaryOp):
        return is_number(node.operand)
    if isinstance(node, ast.BinOp):
        return is_number(node.left) and is_number(node.right)
    return isinstance(node, ast.Tuple) and bool(node.elts) and all(map(is_number, node.elts))


def constants_of(module: str) -> list[tuple[list[str], bool]]:
    """Give the names that each statement of a module gives to numbers, and whether words about them come next."""
    found, body = [], ast.parse(module).body
    for at, statement in enumerate(body):
        if not isinstance(statement, ast.Assign) or not is_number(statement.value):
            continue
        (target,) = statement.targets
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        following = body[at + 1] if at + 1 < len(body) else None
        is_told = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
        is_another = isinstance(following, ast.Assign) and is_number(following.value)
        found.append(([ast.unparse(name) for name in names], is_told or is_another))
    return found


@pytest.mark.parametrize("folder", MOST)
def test_constants_say_what_they_are_and_do_not_grow_in_number(folder: str) -> None:
    found = [each for path in (SOURCES / folder).rglob("*.py") for each in constants_of(path.read_text())]
    assert not [names for names, is_told in found if not is_told]
    assert sum(len(names) for names, _ in found) <= MOST[folder]


def test_derived_constants_do_not_count_and_names_beside_each_other_do() -> None:
    module = 'A = 2.0\n"""Rows."""\nB = 2 * A\nC, D = 1 << 4, -3\nE = (1, 2)\n"""Steps."""\nF = "one"\nG = 7\n'
    assert constants_of(module) == [(["A"], True), (["C", "D"], True), (["E"], True), (["G"], False)]
