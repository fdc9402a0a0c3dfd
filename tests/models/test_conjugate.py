"""Which components have a conjugate prior, and what is said of those that have none."""

from __future__ import annotations

import pytest

from mixfold.covariance import ALIASES, FAMILIES
from mixfold.errors import InputError
from mixfold.models import CONJUGATE, conjugate_family


@pytest.mark.parametrize("name", [*CONJUGATE, *ALIASES])
def test_families_of_scikit_learn_have_one_under_both_their_names(name: str) -> None:
    assert conjugate_family(name).name in CONJUGATE


@pytest.mark.parametrize("name", [*sorted({*FAMILIES} - {*CONJUGATE}), "factor:2", "factor:2:shared"])
def test_others_are_refused_with_the_reason_and_with_what_fits_them(name: str) -> None:
    with pytest.raises(InputError, match=rf"got '{name}'. Under others .* no conjugate prior.*`GaussianMixture` fits"):
        conjugate_family(name)


@pytest.mark.parametrize("name", ["t", "student", "Student-t", "student_t"])
def test_heavy_tails_are_refused_with_the_reason_and_with_what_fits_them(name: str) -> None:
    with pytest.raises(InputError, match=rf"got '{name}'. Student-t components have no conjugate .*`StudentMixture` "):
        conjugate_family(name)


def test_of_a_name_that_is_mistyped_those_are_listed_that_work_and_no_others() -> None:
    with pytest.raises(InputError, match="must be of full, tied, diag, spherical, EEI, EII .*got 'ful'") as refused:
        conjugate_family("ful")
    assert not any(name in str(refused.value) for name in {*FAMILIES} - {*CONJUGATE})
