"""What a caller asks for becomes a grid, or is refused."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import AutoGaussianMixture
from mixfold.covariance import Diag, Restricted, register
from mixfold.errors import InputError
from mixfold.estimators.grid import families_of, levels_of, refuse_unknown_families
from mixfold.typing import FloatArray
from tests.examples import blobs


def test_numbers_rise_and_come_once() -> None:
    assert levels_of([4, 2, 2, np.int64(3)]) == [2, 3, 4]
    assert levels_of(5) == [5]
    assert levels_of("auto") is None


@pytest.mark.parametrize("levels", [[], [0, 1], [1.5], 0])
def test_numbers_that_are_none_are_refused(levels: object) -> None:
    with pytest.raises(InputError, match="`n_components` must be 'auto' or whole numbers"):
        levels_of(levels)  # type: ignore[arg-type]


def test_more_numbers_than_anybody_tries_are_refused_at_once() -> None:
    with pytest.raises(InputError, match="at most 10000 numbers"):
        levels_of(range(1, 10**9))


def test_families_come_once_under_their_own_names() -> None:
    assert families_of(["full", "VVV", "tied"], 2) == ["full", "tied"]
    assert len(families_of("all", 2)) == 14


def test_with_one_feature_only_families_that_differ_take_part() -> None:
    assert families_of(["full", "tied", "diag", "EII"], 1) == ["full", "tied"]


@pytest.mark.parametrize("families", [[], ["round"], ["full", "factor:x"]])
def test_names_of_no_family_are_refused(families: list[str]) -> None:
    with pytest.raises(InputError, match="`covariance_types` must be 'all' or a list of some of"):
        refuse_unknown_families(families)


class Own(Restricted):
    """Any diagonal, in a class of somebody's own."""

    like = Diag()
    structure = like.structure

    def __init__(self, name: str) -> None:
        self.name = name

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """As of 'diag'."""
        return n_components * n_features

    def step(self, scatter: FloatArray, counts: FloatArray, before: FloatArray | None) -> FloatArray:
        """As of 'diag'."""
        del before
        return scatter / counts[:, None]


@pytest.mark.parametrize("name", ["own", "full"])
def test_a_family_that_its_name_does_not_mean_is_refused_before_any_work(name: str) -> None:
    with pytest.raises(InputError, match=rf"known by their names, .* \['{name}'\] are not.*register"):
        AutoGaussianMixture([1], covariance_types=[Own(name)]).fit(np.zeros((3, 1)))


def test_a_registered_family_takes_part_beside_the_others() -> None:
    register(Own("registered-diagonal"))
    rows, _ = blobs(240, 2, 2, separation=6.0)
    model = AutoGaussianMixture([1, 2, 3], covariance_types=[Own("registered-diagonal"), "diag"], random_state=0)
    table = {(row["n_components"], row["covariance_type"]): row["bic"] for row in model.fit(rows).results_}
    assert table[2, "registered-diagonal"] == pytest.approx(table[2, "diag"], rel=1e-4)
