"""Colors of components differ, for color-blind readers too, and mix as light does."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from mixfold.plotting.palette import HUES, blended, colors_of, marker_of

DEUTERANOPIA = np.array([[0.625, 0.375, 0.0], [0.7, 0.3, 0.0], [0.0, 0.3, 0.7]])
"""How red and green run together, roughly, in sRGB."""


def test_colors_lie_in_the_cube_and_none_is_there_twice():
    colors = colors_of(3 * len(HUES))
    assert np.all((colors >= 0.0) & (colors <= 1.0))
    assert min(np.linalg.norm(one - other) for one, other in combinations(colors, 2)) > 0.05


def test_the_first_hues_differ_without_telling_red_from_green():
    seen = colors_of(len(HUES)) @ DEUTERANOPIA.T
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) > 0.1


def test_white_paper_carries_every_color_and_fewer_components_keep_theirs():
    colors = colors_of(2 * len(HUES))
    assert np.max(colors**2.2 @ [0.2126, 0.7152, 0.0722]) < 0.7
    np.testing.assert_array_equal(colors_of(3), colors[:3])


def test_a_color_that_comes_again_has_another_marker():
    assert len({marker_of(component) for component in range(len(HUES))}) == 1
    assert marker_of(0) != marker_of(len(HUES))


def test_a_row_of_one_component_has_its_color_and_others_lie_between():
    colors = colors_of(3)
    np.testing.assert_allclose(blended(np.eye(3), colors), colors)
    mixed = blended(np.array([[0.3, 0.7, 0.0]]), colors)[0]
    assert np.all(mixed <= np.maximum(colors[0], colors[1]) + 1e-12)
    assert np.all(mixed >= np.minimum(colors[0], colors[1]) - 1e-12)
    assert blended(np.array([[0.5, 0.5]]), np.array([[1.0, 0, 0], [0, 0, 1.0]]))[0, 0] == pytest.approx(
        0.5 ** (1 / 2.2)
    )
