"""The ceiling of a sweep is the largest number of components that may be an answer."""

from __future__ import annotations

import pytest

from mixfold.covariance import family_for
from mixfold.parameters import n_free_parameters
from mixfold.search.ceiling import most_components


@pytest.mark.parametrize(
    ("n", "d", "name"), [(57, 1, "EII"), (57, 8, "EII"), (60, 8, "full"), (57, 18, "EEE"), (3, 8, "EII")]
)
def test_a_sweep_goes_up_to_a_fifth_of_the_rows_and_to_fewer_parameters_than_rows(n: int, d: int, name: str) -> None:
    def is_answer(k: int) -> bool:
        return k == 1 or (5 * k <= n and n_free_parameters(family_for(name), k, d) < n)

    assert most_components(n, d, [name]) == max(k for k in range(1, n + 1) if is_answer(k))


def test_one_family_that_has_fewer_parameters_than_rows_is_enough() -> None:
    assert most_components(60, 8, ["full", "EII"]) == most_components(60, 8, ["EII"]) > most_components(60, 8, ["full"])


def test_of_fewer_rows_than_directions_need_a_fifth_may_be_components_of_independent_features() -> None:
    assert most_components(60, 40, ["EII"]) == most_components(60, 40, ["full", "diag"]) == 60 // 5
    assert most_components(60, 40, ["full", "tied"]) == 1
