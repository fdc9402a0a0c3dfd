"""Criteria have the values of their formulas, and of other programs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.mixture import GaussianMixture as Other

from mixfold.search import CRITERIA
from mixfold.search.criteria import Evidence


def test_bic_and_aic_are_scikit_learns() -> None:
    rows = load_iris().data
    other = Other(3, random_state=0).fit(rows)
    evidence = Evidence(other.score(rows) * len(rows), other._n_parameters(), len(rows))
    assert CRITERIA["bic"](evidence) == pytest.approx(other.bic(rows), rel=1e-12)
    assert CRITERIA["aic"](evidence) == pytest.approx(other.aic(rows), rel=1e-12)


def test_bic_is_mclusts_with_the_other_sign() -> None:
    """Scrucca et al. (2016), The R Journal 8(1), section 'Clustering': faithful, EEE, 3 components."""
    evidence = Evidence(-1126.326, 11, 272)
    assert CRITERIA["bic"](evidence) == pytest.approx(2314.316, abs=2e-3)


def test_icl_is_bic_where_every_row_surely_belongs_to_a_component() -> None:
    assert CRITERIA["icl"](Evidence(-100.0, 5, 50)) == CRITERIA["bic"](Evidence(-100.0, 5, 50))
    assert CRITERIA["icl"](Evidence(-100.0, 5, 50, -2.0)) == CRITERIA["bic"](Evidence(-100.0, 5, 50)) + 4.0


def test_the_corrected_aic_approaches_aic_with_many_rows() -> None:
    assert CRITERIA["aicc"](Evidence(-100.0, 5, 1e9)) == pytest.approx(CRITERIA["aic"](Evidence(-100.0, 5, 1e9)))
    assert CRITERIA["aicc"](Evidence(-100.0, 5, 6)) == math.inf


@pytest.mark.parametrize("name", sorted(CRITERIA))
def test_a_better_fit_of_the_same_size_is_smaller(name: str) -> None:
    worse, better = (Evidence(value, 4, 100, -1.0, value - 5.0) for value in (-200.0, -190.0))
    assert CRITERIA[name](better) < CRITERIA[name](worse)


@pytest.mark.parametrize("name", sorted(set(CRITERIA) - {"held_out"}))
def test_more_parameters_for_the_same_fit_are_larger(name: str) -> None:
    values = [CRITERIA[name](Evidence(-200.0, p, 100)) for p in (3, 5, 9)]
    assert np.all(np.diff(values) > 0.0)
