"""A cell says what became of it, is ranked by what counts, and comes back from a file as it was."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from mixfold import AutoGaussianMixture
from mixfold.datasets import load_faithful
from mixfold.fitting import Outcome
from mixfold.search.criteria import Evidence
from mixfold.search.grid_model import GridModel
from tests.examples import mixture_of

EVIDENCE = Evidence(log_likelihood=-100.0, n_parameters=5, n_rows=50.0)


def cell_of(log_likelihood: float = -100.0, n_parameters: int = 5, outcome: Outcome = Outcome.CONVERGED) -> GridModel:
    evidence = replace(EVIDENCE, log_likelihood=log_likelihood, n_parameters=n_parameters)
    return GridModel(2, "full", outcome, outcome.value, mixture_of(n_components=2).parameters, evidence)


def test_the_smaller_criterion_comes_first() -> None:
    assert cell_of(-90.0).rank("bic") < cell_of(-100.0).rank("bic")
    assert cell_of(n_parameters=4).rank("aic") < cell_of(n_parameters=5).rank("aic")


def test_what_differs_by_rounding_ranks_the_same_and_then_fewer_parameters_come_first() -> None:
    assert cell_of(-100.0).rank("bic") == cell_of(-100.0 - 1e-9).rank("bic")
    fewer = cell_of(-100.0 - 0.5 * math.log(50.0), n_parameters=4)
    assert fewer.value("bic") == pytest.approx(cell_of().value("bic"))
    assert fewer.rank("bic") < cell_of().rank("bic")


@pytest.mark.parametrize("outcome", [Outcome.FEW_ROWS, Outcome.DEGENERATE])
def test_flawed_cells_come_after_all_that_are_sound(outcome: Outcome) -> None:
    assert cell_of(-1e6).rank("bic") < cell_of(0.0, outcome=outcome).rank("bic")


def test_a_cell_without_answer_comes_last_and_has_no_numbers() -> None:
    failed = GridModel(2, "full", Outcome.COLLAPSED, Outcome.COLLAPSED.value)
    assert failed.rank("bic") > cell_of(-1e6, outcome=Outcome.FEW_ROWS).rank("bic")
    row = failed.record("bic")
    assert math.isnan(row["bic"])
    assert math.isnan(row["log_likelihood"])
    assert (row["outcome"], row["reason"]) == ("collapsed", Outcome.COLLAPSED.value)


def test_only_what_time_ended_could_come_out_otherwise() -> None:
    unfinished = [outcome for outcome in Outcome if not cell_of(outcome=outcome).is_finished]
    assert unfinished == [Outcome.TIME_LIMIT]


def test_a_cell_comes_back_from_what_is_stored_of_it() -> None:
    model = AutoGaussianMixture([1, 2, 3, 4], covariance_types=["full", "diag"], random_state=0).fit(
        load_faithful().data
    )
    for cell in (*model.grid_models_, GridModel(3, "VVE", Outcome.SKIPPED, "Not tried.")):
        back = GridModel.restored(*cell.stored())
        assert repr(back.record("bic")) == repr(cell.record("bic"))  # numbers that are none are equal so
        assert back.reach == cell.reach
        for then, now in zip(cell.climbs, back.climbs, strict=True):
            assert (now.start, now.outcome) == (then.start, then.outcome)
            assert [one.objective for one in now.history] == [one.objective for one in then.history]
        assert (back.parameters is None) == (cell.parameters is None)
        if cell.parameters is not None:
            np.testing.assert_array_equal(back.parameters.covariances, cell.parameters.covariances)
