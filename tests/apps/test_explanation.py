"""The distance of a row is shared out fairly."""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.apps.explanation import explain
from tests.examples import blobs, mixture_of


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_contributions_sum_to_the_squared_mahalanobis_distance_of_the_most_probable_component(covariance_type) -> None:
    mixture, (rows, _) = mixture_of(covariance_type, n_features=3), blobs(n_features=3, seed=5)
    explanation = explain(mixture, rows)
    np.testing.assert_array_equal(explanation.component, mixture.responsibilities(rows).argmax(axis=1))
    for row, component, distance, shares in zip(
        rows, explanation.component, explanation.distance, explanation.contributions, strict=True
    ):
        delta = row - mixture.means[component]
        expected = delta @ np.linalg.solve(mixture.component_covariances[component], delta)
        assert distance == pytest.approx(expected)
        assert shares.sum() == pytest.approx(expected)


def test_contributions_are_the_shapley_values_by_their_definition() -> None:
    d = 4
    mixture, rows = mixture_of("full", n_components=1, n_features=d), blobs(5, n_features=d, seed=3)[0]
    precision = np.linalg.inv(mixture.component_covariances[0])
    for row, shares in zip(rows, explain(mixture, rows).contributions, strict=True):
        delta = row - mixture.means[0]

        def worth(coalition, delta=delta):
            kept = np.where(np.isin(np.arange(d), coalition), delta, 0.0)
            return kept @ precision @ kept

        for feature in range(d):
            others = [other for other in range(d) if other != feature]
            value = sum(
                factorial(size) * factorial(d - size - 1) / factorial(d) * (worth((*few, feature)) - worth(few))
                for size in range(d)
                for few in combinations(others, size)
            )
            assert shares[feature] == pytest.approx(value)


def test_what_was_expected_of_a_feature_is_its_conditional_distribution() -> None:
    mixture, rows = mixture_of("full", n_components=1, n_features=3), blobs(6, n_features=3, seed=4)[0]
    explanation = explain(mixture, rows)
    for position, row in enumerate(rows):
        conditional = mixture.conditional({0: row[0], 2: row[2]})
        assert explanation.expected[position, 1] == pytest.approx(conditional.means[0, 0])
        assert explanation.deviation[position, 1] ** 2 == pytest.approx(conditional.covariances[0, 0, 0])


def test_the_feature_that_breaks_a_correlation_is_named() -> None:
    together = np.full((3, 3), 0.95) + 0.05 * np.eye(3)
    mixture = Mixture([1.0], [[0.0, 0.0, 0.0]], [together])
    assert explain(mixture, np.array([[1.0, 1.0, -1.0], [-1.0, 1.0, 1.0]])).feature.tolist() == [2, 0]
