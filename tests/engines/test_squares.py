"""Squares that are multiplied out, against differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixfold.engines import ArrayEngine, Assignment, to_numpy
from mixfold.engines.squares import FARTHEST, Squares
from mixfold.potentials import Potentials
from mixfold.rows import Marks, Rows
from mixfold.structures import DIAGONAL, FULL, SPHERICAL, Factors, Structure
from mixfold.typing import FloatArray
from tests.engines.libraries import arrays
from tests.examples import potentials_of

OUT, NEVER = ArrayEngine(wide_features=1), ArrayEngine(wide_features=1 << 30)


def wide(structure: Structure, n: int = 300, k: int = 5, d: int = 200) -> tuple[FloatArray, FloatArray, Potentials]:
    """Give rows near centers that overlap, far from zero, their weights, and potentials."""
    random = np.random.default_rng(0)
    centers = 1000.0 + 0.3 * random.normal(size=(k, d))
    rows = np.repeat(centers, n // k, axis=0) + random.normal(size=(n, d))
    whitener = random.uniform(0.5, 1.5, size=structure.shape(k, d))
    return rows, random.uniform(size=n), Potentials(random.normal(size=k), centers, whitener, structure)


@pytest.mark.parametrize("tails", [False, True])
@pytest.mark.parametrize("assignment", list(Assignment))
@pytest.mark.parametrize("asked", [DIAGONAL, SPHERICAL])
@pytest.mark.parametrize("structure", [DIAGONAL, SPHERICAL], ids=lambda s: s.name)
def test_sums_are_those_of_differences(
    array_library: str, structure: Structure, asked: Structure, assignment: Assignment, tails: bool
) -> None:
    rows, weights, potentials = wide(structure)
    if tails:
        more: Any = {"background": float(np.median(NEVER.log_density(rows, potentials))), "degrees": np.full(5, 4.0)}
        potentials = Potentials(potentials.offset, potentials.center, potentials.whitener, structure, **more)
    there = Rows(arrays(array_library, rows), Marks(arrays(array_library, weights)))
    ours = OUT.statistics(there, potentials, asked, assignment)
    theirs = NEVER.statistics(Rows(rows, Marks(weights)), potentials, asked, assignment)
    for name in ("count", "shift", "scatter", "log_likelihood", "log_best_share", *(["mass"] if tails else [])):
        one, other = np.asarray(getattr(ours, name)), np.asarray(getattr(theirs, name))
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-9 * np.max(np.abs(other)))
    for question in ("log_density", "responsibilities", "labels"):
        found = to_numpy(getattr(OUT, question)(there.values, potentials))
        np.testing.assert_allclose(found, getattr(NEVER, question)(rows, potentials), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("structure", [DIAGONAL, SPHERICAL], ids=lambda s: s.name)
def test_rows_of_single_precision_lose_nothing_by_it(array_library: str, structure: Structure) -> None:
    rows, _, potentials = wide(structure)
    single = rows.astype(np.float32)
    ours = OUT.statistics(Rows(arrays(array_library, single, "float32")), potentials, DIAGONAL)
    theirs = NEVER.statistics(Rows(single.astype(np.float64)), potentials, DIAGONAL)
    assert ours.log_likelihood == pytest.approx(theirs.log_likelihood, rel=1e-6)
    np.testing.assert_allclose(ours.scatter, theirs.scatter, rtol=0.0, atol=1e-6 * np.max(theirs.scatter))
    assert OUT.labels(arrays(array_library, single, "float32"), potentials).shape == (300,)


def test_where_something_would_be_lost_differences_are_made() -> None:
    centers = np.array([[0.0, 0.0], [2.0 * FARTHEST**0.5 + 2.0, 0.0]])
    assert Squares.of(centers, np.ones((2, 2)), DIAGONAL, np) is None
    assert Squares.of(0.99 * centers, np.ones((2, 2)), DIAGONAL, np) is not None
    assert Squares.of(centers, np.ones((2, 2)), FULL, np) is None
    tight = Potentials(np.zeros(2), np.array([[1e6], [1e6 + 1.0]]), np.full((2, 1), 1e5), DIAGONAL)
    rows = np.array([[1e6 + 1e-5], [1e6 + 1.0 - 1e-5]])
    assert OUT.statistics(Rows(rows), tight, DIAGONAL).scatter.tolist() == (
        NEVER.statistics(Rows(rows), tight, DIAGONAL).scatter.tolist()
    )


def test_a_row_beyond_all_numbers_stays_finite(array_library: str) -> None:
    rows = arrays(array_library, np.array([[0.0, 0.0], [1e200, 0.0]]))
    potentials = Potentials(np.zeros(2), np.array([[0.0, 0.0], [1.0, 0.0]]), np.ones((2, 2)), DIAGONAL)
    assert np.all(np.isfinite(to_numpy(OUT.log_density(rows, potentials))))


@pytest.mark.parametrize(
    ("structure", "d"), [(FULL, 512), (DIAGONAL, 4096), (Factors(3), 4096), (SPHERICAL, 4096)], ids=str
)
def test_wide_rows_are_computed_as_by_the_definition(array_library: str, structure: Structure, d: int) -> None:
    random, k = np.random.default_rng(d), 2
    rows, potentials = random.normal(size=(40, d)), potentials_of(structure, k, d)
    there = Rows(arrays(array_library, rows))
    shares = to_numpy(ArrayEngine().responsibilities(there.values, potentials))
    white = np.stack([
        potentials.structure.whitened(rows[None] - potentials.center[at, None], potentials.whitener[at : at + 1], np)[0]
        for at in range(k)
    ])  # fmt: skip
    scores = potentials.offset[:, None] - 0.5 * np.sum(white**2, axis=2)
    expected = np.exp(scores - np.logaddexp.reduce(scores, axis=0)).T
    np.testing.assert_allclose(shares, expected, rtol=1e-8, atol=1e-12)
    sums = ArrayEngine().statistics(there, potentials, structure if structure.rank else DIAGONAL)
    variances = sums.scatter[..., 0] if structure.rank else sums.scatter
    differences = rows[None] - potentials.center[:, None]
    np.testing.assert_allclose(variances, np.einsum("nk,knd->kd", expected, differences**2), rtol=1e-8, atol=1e-10)
