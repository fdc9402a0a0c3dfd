"""A start of any family is where EM in another one may begin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mixfold.errors import CollapseError
from mixfold.fitting import Elsewhere
from mixfold.search.start import Start
from mixfold.search.trajectory import begun
from tests.search.problems import three_blobs, true_components


def test_rows_are_shared_out_to_another_family_by_its_own_step() -> None:
    tied = three_blobs("tied")
    start = Start("truth", true_components(tied), tied.sample.family)
    elsewhere = start.under(tied.problem)
    assert isinstance(elsewhere, Elsewhere)
    ((trajectory,), failed) = begun(tied.problem, [start], 0)
    parameters = elsewhere.under(tied.problem)
    np.testing.assert_allclose(trajectory.point.parameters.covariances, parameters.covariances, rtol=1e-9)
    assert not failed


def test_a_start_without_a_density_in_its_own_family_is_told() -> None:
    tied = three_blobs("tied")
    components = true_components(tied)
    broken = replace(components, covariances=-components.covariances)
    trajectories, ((start, error),) = begun(tied.problem, [Start("broken", broken, tied.sample.family)], 2)
    assert not trajectories
    assert start.name == "broken"
    assert isinstance(error, CollapseError)


def test_starts_of_several_families_are_begun_together_in_their_order() -> None:
    tied = three_blobs("tied")
    full = Start("full", true_components(tied), tied.sample.family)
    own = Start("own", full.under(tied.problem).under(tied.problem), tied.problem.model.family)
    names = [one.name for one in begun(tied.problem, [full, own, full], 3)[0]]
    assert names == ["full", "own", "full"]


def test_a_start_of_the_family_itself_is_taken_as_it_is() -> None:
    search = three_blobs("full")
    components = true_components(search)
    assert Start("truth", components, search.sample.family).under(search.problem) is components
