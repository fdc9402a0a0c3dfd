"""What the native engine accepts and refuses, and which instruction set it runs on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mixfold.engines import kernels
from mixfold.engines.native import NativeEngine
from mixfold.rows import Marks, Rows
from mixfold.structures import FULL
from tests.engines.oracle import make_potentials, make_rows

pytestmark = pytest.mark.skipif(not kernels.NATIVE_AVAILABLE, reason="built without the native kernels")

INSTRUCTION_SETS = kernels.available_instruction_sets()
ENGINE = NativeEngine()


@pytest.mark.parametrize(
    ("rows", "accepted"),
    [
        (np.zeros((2, 2)), True),
        (np.zeros((2, 2), "float32"), True),
        (np.zeros((2, 2), "int64"), False),
        (np.zeros((2, 2), ">f8"), False),
        (np.zeros(2), False),
        ([[0.0, 1.0]], False),
    ],
)
def test_only_matrices_of_floating_numbers_of_this_machine_are_accepted(rows: object, accepted: bool) -> None:
    assert ENGINE.accepts(rows) is accepted


def test_rows_of_another_number_of_features_are_refused() -> None:
    with pytest.raises(ValueError, match=r"center must be C-contiguous, aligned and of shape \(2, 4, \)"):
        ENGINE.labels(np.zeros((5, 4)), make_potentials(2, 3, FULL))


def test_weights_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="weights must be"):
        ENGINE.statistics(Rows(np.zeros((5, 3)), Marks(np.ones(4))), make_potentials(2, 3, FULL), FULL)


LACKING = sorted({"x86_64_v2", "x86_64_v3", "x86_64_v4", "portable"} - set(INSTRUCTION_SETS))


@pytest.mark.parametrize("name", ["abacus", *LACKING])
def test_an_instruction_set_that_is_unknown_or_lacking_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must be one of"):
        kernels.select_instruction_set(name)


@pytest.mark.nightly
@pytest.mark.parametrize("name", LACKING)
def test_the_environment_is_told_of_an_instruction_set_that_is_lacking_what_there_is(name: str) -> None:
    command = "import mixfold.engines.native"
    environment = {**os.environ, kernels.INSTRUCTION_SET_VARIABLE: name}
    ended = subprocess.run(
        [sys.executable, "-c", command], check=False, env=environment, capture_output=True, text=True
    )
    assert ended.returncode != 0
    assert f'must be one of {", ".join(INSTRUCTION_SETS)}, got "{name}"' in ended.stderr


@pytest.mark.parametrize("name", [pytest.param("", marks=pytest.mark.nightly), "abacus"])
def test_a_command_with_an_instruction_set_that_is_none_ends_with_one_line(name: str, tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).normal(size=(20, 2)))
    command = [sys.executable, "-m", "mixfold", "fit", tmp_path / "rows.npy", "-k", "1", "--out", tmp_path / "o"]
    environment = {**os.environ, kernels.INSTRUCTION_SET_VARIABLE: name}
    ended = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stderr.startswith("Error: The instruction set must be one of")
    assert ended.stderr.count("\n") == 1


def test_rows_that_lie_further_apart_than_32_bits_count_are_read_where_they_are(tmp_path: Path) -> None:
    # A file with holes: 9 GiB by its length, a few pages in truth.
    apart, d = 3 * 2**30, 3
    values = np.memmap(tmp_path / "holes", dtype="float32", mode="w+", shape=(3 * apart // 4 + d,))
    rows = np.lib.stride_tricks.as_strided(values, shape=(4, d), strides=(apart, 4))
    rows[:] = make_rows(4, d, "float32")
    potentials = make_potentials(2, d, FULL)
    near = ENGINE.statistics(Rows(rows.copy()), potentials, FULL)
    far = ENGINE.statistics(Rows(rows), potentials, FULL)
    assert far.scatter.tobytes() == near.scatter.tobytes()
    np.testing.assert_array_equal(ENGINE.labels(rows, potentials), ENGINE.labels(rows.copy(), potentials))


def test_more_rows_than_32_bits_count_are_refused_in_one_call() -> None:
    rows = np.broadcast_to(np.zeros((1, 1)), (2**32, 1))
    with pytest.raises(ValueError, match="fewer than 2\\^32 in one call, got 4294967296. Pass them in chunks"):
        ENGINE.statistics(Rows(rows), make_potentials(1, 1, FULL), FULL)


def test_the_environment_chooses_the_instruction_set() -> None:
    lowest = kernels.available_instruction_sets()[-1]
    command = "from mixfold.engines import kernels; print(kernels.instruction_set())"
    environment = {**os.environ, kernels.INSTRUCTION_SET_VARIABLE: lowest}
    output = subprocess.run(
        [sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=True
    )
    assert output.stdout.strip() == lowest
