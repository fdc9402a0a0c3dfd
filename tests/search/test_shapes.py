"""Pieces of one shape are told from clusters by their form, by what follows what, and by gaps that are missing."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.search.shapes import PIECES, Shapes, connected, discriminant, in_common_shape, near
from mixfold.search.unimodality import p_value_of_excess


def strip(n_pieces: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Rows along a bent strip, each surely of one of some pieces that follow each other."""
    along = np.linspace(0.0, 10.0 * n_pieces, n)
    rows = np.column_stack([along, np.sin(along / 9.0) + 0.2 * np.random.default_rng(0).normal(size=n)])
    return rows, np.eye(n_pieces)[np.minimum(np.arange(n) * n_pieces // n, n_pieces - 1)]


@pytest.mark.parametrize("n_pieces", [PIECES - 1, PIECES, 6])
def test_pieces_follow_each_other_from_four_on(n_pieces: int) -> None:
    rows, shares = strip(n_pieces)
    links = Shapes.of(rows, shares, np.ones(len(rows))).links
    assert links == ([(i, i + 1) for i in range(n_pieces - 1)] if n_pieces >= PIECES else [])


def test_curves_alone_are_followed_alike_and_no_component_is_called_a_piece() -> None:
    rows, shares = strip(6)
    flat = np.concatenate([rows, np.random.default_rng(0).uniform(20.0, 40.0, (400, 2))])
    both, ones = np.block([[shares, np.zeros((400, 1))], [np.zeros((400, 6)), np.ones((400, 1))]]), np.ones(800)
    whole, curves = Shapes.of(flat, both, ones), Shapes.of_curves(flat, both, ones)
    assert curves.links == whole.links != []
    assert np.any(whole.is_piece)
    assert not np.any(curves.is_piece)


def test_a_curve_is_cut_where_a_gap_is_clear() -> None:
    turn = np.linspace(0.0, 4.5, 400)
    turn[200:] += 0.5
    rows = np.column_stack([np.cos(turn), np.sin(turn)]) + 0.02 * np.random.default_rng(0).normal(size=(400, 2))
    links = Shapes.of(rows, np.eye(8)[np.arange(400) // 50], np.ones(400)).links
    assert (3, 4) not in links
    assert len(links) == 6


def test_few_rows_between_clusters_are_no_piece_of_a_curve() -> None:
    rows, shares = strip(5)
    kept = np.concatenate([np.arange(160), np.arange(160, 240, 10), np.arange(240, 400)])
    links = Shapes.of(rows[kept], shares[kept], np.ones(len(kept))).links
    assert links == []


def test_parallel_strips_do_not_follow_each_other() -> None:
    rows, shares = strip(4)
    both = np.concatenate([rows, rows + np.array([0.0, 3.0])])
    links = Shapes.of(both, np.kron(np.eye(2), shares), np.ones(800)).links
    assert links == [(0, 1), (1, 2), (2, 3), (4, 5), (5, 6), (6, 7)]


@pytest.mark.parametrize("n_few", [1, 3])
def test_where_most_components_that_touch_are_not_gaussian_all_are_pieces(n_few: int) -> None:
    # Cells of a flat strip, some of so few rows that each alone could be a Gaussian.
    random = np.random.default_rng(0)
    counts = np.repeat([300, 20], [5 - n_few, n_few])
    rows = np.concatenate([place + random.uniform(size=(n, 1)) for place, n in enumerate(counts)])
    distances = (rows - (np.arange(5) + 0.5)) ** 2
    shares = np.exp(-30.0 * (distances - np.min(distances, axis=1, keepdims=True)))
    shapes = Shapes.of(rows, shares / np.sum(shares, axis=1, keepdims=True), np.ones(len(rows)))
    assert np.sum(shapes.is_piece) == (5 if n_few == 1 else 2)


def spirals(n_pieces: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Rows along two spirals, one in the other, each cut into pieces."""
    along = np.linspace(1.0, 4.0, n)
    turn = 2.0 * np.pi * along
    one = np.column_stack([along * np.cos(turn), along * np.sin(turn)])
    rows = np.concatenate([one, -one]) + 0.03 * np.random.default_rng(0).normal(size=(2 * n, 2))
    return rows, np.kron(np.eye(2), np.eye(n_pieces)[np.arange(n) * n_pieces // n])


def test_pieces_without_thickness_follow_each_other_along_the_curve() -> None:
    # The direction that parts them best is across the curve, where their rows lie in two places.
    turn = np.linspace(0.0, 6.0, 600)
    rows = np.column_stack([turn, np.sin(turn), np.cos(turn)])
    shares = np.eye(12)[np.arange(600) // 50]
    links = Shapes.of(rows, shares, np.ones(600)).links
    assert links == [(i, i + 1) for i in range(11)]


def test_curves_stay_apart_though_their_rows_as_a_whole_have_one_mode() -> None:
    rows, shares = spirals(30)
    shapes = Shapes.of(rows, shares, np.ones(len(rows)))
    groups = np.repeat([0, 1], 30)
    assert shapes.excess(np.arange(30), np.arange(30, 60)) < 0.0
    assert shapes.one_mode(groups) is None


@pytest.mark.parametrize("matrix", [np.diag([1e-6, 1e6]), np.array([[1.0, 9.0], [0.0, 0.1]])])
def test_no_unit_and_no_invertible_matrix_changes_what_belongs_together(matrix: np.ndarray) -> None:
    random = np.random.default_rng(1)
    bent, shares = spirals(30)
    rows = np.concatenate([bent, random.exponential(1.0, (300, 2)) - 6.0])
    shares = np.pad(shares, ((0, 300), (0, 1)))
    shares[800:, 60] = 1.0
    before, after = (Shapes.of(some, shares, np.ones(1100)) for some in (rows, rows @ matrix))
    assert before.links
    assert after.links == before.links
    assert before.is_piece[60]
    np.testing.assert_array_equal(after.is_piece, before.is_piece)
    all_but_one, one = np.arange(60), np.array([60])
    assert after.excess(all_but_one, one) == pytest.approx(before.excess(all_but_one, one))


def test_the_p_value_between_parts_of_a_curve_is_that_where_they_meet() -> None:
    rows, shares = spirals(30)
    shapes = Shapes.of(rows, shares, np.ones(len(rows)))
    assert shapes.p_value(np.arange(15), np.arange(15, 30)) > 0.2


@pytest.mark.parametrize("parts", [(np.arange(15), np.arange(15, 30)), (np.arange(10, 30), np.arange(30, 50))])
def test_the_two_pieces_that_are_nearest_to_one_are_those_of_all_pairs(parts: tuple[np.ndarray, np.ndarray]) -> None:
    rows, shares = spirals(30)
    one, other = parts
    every = Shapes.of(rows, shares, np.ones(len(rows)))
    least = min(every.excess(np.array([i]), np.array([j])) for i in one for j in other)
    assert Shapes.of(rows, shares, np.ones(len(rows))).p_value(one, other) == p_value_of_excess(least)


def test_what_is_asked_for_below_a_number_is_exact_there_and_infinite_above_it() -> None:
    rows, shares = spirals(30)
    one, other, far = np.array([3]), np.array([4]), np.array([20])
    exact = Shapes.of(rows, shares, np.ones(len(rows)))
    shapes = Shapes.of(rows, shares, np.ones(len(rows)))
    assert shapes.excess(one, far, 0.0) == np.inf
    assert shapes.excess(one, far) == exact.excess(one, far) > 0.0
    assert shapes.excess(one, other, 0.0) == exact.excess(one, other) < 0.0


def test_few_components_of_a_right_mixture_look_like_pieces_and_none_are_one_shape() -> None:
    random = np.random.default_rng(0)
    truth, looks = np.repeat(np.arange(5), 100), []
    for _ in range(10):
        rows = 9.0 * truth[:, None] + random.normal(size=(500, 2))
        shapes = Shapes.of(rows, np.eye(5)[truth], np.ones(500))
        looks.append(np.mean(shapes.is_piece))
        assert shapes.links == []
        assert shapes.one_mode(np.arange(5)) is None
    assert np.mean(looks) <= 0.1


def test_rows_count_as_often_as_they_are_there_and_say_nothing_where_weights_are_no_numbers() -> None:
    rows, shares = strip(5)
    counts = np.where(np.arange(400) % 2, 1.0, 2.0)
    assert len(Shapes.of(rows, shares, counts).rows) == 600
    assert Shapes.of(rows, shares, counts / 3.0) is None
    rows[0, 0] = np.nan
    assert Shapes.of(rows, shares, counts) is None


def test_coordinates_are_those_of_rows_that_are_there_as_often_as_they_count() -> None:
    rows, shares = strip(5)
    counts = np.where(np.arange(400) % 2, 9, 0)
    weighted = in_common_shape(rows, shares * counts[:, None])
    copied = in_common_shape(np.repeat(rows, counts, axis=0), np.repeat(shares, counts, axis=0))
    distances = [np.linalg.norm(some[1:] - some[0], axis=1) for some in (weighted[1::2], copied[::9])]
    np.testing.assert_allclose(distances[0], distances[1], rtol=1e-6)


def test_rows_that_are_all_the_same_have_no_shape() -> None:
    shapes = Shapes.of(np.full((30, 3), 2.0), np.ones((30, 1)), np.ones(30))
    assert not np.any(shapes.is_piece)
    assert shapes.links == []


def test_the_nearest_rows_of_a_larger_cluster_are_taken_four_times_as_many() -> None:
    cluster, other = np.arange(100.0)[:, None], np.full((5, 1), 200.0)
    np.testing.assert_array_equal(near(cluster, other)[:, 0], np.arange(80.0, 100.0))
    assert near(other, cluster) is other
    assert discriminant(cluster, other[:3]) is None


@pytest.mark.parametrize("constant", [0.0, 0.1, 7.0])
def test_a_constant_changes_no_coordinates(constant: float) -> None:
    rows, shares = strip(5)
    expected = in_common_shape(rows, shares)
    np.testing.assert_array_equal(in_common_shape(np.column_stack([rows, np.full(400, constant)]), shares), expected)
    assert np.isfinite(in_common_shape(np.full((400, 2), constant), shares)).all()


def test_what_pairs_connect_is_one_set() -> None:
    assert [members.tolist() for members in connected(6, [(4, 1), (5, 4), (0, 2)])] == [[0, 2], [1, 4, 5], [3]]
