"""A start of any family is where EM in another one may begin."""

from __future__ import annotations

from dataclasses import replace

from mixfold.errors import CollapseError
from mixfold.parameters import Parameters
from mixfold.search.start import Start
from tests.search.problems import three_blobs, true_components


def test_rows_are_shared_out_to_another_family_by_its_own_step() -> None:
    tied = three_blobs("tied")
    components = true_components(tied)
    parameters = Start("truth", components, tied.sample.family).under(tied.problem)
    assert isinstance(parameters, Parameters)
    assert parameters.covariances.shape == tied.problem.model.family.shape(3, components.means.shape[1])
    broken = replace(components, covariances=-components.covariances)
    assert isinstance(Start("broken", broken, tied.sample.family).under(tied.problem), CollapseError)


def test_a_start_of_the_family_itself_is_taken_as_it_is() -> None:
    search = three_blobs("full")
    components = true_components(search)
    assert Start("truth", components, search.sample.family).under(search.problem) is components
