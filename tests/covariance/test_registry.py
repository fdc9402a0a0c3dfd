"""Names of covariance families."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import GaussianMixture, Mixture
from mixfold.covariance import ALIASES, FAMILIES, Diag, FactorAnalytic, family_for, is_family, register, registry
from mixfold.errors import InputError
from mixfold.typing import FloatArray

MCLUST = ["EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV"]


def test_the_fourteen_of_mclust_are_fourteen_families() -> None:
    assert len({family_for(name).name for name in MCLUST} & set(FAMILIES)) == 14


@pytest.mark.parametrize("name", [*FAMILIES, *ALIASES])
def test_a_name_means_one_registered_family(name: str) -> None:
    assert family_for(name) is FAMILIES[ALIASES.get(name, name)]


@pytest.mark.parametrize("family", [FactorAnalytic(1), FactorAnalytic(12, shared=True)])
def test_a_factor_analytic_family_is_itself_and_what_its_name_means(family: FactorAnalytic) -> None:
    assert family_for(family) is family
    assert family_for(family.name) == family
    assert is_family(family)
    assert is_family(family.name)


@pytest.mark.parametrize("name", ["round", "vvv", "", 3, None, ["full"], "factor", "factor:0", "factor:2:own"])
def test_what_is_no_name_is_refused(name: object) -> None:
    with pytest.raises(InputError, match="`covariance_type` must be one of .*'VVE'.*'VVV'"):
        family_for(name)  # type: ignore[arg-type]


def test_a_registered_family_is_known_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_REGISTERED", {})
    family = _named("axes")
    assert not is_family("axes")
    register(family)
    assert is_family("axes")
    assert family_for("axes") is family
    assert "axes" not in FAMILIES  # which searches go through
    with pytest.raises(InputError, match="'axes'"):
        family_for("axis")


@pytest.mark.parametrize("name", ["full", "VVV", "factor:3"])
def test_a_name_of_the_library_s_own_is_not_given_to_another_family(name: str) -> None:
    with pytest.raises(InputError, match=f"must have a name of its own, got '{name}'"):
        register(_named(name))


def _named(name: str) -> Diag:
    family = Diag()
    family.name = name
    return family


@pytest.mark.parametrize(("mclust", "scikit_learn"), ALIASES.items())
def test_two_names_give_one_fit(mclust: str, scikit_learn: str, faithful: FloatArray) -> None:
    fits = [
        GaussianMixture(2, covariance_type=name, init_params="kmeans", random_state=0).fit(faithful)
        for name in (mclust, scikit_learn)
    ]
    assert fits[0].mixture_ == fits[1].mixture_
    np.testing.assert_array_equal(fits[0].covariances_, fits[1].covariances_)
    fits[0].set_params(warm_start=True).fit(faithful)
    assert Mixture([1.0], [[0.0]], [[1.0]], "VVI") == Mixture([1.0], [[0.0]], [[1.0]], "diag")
