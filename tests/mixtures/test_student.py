from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from mixfold.covariance import family_for
from mixfold.errors import InputError, ModelFileError
from mixfold.fold import Fold
from mixfold.mixtures import HeavyTailedMixture, Mixture, row_weights
from mixfold.models import Student, StudentParameters
from tests.examples import NO_PRIOR


@pytest.fixture
def mixture() -> HeavyTailedMixture:
    means, scales = np.array([[0.0, 0.0], [50.0, 0.0]]), np.array([[[2.0, 1.0], [1.0, 3.0]], np.eye(2)])
    parameters = StudentParameters(np.array([0.3, 0.7]), means, scales, np.array([4.0, 9.0]))
    return HeavyTailedMixture(parameters, Student(family_for("full"), NO_PRIOR))


def test_sampled_rows_have_the_tails_of_their_component(mixture: HeavyTailedMixture) -> None:
    rows, labels = mixture.sample(20_000, random_state=0)
    for k, degrees in enumerate(mixture.degrees):
        deviation = np.sqrt(mixture.parameters.covariances[k, 0, 0])
        standardized = (rows[labels == k, 0] - mixture.parameters.means[k, 0]) / deviation
        assert stats.kstest(standardized, stats.t(degrees).cdf).pvalue > 0.001


def test_as_many_rows_are_sampled_as_asked_for_and_no_part_of_one(mixture: HeavyTailedMixture) -> None:
    assert mixture.sample(7, random_state=0)[0].shape == (7, 2)
    with pytest.raises(InputError, match="whole number of at least 1, got 2.5"):
        mixture.sample(2.5)


def test_a_row_counts_less_the_farther_it_is(mixture: HeavyTailedMixture) -> None:
    rows = np.array([[50.0, 0.0], [50.0, 5.0], [50.0, 500.0]])
    weights = row_weights(Fold.of_rows(rows), mixture.potentials)
    np.testing.assert_allclose(weights[:2], [11.0 / 9.0, 11.0 / (9.0 + 25.0)], rtol=1e-4)
    assert weights[2] < 1e-3


def test_degrees_that_were_learned_are_counted_and_told(mixture: HeavyTailedMixture) -> None:
    assert mixture.n_parameters == 1 + 4 + 6 + 2
    assert mixture.summary().splitlines()[-1] == "degrees of freedom: 4.0, 9.0"


def test_marginals_have_the_density_of_some_features(mixture: HeavyTailedMixture) -> None:
    marginal = mixture.marginal([1])
    rows = np.linspace(-4.0, 4.0, 9)
    density = sum(
        weight * stats.t(degrees, mean[1], np.sqrt(scale[1, 1])).pdf(rows)
        for weight, mean, scale, degrees in zip(
            mixture.parameters.weights,
            mixture.parameters.means,
            mixture.parameters.covariances,
            mixture.degrees,
            strict=True,
        )
    )
    said = Fold.of_rows(rows[:, None]).log_density(marginal.potentials)
    np.testing.assert_allclose(np.exp(said), density, rtol=1e-12)


@pytest.mark.parametrize("suffix", ["json", "npz", "safetensors"])
def test_a_saved_one_is_read_again(mixture: HeavyTailedMixture, suffix: str, tmp_path: Path) -> None:
    mixture.save(tmp_path / f"model.{suffix}")
    again = HeavyTailedMixture.load(tmp_path / f"model.{suffix}")
    rows = mixture.sample(50, random_state=0)[0]
    for name in ("log_density", "responsibilities"):
        one, other = (getattr(Fold.of_rows(rows), name)(each.potentials) for each in (mixture, again))
        np.testing.assert_array_equal(one, other)
    assert again.n_parameters == mixture.n_parameters


def test_files_of_other_mixtures_are_refused(mixture: HeavyTailedMixture, tmp_path: Path) -> None:
    Mixture([1.0], [[0.0]], [1.0], "spherical").save(tmp_path / "gaussian.json")
    with pytest.raises(ModelFileError, match="gaussian"):
        HeavyTailedMixture.load(tmp_path / "gaussian.json")
    document = mixture.to_document({})
    document.arrays["degrees"][0] = -1.0
    with pytest.raises(ModelFileError, match="must describe heavy tails"):
        HeavyTailedMixture.from_document(document, "damaged.json")
