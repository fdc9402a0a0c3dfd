"""Fisher vectors: sets of rows as one vector each."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.feature import fisher_vector
from sklearn.datasets import load_digits
from sklearn.mixture import GaussianMixture as ScikitLearn

from mixfold import GaussianMixture, Mixture
from mixfold.apps import fisher_vectors
from mixfold.errors import InputError
from tests.examples import mixture_of

RANDOM = np.random.default_rng(0)
BAGS = [RANDOM.normal(size=(int(n), 3)) + RANDOM.normal(size=3) for n in RANDOM.integers(5, 60, 8)]


@pytest.mark.parametrize("normalized", [False, True])
def test_vectors_are_scikit_image_s_but_for_the_sign_of_what_variances_say(normalized: bool) -> None:
    model = ScikitLearn(4, covariance_type="diag", random_state=0).fit(np.concatenate(BAGS))
    found = fisher_vectors(Mixture.from_scikit_learn(model), BAGS, normalized=normalized)
    for vector, bag in zip(found, BAGS, strict=True):
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
    model = GaussianMixture(8, covariance_type="diag", init_params="kmeans", random_state=0, max_iter=20, tol=1e-2)
    vectors = fisher_vectors(model.fit(np.concatenate(patches)).mixture_, patches)
    likeness = vectors @ vectors.T - 2.0 * np.eye(len(vectors))
    assert np.mean(kinds[np.argmax(likeness, axis=1)] == kinds) > 0.8


def test_what_has_no_fisher_vector_is_refused() -> None:
    with pytest.raises(InputError, match="must be diagonal, got 'full'"):
        fisher_vectors(mixture_of("full", 2, 2), BAGS)
    with pytest.raises(InputError, match="at least one row, got none in set 1"):
        fisher_vectors(mixture_of("diag", 2, 3), [BAGS[0], BAGS[0][:0]])


def test_no_sets_have_no_vectors() -> None:
    assert fisher_vectors(mixture_of("diag", 2, 3), []).shape == (0, 14)
