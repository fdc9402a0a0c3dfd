"""Outside structures/ and engines/ nothing asks which structure it has: whoever wants to know gives them a verb."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src" / "mixfold"
STRUCTURES = {"POOLED", "DIAGONAL", "SPHERICAL", "STRUCTURES"}
"""And FULL, where that is one: an operating system calls a disk so, too."""
CLASSES = {"Full", "Pooled", "Diagonal", "Spherical", "Factors", "Matrices"}
MODULES = sorted(
    path.relative_to(SOURCES).as_posix()
    for path in SOURCES.rglob("*.py")
    if path.relative_to(SOURCES).parts[0] not in {"structures", "engines"}
)


def names_in(node: ast.AST) -> set[str]:
    """Give the names and the attributes that an expression is made of."""
    parts = list(ast.walk(node))
    return {part.id for part in parts if isinstance(part, ast.Name)} | {
        part.attr for part in parts if isinstance(part, ast.Attribute)
    }


def questions(source: str) -> list[int]:
    """Give the lines that compare with a structure, ask for its class, or for its rank."""
    found = []
    structures = STRUCTURES | ({"FULL"} if "structure" in source else set())
    for node in ast.walk(ast.parse(source)):
        is_compared = isinstance(node, ast.Compare) and names_in(node) & structures
        is_classed = (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"isinstance", "issubclass", "type"}
            and any(names_in(argument) & CLASSES for argument in node.args)
        )
        is_ranked = isinstance(node, ast.Attribute) and node.attr == "rank" and "structure" in names_in(node.value)
        is_matched = isinstance(node, ast.MatchClass) and names_in(node.cls) & CLASSES
        if is_compared or is_classed or is_ranked or is_matched:
            found.append(node.lineno)
    return found


def test_no_module_asks_which_structure_it_has() -> None:
    assert len(MODULES) > 300
    found = {module: questions((SOURCES / module).read_text()) for module in MODULES}
    assert not {module: lines for module, lines in found.items() if lines}


@pytest.mark.parametrize(
    "line",
    [
        "if structure == FULL: pass",
        "x = family.structure in {POOLED, structures.FULL}",
        "if structure is SPHERICAL or other: pass",
        "isinstance(structure, Factors)",
        "if potentials.structure.rank: pass",
        "structure.rank > 0",
    ],
)
def test_a_question_is_found(line: str) -> None:
    assert questions(line)


def test_a_use_is_no_question() -> None:
    assert not questions("potentials = Potentials(offset, center, whitener, FULL); factors = Factors(family.rank)")
