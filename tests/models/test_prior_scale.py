"""Conjugate priors on the scale of data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixfold.covariance import family_for
from mixfold.fold import Fold
from mixfold.models import PriorScale, ScatterPrior, StickPrior, Variational
from mixfold.models.prior_scale import SETTLED, TAUGHT_LIKENESSES, scatter_rows
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray
from tests.examples import blobs

ROWS, LABELS = blobs(200, 4, 2)


def scale_of(rows: FloatArray, covariance_type: str = "full") -> PriorScale:
    return PriorScale.of(Fold.of_rows(rows), family_for(covariance_type), StickPrior(1.0))


def sums_of(rows: FloatArray, structure: Structure) -> SufficientStatistics:
    shares = np.eye(4)[LABELS]
    return Fold.of_rows(rows).centered_moments(lambda chunk: shares[chunk.span], 4, structure)


def begun(scale: PriorScale, rows: FloatArray = ROWS) -> tuple[SufficientStatistics, Variational]:
    first = scale.first[0]
    return sums_of(rows, first.structure), first


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_it_is_that_of_all_rows(covariance_type: str) -> None:
    scale = scale_of(ROWS, covariance_type)
    expected = scale.family.structure.reduced(np.cov(ROWS.T, bias=True), 2)
    np.testing.assert_allclose(scale.covariance, expected, rtol=1e-6)
    np.testing.assert_allclose(scale.mean, np.mean(ROWS, axis=0))


def test_components_are_expected_to_have_the_size_that_a_model_says() -> None:
    model = scale_of(ROWS).model(0.1, 5.0)
    expected = model.covariance_prior / (model.degrees_of_freedom_prior - 2 - 1)  # the mean of an inverse Wishart
    np.testing.assert_allclose(expected, 0.1 * scale_of(ROWS).covariance)
    assert model.mean_precision_prior == 0.1


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_under_the_best_prior_rows_have_as_much_evidence_as_under_any(covariance_type: str) -> None:
    scale = scale_of(ROWS, covariance_type)
    sums, first = begun(scale)
    best, rows = scale.best(sums, first), first.shared(sums)
    highest = max(model.log_evidence(rows) for models in scale.models for model in models)
    assert best.log_evidence(rows) == pytest.approx(highest, abs=SETTLED)
    assert best.log_evidence(rows) > first.log_evidence(rows) + 1.0
    assert scale.best(sums, best) is best


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_under_the_best_belief_in_a_scatter_rows_have_as_much_evidence_as_under_any(covariance_type: str) -> None:
    scale = replace(scale_of(ROWS, covariance_type), learns_scatter=True)
    sums, first = begun(scale)
    best, rows = scale.best(sums, first), first.shared(sums)
    prior = ScatterPrior(scale.family.structure, scale.covariance, 2)
    precision = prior.total_precision(best.components_of(rows).whitener, 4)
    others = []
    for size in (1.0, 0.1, 0.01, 0.001):
        for likeness in TAUGHT_LIKENESSES:
            others.append(scale.model(size, likeness).log_evidence(rows))
            degrees = 2.0 + likeness
            scatter, belief = prior.learned(scatter_rows(likeness) * size, precision, 4, degrees)
            other = replace(first, covariance_prior=scatter, degrees_of_freedom_prior=degrees, scatter_belief=belief)
            others += [replace(other, mean_precision_prior=beta).log_evidence(rows) for beta in (1.0, 0.1, 0.01)]
    assert best.log_evidence(rows) > max(others) - SETTLED
    assert scale.best(sums, best) is best


def test_components_teach_the_shape_that_they_have_in_common() -> None:
    centers = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 9.0]])
    rows = centers[LABELS] + np.random.default_rng(0).normal(size=(200, 2)) * [1.0, 0.1]
    scale = replace(scale_of(rows), learns_scatter=True)
    sums, first = begun(scale, rows)
    best = scale.best(sums, first)
    before, after = np.diagonal(first.covariance_prior), np.diagonal(best.covariance_prior)
    assert before[0] / before[1] < 1.5
    assert after[0] / after[1] > 20.0


def test_what_the_caller_says_is_not_learned() -> None:
    said = replace(
        scale_of(ROWS),
        mean_precision_prior=0.5,
        degrees_of_freedom_prior=3.0,
        covariance_prior=np.eye(2),
        mean=np.zeros(2),
    )
    (first,) = said.first
    assert (first.mean_precision_prior, first.degrees_of_freedom_prior) == (0.5, 3.0)
    np.testing.assert_array_equal(first.covariance_prior, np.eye(2))
    np.testing.assert_array_equal(first.mean_prior, np.zeros(2))
    assert said.best(sums_of(ROWS, first.structure), first) is first


def test_features_that_never_vary_have_a_prior() -> None:
    rows = np.column_stack([ROWS, np.full(200, 3.0)])
    assert np.min(np.linalg.eigvalsh(scale_of(rows).covariance)) > 0.0
    assert np.min(np.linalg.eigvalsh(scale_of(np.ones((5, 2))).covariance)) > 0.0


def test_components_of_all_sizes_are_expected_to_have_less_in_common_than_their_covariance_could_have() -> None:
    random = np.random.default_rng(0)
    roots = np.exp(random.normal(size=(12, 1, 1))) * random.normal(size=(12, 2, 2))
    labels = np.repeat(np.arange(12), 200)
    centers = np.column_stack([40.0 * np.arange(12.0), np.zeros(12)])[labels]
    rows = centers + np.einsum("nij,nj->ni", roots[labels], random.normal(size=(len(labels), 2)))
    scale = scale_of(rows, "full")
    sums = Fold.of_rows(rows).centered_moments(lambda chunk: np.eye(12)[labels[chunk.span]], 12, scale.family.structure)
    best = scale.best(sums, scale.first[0])
    assert best.degrees_of_freedom_prior < 2.0 + 2.0
    assert best.log_evidence(best.shared(sums)) > scale.model(1e-4, 2.0).log_evidence(best.shared(sums))


def test_no_unit_changes_a_prior_however_small_beside_others() -> None:
    rows, units = np.random.default_rng(0).normal(size=(40, 3)), np.array([1e-9, 1.0, 1e9])
    one, other = (
        PriorScale.of(Fold.of_rows(each), family_for("full"), StickPrior(1.0)) for each in (rows, rows * units)
    )
    np.testing.assert_allclose(other.covariance / np.outer(units, units), one.covariance, rtol=1e-9, atol=1e-12)


def test_the_best_belief_in_a_scatter_does_not_depend_on_the_likeness_that_it_begins_with() -> None:
    fold, labels = Fold.of_rows(np.random.default_rng(0).normal(size=(100, 40))), np.arange(100) % 15
    scale = PriorScale.of(fold, family_for("full"), StickPrior(1.0))
    sums = fold.centered_moments(lambda rows: np.eye(15)[labels[rows.span]], 15, scale.family.structure)
    teaching = replace(scale, learns_scatter=True)
    best = [teaching.taught_by(sums, scale.model(1.0, likeness)) for likeness in (5.0, 12.0, 30.0)]
    assert np.ptp([one.log_evidence(one.shared(sums)) for one in best]) < 1.0


def test_components_of_one_shape_are_known_by_more_rows_than_any_of_them_has() -> None:
    labels = np.arange(600) % 12
    rows = 9.0 * np.column_stack(np.divmod(labels, 4)) + np.random.default_rng(0).normal(size=(600, 2))
    scale = replace(scale_of(rows), learns_scatter=True)
    shares = np.eye(12)[labels]
    sums = Fold.of_rows(rows).centered_moments(lambda chunk: shares[chunk.span], 12, scale.family.structure)
    assert scale.taught_by(sums, scale.first[0]).degrees_of_freedom_prior > 2.0 + 600 / 12
