"""Sets of rows as one vector each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from skimage.feature import fisher_vector
from sklearn.datasets import load_digits
from sklearn.mixture import GaussianMixture as ScikitLearn

from mixfold import GaussianMixture, Mixture
from mixfold.apps import fisher_vectors, statistics_vectors, supervectors
from mixfold.audio import cepstra
from mixfold.errors import InputError
from mixfold.fitting import adapt
from mixfold.mixtures import divergences, kullback_leibler
from mixfold.typing import FloatArray
from tests.examples import mixture_of
from tests.voices import synthesized


def sets_of_rows(d: int = 3) -> list[FloatArray]:
    random = np.random.default_rng(0)
    return [random.normal(size=(int(n), d)) + random.normal(size=d) for n in random.integers(5, 60, 8)]


@pytest.mark.parametrize("normalized", [False, True])
def test_vectors_are_scikit_image_s_but_for_the_sign_of_what_variances_say(normalized: bool) -> None:
    bags = sets_of_rows()
    model = ScikitLearn(4, covariance_type="diag", random_state=0).fit(np.concatenate(bags))
    found = fisher_vectors(Mixture.from_scikit_learn(model), bags, normalized=normalized)
    for vector, bag in zip(found, bags, strict=True):
        expected = fisher_vector(bag, model, improved=normalized)
        expected[4 + 12 :] *= -1.0
        np.testing.assert_allclose(vector, expected, atol=1e-9)


def test_vectors_are_the_gradient_of_the_mean_log_density() -> None:
    mixture = mixture_of("diag", 3, 2)
    rows = mixture.sample(40, random_state=0)[0] + 0.3
    means_part = fisher_vectors(mixture, [rows], normalized=False)[0, 3:9].reshape(3, 2)
    step = 1e-6
    for k in range(3):
        for j in range(2):
            moved = [mixture.means.copy() for _ in range(2)]
            moved[0][k, j] += step
            moved[1][k, j] -= step
            up, down = (
                np.mean(type(mixture)(mixture.weights, means, mixture.covariances, "diag").log_density(rows))
                for means in moved
            )
            slope = (up - down) / (2 * step) * mixture.deviations[k, j] / np.sqrt(mixture.weights[k])
            assert means_part[k, j] == pytest.approx(slope, abs=1e-5)


def test_images_are_found_by_their_patches_better_than_by_chance() -> None:
    images, kinds = load_digits(n_class=4, return_X_y=True)
    images, kinds = images[:120].reshape(-1, 8, 8), kinds[:120]
    patches = [np.lib.stride_tricks.sliding_window_view(image, (3, 3)).reshape(-1, 9) for image in images]
    model = GaussianMixture(8, covariance_type="diag", init_params="kmeans", random_state=0, max_iter=100, tol=1e-2)
    vectors = fisher_vectors(model.fit(np.concatenate(patches)).mixture_, patches)
    likeness = vectors @ vectors.T - 2.0 * np.eye(len(vectors))
    assert np.mean(kinds[np.argmax(likeness, axis=1)] == kinds) > 0.8


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical", "factor:1"])
def test_statistics_are_means_of_shares_steps_and_squares(covariance_type: str) -> None:
    mixture = mixture_of(covariance_type, 2, 3)
    for vector, rows in zip(statistics_vectors(mixture, sets_of_rows()), sets_of_rows(), strict=True):
        shares = mixture.responsibilities(rows)
        steps = [
            (rows - m) @ np.linalg.inv(np.linalg.cholesky(c)).T
            for m, c in zip(mixture.means, mixture.component_covariances, strict=True)
        ]
        np.testing.assert_allclose(vector[:2], shares.mean(axis=0), rtol=1e-10, atol=1e-14)
        means = [np.mean(shares[:, k, None] * steps[k], axis=0) for k in range(2)]
        np.testing.assert_allclose(vector[2:8], np.ravel(means), rtol=1e-8, atol=1e-10)
        matrices = [(shares[:, k] * steps[k].T) @ steps[k] / len(rows) for k in range(2)]
        if covariance_type in {"diag", "spherical"}:
            np.testing.assert_allclose(
                vector[8:], np.ravel([np.diag(each) for each in matrices]), rtol=1e-8, atol=1e-12
            )
        else:  # the scalar product of two vectors is that of the matrices
            assert vector[8:] @ vector[8:] == pytest.approx(np.sum(np.square(matrices)), rel=1e-8)
            assert len(vector) == 2 * (1 + 3 + 6)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_statistics_of_two_sets_together_are_their_mean(order: int) -> None:
    mixture, bags = mixture_of("full", 3, 3), sets_of_rows()[:2]
    one, other, both = statistics_vectors(mixture, [*bags, np.concatenate(bags)], order=order)
    lengths = [len(bag) for bag in bags]
    np.testing.assert_allclose(np.average([one, other], axis=0, weights=lengths), both, rtol=1e-8, atol=1e-12)
    assert len(both) == 3 * (1, 4, 10)[order]
    np.testing.assert_array_equal(statistics_vectors(mixture, bags, order=2)[:, : len(both)], [one, other])


def test_fisher_vectors_are_statistics_about_what_is_expected() -> None:
    mixture = mixture_of("diag", 3, 2)
    statistics = statistics_vectors(mixture, sets_of_rows(2))
    expected = statistics - np.repeat([1.0, 0.0, 1.0], [3, 6, 6]) * np.tile(np.r_[mixture.weights, np.zeros(12)], 1)
    expected[:, 9:] -= np.tile(statistics[:, :3].repeat(2, axis=1), 1)
    scale = np.concatenate([np.ones(9), np.full(6, np.sqrt(2.0))])
    scale *= np.sqrt(np.concatenate([mixture.weights, *[mixture.weights.repeat(2)] * 2]))
    found = fisher_vectors(mixture, sets_of_rows(2), normalized=False)
    np.testing.assert_allclose(found, expected / scale, atol=1e-10)


@pytest.mark.parametrize("covariance_type", ["full", "diag", "factor:1"])
def test_half_the_squared_distance_of_supervectors_bounds_the_divergence(covariance_type: str) -> None:
    mixture, bags = mixture_of(covariance_type, 3, 3), sets_of_rows()[:4]
    vectors = supervectors(mixture, bags)
    adapted = [adapt(mixture, bag) for bag in bags]
    for one in range(4):
        for other in range(4):
            bound = mixture.weights @ np.diag(divergences(adapted[one], adapted[other]))
            half = 0.5 * np.sum((vectors[one] - vectors[other]) ** 2)
            assert half == pytest.approx(bound, rel=1e-8, abs=1e-12)
            assert kullback_leibler(adapted[one], adapted[other], 100).lower <= half + 1e-12


def test_a_set_of_few_rows_has_a_short_supervector() -> None:
    mixture = mixture_of("diag", 3, 3)
    rows = mixture.sample(40, random_state=0)[0] + 0.5
    lengths = np.linalg.norm(supervectors(mixture, [rows[:1], rows, np.tile(rows, (100, 1))]), axis=1)
    assert lengths[0] < lengths[1] < lengths[2]
    (far,) = supervectors(mixture, [rows], relevance_factor=0.0)
    assert lengths[2] == pytest.approx(np.linalg.norm(far), rel=0.05)


@pytest.mark.parametrize("vectors", [fisher_vectors, statistics_vectors, supervectors])
def test_voices_are_found_by_their_cepstra(vectors: Callable[..., FloatArray]) -> None:
    bags = [cepstra(synthesized(voice, take)) for voice in range(6) for take in range(3)]
    voices = np.repeat(np.arange(6), 3)
    model = GaussianMixture(4, covariance_type="diag", init_params="kmeans", random_state=0, max_iter=20, tol=1e-2)
    found = vectors(model.fit(np.concatenate(bags[::3])).mixture_, bags)
    apart = np.linalg.norm(found[:, None] - found, axis=2)
    np.fill_diagonal(apart, np.inf)
    assert np.mean(voices[np.argmin(apart, axis=1)] == voices) > 0.6  # by chance 0.12


def test_what_has_no_vector_is_refused() -> None:
    with pytest.raises(InputError, match="must be diagonal, got 'full'"):
        fisher_vectors(mixture_of("full", 2, 2), sets_of_rows(2))
    mixture, rows = mixture_of("diag", 2, 3), sets_of_rows()[0]
    with pytest.raises(InputError, match=r"0 \(shares\), 1 \(and steps\) or 2 \(and squares\), got 3"):
        statistics_vectors(mixture, [rows], order=3)
    for vectors in (fisher_vectors, statistics_vectors, supervectors):
        with pytest.raises(InputError, match="at least one row, got none in set 1"):
            vectors(mixture, [rows, rows[:0]])


def test_no_sets_have_no_vectors() -> None:
    mixture = mixture_of("diag", 2, 3)
    assert fisher_vectors(mixture, []).shape == (0, 14)
    assert statistics_vectors(mixture, [], order=1).shape == (0, 8)
    assert supervectors(mixture, []).shape == (0, 6)
