"""What the families of volume, shape and orientation have in common."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES, Decomposed, FactorAnalytic, Prior, Spherical
from mixfold.typing import FloatArray
from tests.decompositions import letters_of
from tests.examples import NO_PRIOR, blobs, full_statistics_of, learned

decomposed = pytest.mark.parametrize("name", [name for name in FAMILIES if isinstance(FAMILIES[name], Decomposed)])


@decomposed
def test_a_family_is_part_of_the_one_that_it_is_like(name: str) -> None:
    family = FAMILIES[name]
    assert isinstance(family, Decomposed)
    for inner, outer in zip(family.name, letters_of(family.like), strict=True):
        assert outer in {inner, "V"}


@decomposed
@pytest.mark.parametrize("d", [1, 2, 7])
def test_one_component_has_as_many_parameters_whether_parts_are_equal_or_vary(name: str, d: int) -> None:
    family = FAMILIES[name]
    varying = {"I": "diag", "E": "full", "V": "full"}[name[2]] if name != "EII" else "spherical"
    assert family.n_parameters(1, d) == FAMILIES[varying].n_parameters(1, d)


def test_rows_are_needed_for_what_is_a_components_own() -> None:
    needed = {name: FAMILIES[name].rows_needed(5) for name in ("EII", "EEV", "VEI", "VEV", "EVI", "VVE", "EVV")}
    assert needed == {"EII": 1, "EEV": 1, "VEI": 2, "VEV": 2, "EVI": 2, "VVE": 2, "EVV": 6}


def test_a_family_contains_those_that_free_no_more_of_each_part() -> None:
    within = {name: {other for other in FAMILIES if FAMILIES[name].contains(FAMILIES[other])} for name in FAMILIES}
    assert len(within["full"]) == 14  # all of mclust's
    assert within["VEE"] == {"VEE", "tied", "VEI", "EEI", "spherical", "EII"}
    assert within["EII"] == {"EII"}


def test_factor_analyzers_are_not_compared_by_letters() -> None:
    assert not FAMILIES["full"].contains(FactorAnalytic(2))


@pytest.mark.parametrize("name", ["VEE", "EVV"])
def test_units_whose_squares_lie_beyond_the_numbers_beside_each_other_change_nothing(name: str) -> None:
    family, units = FAMILIES[name], np.exp2([220.0, -320.0])
    statistics = full_statistics_of(family)
    scaled = replace(
        statistics,
        center=statistics.center * units,
        shift=statistics.shift * units,
        scatter=statistics.scatter * units * units[:, None],
    )
    expected = learned(family, statistics, NO_PRIOR) * units * units[:, None]
    np.testing.assert_allclose(learned(family, scaled, NO_PRIOR), expected, rtol=1e-12)


@decomposed
def test_engines_know_the_ten_by_their_letters_and_a_step_of_the_callers_own_by_none(name: str) -> None:
    family = FAMILIES[name]
    assert isinstance(family, Decomposed)
    assert family.kernel_letters == name
    assert not Decomposed(name, family.like, family.step).kernel_letters


def test_a_step_of_the_callers_own_is_asked_whatever_its_family_is_called() -> None:
    def wide(scatter: FloatArray, counts: FloatArray, before: FloatArray | None) -> FloatArray:
        del scatter, before
        return np.full(len(counts), 100.0)

    own = Decomposed("EII", Spherical(), wide)
    model = GaussianMixture(2, covariance_type=own, init_params="kmeans", reg_covar=0.0, random_state=0)
    np.testing.assert_allclose(model.fit(blobs(60, 2, 2)[0]).covariances_, 100.0)


@pytest.mark.parametrize("name", ["VEI", "VEE", "VEV"])
def test_a_thin_shape_that_all_components_have_is_no_components_own(name: str) -> None:
    family, thin = FAMILIES[name], np.array([1.0, 1e-3])
    covariances = np.outer([1.0, 1e-4], thin) if name == "VEI" else np.array([1.0, 1e-4])[:, None, None] * np.diag(thin)
    whitener, counts = family.whiten(covariances), np.array([50.0, 50.0])
    scale = 1e-2 * (thin if name == "VEI" else np.diag(thin))
    shares = family.prior_share(whitener, Prior(scale, 0.0), counts)
    np.testing.assert_allclose(shares, [2e-4, 2.0])  # of the volume: scale / n_k beside it
    flat = Prior(np.array([0.0, 1e-3]) if name == "VEI" else np.diag([0.0, 1e-3]), 0.0)
    np.testing.assert_allclose(family.prior_share(whitener, flat, counts)[0], 0.5 * 1e-3 / 50.0 / 1e-3)
