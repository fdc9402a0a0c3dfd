"""What engines are told of the step in their loops."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import FAMILIES, Prior, family_for
from mixfold.models import KernelStep, Penalized
from tests.examples import NO_PRIOR


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_scikit_learns_four_families_have_one(covariance_type: str) -> None:
    family = FAMILIES[covariance_type]
    assert Penalized(family, NO_PRIOR).kernel == KernelStep(family, NO_PRIOR)
    assert KernelStep(family, NO_PRIOR).m_step().structure is family.structure
    assert not KernelStep(family, NO_PRIOR).m_step().letters


@pytest.mark.parametrize("covariance_type", [name for name, family in FAMILIES.items() if not family.has_plain_step])
def test_those_that_restrict_more_have_one_by_their_letters(covariance_type: str) -> None:
    assert Penalized(FAMILIES[covariance_type], NO_PRIOR).kernel.m_step().letters == covariance_type


def test_a_family_that_no_engine_knows_has_none() -> None:
    assert Penalized(family_for("factor:1"), NO_PRIOR).kernel is None


def test_the_constant_of_no_density_is_zero() -> None:
    assert KernelStep(FAMILIES["diag"], Prior.from_ridge(1e-3)).log_prior_constant(3, 2) == 0.0


def test_the_constant_is_the_largest_log_prior() -> None:
    prior = Prior.from_rows(2.0, np.array([3.0]))  # for each of 2 components -1/2 [2 + 2 log 3] at variance 3
    assert KernelStep(FAMILIES["diag"], prior).log_prior_constant(2, 1) == pytest.approx(-(2.0 + 2.0 * np.log(3.0)))


def test_each_number_of_components_has_its_own_constant() -> None:
    step = KernelStep(FAMILIES["diag"], Prior.from_rows(2.0, np.array([3.0])))
    assert [step.log_prior_constant(k, 1) for k in (2, 4)] == pytest.approx(
        [-(2.0 + 2.0 * np.log(3.0)) * k / 2.0 for k in (2, 4)]
    )
