"""How kernels for GPUs are launched, and what they need."""

from __future__ import annotations

import pytest

from mixfold.engines.launch import Launch, lacks_of, n_processors


def test_what_kernels_lack_is_said_with_what_to_do() -> None:
    assert lacks_of((7, 5), has_triton=True).startswith("its compute capability is (7, 5), below (8, 0).")
    assert "Install the Triton" in lacks_of((9, 0), has_triton=False)
    assert lacks_of((8, 0), has_triton=True) == ""


def test_what_is_not_said_depends_on_what_a_program_holds() -> None:
    usual = Launch()
    assert usual.of_scores(64) == (64, 4)
    assert [usual.of_sums(16, 4, is_matrix=is_matrix) for is_matrix in (False, True)] == [(64, 1), (64, 1)]
    assert [usual.of_sums(64, 8, is_matrix=is_matrix) for is_matrix in (False, True)] == [(32, 1), (32, 4)]
    given = Launch(score_tile=128, score_warps=8, sum_tile=16, sum_warps=2)
    assert (given.of_scores(64), given.of_sums(64, 8, is_matrix=True)) == ((128, 8), (16, 2))


def test_an_interpreter_has_a_few_processors() -> None:
    assert n_processors(pytest.importorskip("torch").device("cpu")) == 4
