"""The engine for GPUs: its kernels on one where there is one, or in Triton's interpreter, which is slow (nightly).

``TRITON_INTERPRET=1 pytest tests/engines/test_triton.py`` computes on the CPU what a GPU would. On a machine with a GPU
the contract of engines runs on it, too (`library` in conftest.py).
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from mixfold import GaussianMixture, Mixture
from mixfold.engines import ArrayEngine, Assignment, TritonEngine, engine_for, to_numpy
from mixfold.engines.launch import Launch
from mixfold.engines.triton import _launches
from mixfold.potentials import Potentials
from mixfold.rows import Marks, Rows
from mixfold.structures import DIAGONAL, FULL, POOLED, SPHERICAL, Factors, Structure
from tests.contracts.test_tails_and_background import Oracle, assert_sums, opened
from tests.examples import blobs, potentials_of

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of NumPy, in which the interpreter computes
ENGINE = TritonEngine()
GROUP_ROWS, MOST_FEATURES = Launch().group_rows, Launch().most_features
IS_INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
HAS_GPU = torch.cuda.is_available() and not IS_INTERPRETED
kernels = pytest.mark.skipif(
    not HAS_GPU and not (IS_INTERPRETED and find_spec("triton")), reason="needs a GPU, or TRITON_INTERPRET=1"
)
gpu = pytest.mark.skipif(not HAS_GPU, reason="needs a GPU")
dense = [FULL, POOLED]
without_rank = [*dense, DIAGONAL, SPHERICAL]


def here(values: Any, dtype: str = "float64") -> Any:
    return torch.tensor(np.asarray(values, dtype=dtype), device="cuda" if HAS_GPU else "cpu")


def test_rows_that_are_not_on_a_gpu_are_left_to_others() -> None:
    assert not ENGINE.accepts(np.ones((2, 2)))
    assert not ENGINE.accepts(torch.ones(2, 2))
    assert not ENGINE.accepts([[1.0]])


@pytest.mark.skipif(HAS_GPU or IS_INTERPRETED, reason="here kernels can be launched")
def test_where_kernels_cannot_be_launched_one_warning_says_what_to_do() -> None:
    with pytest.warns(RuntimeWarning, match=r"Triton cannot compute on cpu.* Install a C compiler"):
        assert not _launches(torch.device("cpu"))


@kernels
def test_where_kernels_can_be_launched_nothing_is_said() -> None:
    assert _launches(here([0.0]).device)


@gpu
def test_rows_on_a_gpu_are_its_own_but_for_gradients_and_other_numbers() -> None:
    rows = here(np.ones((2, 2)))
    assert engine_for(rows) == ENGINE
    assert not ENGINE.accepts(rows.to(torch.float16))
    assert isinstance(engine_for(rows.requires_grad_()), ArrayEngine)


@kernels
@pytest.mark.parametrize("whitener", without_rank, ids=lambda s: s.name)
@pytest.mark.parametrize("structure", without_rank, ids=lambda s: s.name)
@pytest.mark.parametrize("assignment", list(Assignment))
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 2e-5)])
def test_sums_are_those_of_the_reference(
    whitener: Structure, structure: Structure, assignment: Assignment, dtype: str, tolerance: float
) -> None:
    rows, potentials = blobs(GROUP_ROWS + 77, 3, 5)[0].astype("float32"), potentials_of(whitener, 3, 5)
    weights = np.arange(len(rows)) % 3
    actual = ENGINE.statistics(Rows(here(rows, dtype), Marks(here(weights, dtype))), potentials, structure, assignment)
    expected = ArrayEngine().statistics(
        Rows(rows.astype("float64"), Marks(weights.astype("float64"))), potentials, structure, assignment
    )
    for name in ("count", "shift", "scatter", "log_likelihood", "log_best_share"):
        ours, theirs = np.asarray(getattr(actual, name)), np.asarray(getattr(expected, name))
        np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=tolerance * (1.0 + np.max(np.abs(theirs))))
    assert (actual.n_rows, actual.weight) == (expected.n_rows, expected.weight)


@kernels
@pytest.mark.parametrize("kind", ["background", "degrees", "both"])
@pytest.mark.parametrize("whitener", without_rank, ids=lambda s: s.name)
@pytest.mark.parametrize("assignment", list(Assignment))
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-5)])
def test_heavy_tails_and_a_background_are_those_of_the_definitions(
    kind: str, whitener: Structure, assignment: Assignment, dtype: str, tolerance: float
) -> None:
    rows, potentials = blobs(150, 3, 5)[0].astype("float32"), opened(potentials_of(whitener, 3, 5), kind)
    ours, weights, oracle = here(rows, dtype), np.arange(len(rows)) % 3, Oracle(rows, potentials)
    for structure in (FULL, DIAGONAL):
        actual = ENGINE.statistics(Rows(ours, Marks(here(weights, dtype))), potentials, structure, assignment)
        expected = oracle.sums(weights, structure, hard=assignment is Assignment.HARD)
        assert_sums(actual, expected, tolerance)
    said = {"scores": oracle.scores, "log_density": oracle.log_density, "responsibilities": oracle.shares}
    for name, values in said.items():
        atol = tolerance * (1.0 + np.max(np.abs(values)))
        np.testing.assert_allclose(to_numpy(getattr(ENGINE, name)(ours, potentials)), values, rtol=0.0, atol=atol)
    labels = np.where(oracle.labels < 3, oracle.labels, -1)
    np.testing.assert_array_equal(to_numpy(ENGINE.labels(ours, potentials)), labels)


@kernels
@pytest.mark.parametrize("d", [1, 16, 17, 33, MOST_FEATURES])
def test_features_of_any_number_are_padded_without_a_trace(d: int) -> None:
    rows, potentials = np.random.default_rng(d).normal(size=(130, d)), potentials_of(FULL, 2, d)
    actual = ENGINE.statistics(Rows(here(rows)), potentials, FULL)
    expected = ArrayEngine().statistics(Rows(rows), potentials, FULL)
    np.testing.assert_allclose(actual.scatter, expected.scatter, rtol=0.0, atol=1e-11 * np.max(expected.scatter))
    assert actual.log_likelihood == pytest.approx(expected.log_likelihood, rel=1e-12)


WAYS = [
    Launch(score_tile=128, score_warps=4, sum_tile=128, sum_warps=2, stages=2),
    Launch(programs=2, group_rows=512, is_late=True),
    Launch("ieee", skips=True, is_late=True),
    pytest.param(Launch("bf16x6", sum_tile=16), marks=pytest.mark.skipif(not HAS_GPU, reason="needs a GPU")),
]


@kernels
@pytest.mark.parametrize("launch", WAYS, ids=str)
@pytest.mark.parametrize("structure", without_rank, ids=lambda s: s.name)
@pytest.mark.parametrize("assignment", list(Assignment))
def test_however_kernels_are_launched_sums_are_those_of_the_reference(
    launch: Launch, structure: Structure, assignment: Assignment
) -> None:
    rows, potentials = blobs(2 * GROUP_ROWS + 77, 3, 5)[0].astype("float32"), potentials_of(structure, 3, 5)
    actual = TritonEngine(launch).statistics(Rows(here(rows, "float32")), potentials, structure, assignment)
    expected = ArrayEngine().statistics(Rows(rows.astype("float64")), potentials, structure, assignment)
    for name in ("count", "shift", "scatter", "log_likelihood"):
        ours, theirs = np.asarray(getattr(actual, name)), np.asarray(getattr(expected, name))
        np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=2e-5 * (1.0 + np.max(np.abs(theirs))))


@kernels
@pytest.mark.parametrize("structure", without_rank, ids=lambda s: s.name)
def test_kernels_may_be_asked_for_wider_rows(structure: Structure) -> None:
    launch = Launch(most_features=128, score_warps=8, sum_warps=16, sum_tile=32)
    rows, potentials = np.random.default_rng(0).normal(size=(70, 100)), potentials_of(structure, 2, 100)
    actual = TritonEngine(launch).statistics(Rows(here(rows)), potentials, structure)
    expected = ArrayEngine().statistics(Rows(rows), potentials, structure)
    np.testing.assert_allclose(actual.scatter, expected.scatter, rtol=0.0, atol=1e-11 * np.max(expected.scatter))
    assert actual.log_likelihood == pytest.approx(expected.log_likelihood, rel=1e-12)


@kernels
@pytest.mark.parametrize("structure", without_rank, ids=lambda s: s.name)
def test_tiles_without_a_share_are_left_out_to_the_same_bits(structure: Structure) -> None:
    rows, potentials = np.repeat(np.eye(3, 5) * 90.0, 300, axis=0).astype("float32"), potentials_of(structure, 3, 5)
    rows += np.random.default_rng(0).normal(size=rows.shape).astype("float32")
    potentials = Potentials(potentials.offset, np.eye(3, 5) * 90.0, potentials.whitener, structure)
    found = [
        TritonEngine(Launch(skips=skips)).statistics(Rows(here(rows, "float32")), potentials, structure)
        for skips in (False, True)
    ]
    for name in ("count", "shift", "scatter", "log_likelihood"):
        np.testing.assert_array_equal(*(np.asarray(getattr(one, name)) for one in found))


@kernels
@pytest.mark.parametrize("order", ["rows", "columns", "every other row"])
def test_rows_may_lie_in_any_order_in_memory(order: str) -> None:
    rows, potentials = np.random.default_rng(0).normal(size=(70, 3)), potentials_of(FULL, 2, 3)
    laid = {"rows": here(rows), "columns": here(rows.T.copy()).T, "every other row": here(np.repeat(rows, 2, 0))[::2]}
    expected = ENGINE.statistics(Rows(here(rows)), potentials, FULL)
    actual = ENGINE.statistics(Rows(laid[order]), potentials, FULL)
    np.testing.assert_array_equal(actual.scatter, expected.scatter)


@kernels
def test_centers_finer_than_float32_are_kept() -> None:
    potentials = Potentials(np.zeros(1), np.array([[1e6 + 0.01]]), np.array([100.0]), SPHERICAL)
    assert float(ENGINE.log_density(here([[1e6]], "float32"), potentials)[0]) == pytest.approx(-0.5, rel=1e-5)


@kernels
def test_a_component_without_weight_and_a_row_far_away_stay_finite() -> None:
    potentials = Potentials(np.array([-np.inf, 0.0]), np.zeros((2, 1)), np.ones(2), SPHERICAL)
    rows = here([[0.0], [1e200]])
    assert np.all(np.isfinite(to_numpy(ENGINE.log_density(rows, potentials))))
    np.testing.assert_array_equal(to_numpy(ENGINE.responsibilities(rows, potentials))[0], [0.0, 1.0])
    assert to_numpy(ENGINE.labels(rows, potentials))[0] == 1


@kernels
def test_factors_and_wide_rows_are_computed_by_the_array_engine() -> None:
    for potentials in (potentials_of(Factors(1), 2, 3), potentials_of(FULL, 2, MOST_FEATURES + 1)):
        rows = np.random.default_rng(0).normal(size=(20, potentials.n_features))
        actual = ENGINE.statistics(Rows(here(rows)), potentials, potentials.structure)
        expected = ArrayEngine().statistics(Rows(rows), potentials, potentials.structure)
        np.testing.assert_allclose(actual.scatter, expected.scatter, rtol=1e-9, atol=1e-9)


@gpu
def test_a_fit_on_a_gpu_is_that_on_the_cpu_and_answers_lie_there() -> None:
    X = blobs(20_000, 3, 4)[0]
    expected = GaussianMixture(3, random_state=0).fit(X)
    model = GaussianMixture(3, random_state=0).fit(here(X))
    assert model.means_.device.type == "cuda"
    np.testing.assert_allclose(to_numpy(model.means_), expected.means_, rtol=1e-8)
    assert model.lower_bound_ == pytest.approx(expected.lower_bound_, rel=1e-12)
    for question in ("predict", "predict_proba", "score_samples"):
        answer = getattr(model, question)(here(X))
        assert answer.device.type == "cuda"
        np.testing.assert_allclose(to_numpy(answer), getattr(expected, question)(X), rtol=1e-6, atol=1e-12)


@gpu
def test_a_fit_on_a_gpu_has_the_same_bits_every_time() -> None:
    X = here(blobs(300_000, 3, 4)[0], "float32")
    models = [GaussianMixture(3, random_state=0).fit(X) for _ in range(2)]
    assert models[0].mixture_ == models[1].mixture_
    assert models[0].lower_bounds_ == models[1].lower_bounds_


@gpu
def test_a_pass_takes_little_memory_above_the_rows() -> None:
    rows, potentials = here(np.ones((500_000, 8)), "float32"), potentials_of(FULL, 16, 8)
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    ENGINE.statistics(Rows(rows), potentials, FULL)
    scores = 4 * len(rows) * 16
    assert torch.cuda.max_memory_allocated() - before < 2 * scores  # differences alone would be eight times as much


@gpu
def test_densities_can_be_differentiated() -> None:
    x = here([[1.0, 2.0]]).requires_grad_()
    Mixture([1.0], [[0.0, 0.0]], [1.0], "spherical").log_density(x).sum().backward()
    np.testing.assert_allclose(to_numpy(x.grad), [[-1.0, -2.0]])
