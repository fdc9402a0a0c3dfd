"""What was found, in sentences and cells of tables."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.covariance import FAMILIES
from mixfold.plotting.report.review import Review
from mixfold.plotting.report.words import (
    anomalous_rows,
    component_rows,
    constant_last,
    headline,
    lead,
    overlaps,
    shape_in_words,
    uncertain_rows,
)

MIXTURE = Mixture([0.6, 0.4], [[0.0, 0.0], [6.0, 1.0]], [np.eye(2), np.eye(2)], "full")
ROWS = np.array([[0.0, 0.0], [6.0, 1.0], [3.0, 0.5], [0.0, 9.0]])
REVIEW = Review.of(MIXTURE, ROWS)


def test_the_headline_counts_clusters() -> None:
    assert headline(MIXTURE, "my.csv", 2) == "Two clusters in my.csv"


def test_both_numbers_are_said_where_clusters_make_fewer_groups() -> None:
    assert headline(MIXTURE, "my.csv", 1) == "One group of two clusters in my.csv"
    said = lead(MIXTURE, REVIEW, 4, 1)
    assert "the 4 rows fall into 2 bell-shaped clusters. Those that belong together make one group. The largest" in said
    assert "group" not in lead(MIXTURE, REVIEW, 4, 2)


def test_the_lead_says_which_is_the_largest_and_how_sure_rows_are() -> None:
    said = lead(MIXTURE, REVIEW, 4, 2)
    assert "the 4 rows fall into 2 bell-shaped clusters" in said
    assert "The largest, cluster 0, holds 60% of the rows." in said
    assert "75% of them belong to one cluster" in said


@pytest.mark.parametrize("name", list(FAMILIES))
def test_the_name_of_every_family_is_explained(name: str) -> None:
    covariances = FAMILIES[name].shape(2, 2)
    values = np.ones(covariances) if len(covariances) < 2 or (covariances == (2, 2) and name != "tied") else None
    values = np.broadcast_to(np.eye(2), covariances) if values is None else values
    said = shape_in_words(Mixture([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], values, name))
    assert said.startswith(f"{name}: ")
    assert said.endswith(".")


def test_one_cluster_has_a_shape_that_compares_with_none() -> None:
    assert shape_in_words(Mixture([1.0], [[0.0]], [1.0], "spherical")) == ""


def test_columns_of_one_value_come_last_in_their_order() -> None:
    rows = np.array([[1.0, 5.0, 2.0, 7.0], [1.0, 6.0, 2.0, 8.0]])
    assert constant_last(rows).tolist() == [1, 3, 0, 2]


def test_a_component_is_told_by_what_is_far_from_the_mean_of_all() -> None:
    first, second = component_rows(MIXTURE, ["length", "width"], ROWS, REVIEW, np.arange(2))
    assert (first["weight"], second["weight"]) == ("60.0%", "40.0%")
    assert first["typical"] == "length low, width low"
    assert second["typical"] == "length very high"
    assert second["cells"] == ["6.00 ± 1.00", "1.00 ± 1.00"]


def test_an_uncertain_row_is_between_its_two_components() -> None:
    (line,) = uncertain_rows(np.array([2]), REVIEW, ROWS)
    assert line["row"] == 2
    assert {component for component, _ in line["between"]} == {0, 1}
    assert line["cells"] == ["3", "0.5"]


def test_an_anomalous_row_says_which_value_is_strange_and_how_far() -> None:
    (line,) = anomalous_rows(np.array([3]), MIXTURE, REVIEW, ROWS, ["length", "width"])
    assert line["component"] == 0
    assert line["distance"] == "9.0"
    assert line["strangest"] == "width: 9.0 deviations above the mean"


def test_pairs_that_share_rows_come_by_how_much_they_share() -> None:
    pairs = overlaps(REVIEW)
    assert [pair["share"] for pair in pairs] == sorted((pair["share"] for pair in pairs), reverse=True)
    assert all(pair["of"] != pair["to"] for pair in pairs)
