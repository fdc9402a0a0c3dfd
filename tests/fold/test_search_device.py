"""What an accelerator does beside the processor: here another library's arrays on the processor stand for those there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mixfold.covariance import CovarianceFamily, Diag, Full, Spherical, Tied, family_for
from mixfold.engines import ArrayEngine, EMLoop, MStep, StoppingRule, engine_for, kernels
from mixfold.executors import LocalExecutor
from mixfold.fitting import DataScale
from mixfold.fold import Fold
from mixfold.fold.search_device import LEAST_NUMBERS, SearchDevice, times_as_fast
from mixfold.initialization import KMeans
from mixfold.models import Penalized, Problem
from mixfold.outcome import Outcome
from mixfold.rows import Marks
from mixfold.search import Effort, Search
from mixfold.sources import ArraySource
from mixfold.structures import FULL
from tests.engines.test_native_loop import make_prior, make_problem
from tests.examples import blobs

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")
FAMILIES: list[CovarianceFamily] = [Full(), Tied(), Diag(), Spherical()]
MET = {Outcome.WON, Outcome.DUPLICATE}
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def search_device(d: int, least_numbers: int = 0) -> SearchDevice:
    like = torch.zeros((1, d), device=DEVICE)
    return SearchDevice(engine_for(like).device or ArrayEngine(), like, least_numbers)


def folds(rows: Any, weights: Any = None) -> tuple[Fold, Fold]:
    """Give a fold, and the same with an accelerator that takes everything."""
    fold = Fold.of_rows(rows, Marks(weights))
    return fold, replace(fold, search_device=search_device(rows.shape[1]))


def assert_same(ours: EMLoop, theirs: EMLoop) -> None:
    assert (len(ours.log_likelihood), ours.ending) == (len(theirs.log_likelihood), theirs.ending)
    for name in ("weights", "means", "covariances", "log_likelihood", "log_prior"):
        one, other = getattr(ours, name), getattr(theirs, name)
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9 * np.max(np.abs(other)))
    np.testing.assert_allclose(ours.statistics.count, theirs.statistics.count, rtol=1e-9)


@pytest.mark.parametrize("kind", ["parameters", "of another family", "shared out"])
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_loops_are_those_of_the_processor(family: CovarianceFamily, kind: str) -> None:
    rows, weights, start = make_problem(family)
    here, there = folds(rows, weights)
    step = MStep(family.structure, make_prior(family, rows.shape[1], density=True))
    begun: Any = start.weights, start.means, start.covariances
    if kind == "of another family":
        step, begun = replace(step, before=FULL), (start.weights, start.means, np.stack([np.eye(4)] * 3))
    elif kind == "shared out":
        begun = Penalized(family, step.prior).potentials(start)
        begun = here.statistics(begun, family.structure)
    rule = StoppingRule(interval=8, gain=1e-6)
    for ours, theirs in zip(
        there.loops([begun] * 2, step, 40, rule), here.loops([begun] * 2, step, 40, rule), strict=True
    ):
        assert_same(ours, theirs)


def test_a_start_without_a_density_is_told_beside_those_that_have_one() -> None:
    rows, _, start = make_problem(Full())
    there = folds(rows)[1]
    ones = np.stack([np.eye(4)] * 3)
    starts = [(start.weights, start.means, ones), (start.weights, start.means, -ones)]
    step = MStep(Full().structure, make_prior(Full(), 4, density=True), before=FULL)
    loops = there.loops(starts, step, 5)
    assert [(len(loop.log_likelihood), loop.ending) for loop in loops] == [
        (6, Outcome.ITERATION_LIMIT), (0, Outcome.COLLAPSED)
    ]  # fmt: skip


def test_what_is_little_work_or_of_another_kind_stays_on_the_processor() -> None:
    source = ArraySource(np.zeros((10_000, 16)))
    start = np.full(64, 1 / 64), np.zeros((64, 16)), np.zeros((64, 16, 16))
    step, usual = MStep(FULL, make_prior(Full(), 16, density=True)), search_device(16, LEAST_NUMBERS)
    assert usual.takes(source, [start], step)
    assert not usual.takes(ArraySource(np.zeros((100, 16))), [start], step)
    assert not usual.takes(source, [start], replace(step, letters="VVE"))
    assert not usual.takes(source, [start], replace(step, is_leaping=True))


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag"])
def test_a_search_makes_the_same_choices(covariance_type: str) -> None:
    rows, family = blobs(2500, 4, 3)[0], family_for(covariance_type)
    found = []
    for fold in folds(rows):
        scale = DataScale.of(fold)
        problem = Problem(fold, Penalized(family, scale.prior(family, 4)))
        search = Search(problem, scale, 4, np.random.RandomState(0), Effort(n_random=6, patience=3))
        best = search.best()
        # Of those on one optimum rounding says which is the first.
        runs = [(run.start, "met" if run.outcome in MET else str(run.outcome)) for run in search.runs]
        found.append((best, runs))
    (here, of_here), (there, of_there) = found
    assert of_there == of_here
    np.testing.assert_allclose(there.means, here.means, rtol=1e-4, atol=1e-4)


def test_kmeans_there_finds_the_clusters_of_the_processor() -> None:
    rows, structure = blobs(9000, 20, 16)[0], Diag().structure
    weights = np.random.default_rng(0).uniform(0.5, 2.0, len(rows))
    here, there = (KMeans()(fold, 20, structure, np.random.RandomState(3)) for fold in folds(rows, weights))
    np.testing.assert_allclose(there.count, here.count, rtol=1e-9)
    np.testing.assert_allclose(there.means, here.means, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(there.scatter, here.scatter, rtol=1e-7)


def test_samples_stay_there_and_those_taken_of_them_are_beside_the_same() -> None:
    there = folds(np.zeros((20, 2)))[1]
    kept = there.search_device
    assert kept is not None
    assert kept._there(there.source) is kept._there(there.source)
    for _ in range(9):
        part = there.on_rows(there.sample(np.random.RandomState(0)))
        assert part.search_device is kept
        kept._there(part.source)
    assert len(kept._samples) == 4


def test_there_is_none_beside_rows_on_a_processor() -> None:
    fold = Fold.of_rows(torch.zeros((3, 2)))
    assert fold.on_rows(fold.sample(np.random.RandomState(0))).search_device is None
    assert SearchDevice.of(Fold.of_rows(np.zeros((3, 2)))) is None
    assert times_as_fast(None) == 1.0 < times_as_fast(search_device(2))


@pytest.mark.skipif(DEVICE == "cpu", reason="needs a GPU")
def test_a_sample_of_rows_on_a_gpu_has_it_beside() -> None:
    rows = torch.zeros((3, 2), device=DEVICE)
    fold = Fold(ArraySource(rows), engine_for(rows), LocalExecutor())
    assert fold.on_rows(fold.sample(np.random.RandomState(0))).search_device is not None
