"""An outline holds the share of the component's probability that it says."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from tests.examples import mixture_of

from mixfold.errors import InputError
from mixfold.plotting.outline import draw_center, draw_outlines, radius_of


def test_a_radius_holds_its_share_of_draws():
    for d in (1, 2, 5):
        rows = np.random.default_rng(0).normal(size=(100_000, d))
        assert np.mean(np.linalg.norm(rows, axis=1) < radius_of(0.9, d)) == pytest.approx(0.9, abs=0.005)


@pytest.mark.parametrize("mass", [0.0, 1.0, 90.0])
def test_a_mass_that_is_no_probability_is_refused(mass):
    with pytest.raises(InputError, match="between 0 and 1"):
        radius_of(mass, 2)


def test_an_ellipse_holds_its_share_of_the_rows_of_its_component():
    mixture = mixture_of(n_components=2)
    ax = Figure().subplots()
    draw_outlines(ax, mixture, 1, [0.5, 0.9], "k")
    rows = np.random.default_rng(0).multivariate_normal(mixture.means[1], mixture.component_covariances[1], 20_000)
    shares = [
        np.mean(patch.get_patch_transform().inverted().transform(rows).__pow__(2).sum(axis=1) < 1.0)
        for patch in ax.patches
    ]
    assert all(isinstance(patch, Ellipse) for patch in ax.patches)
    np.testing.assert_allclose(shares, [0.5, 0.9], atol=0.01)


def test_in_one_dimension_outlines_are_bars_at_the_height_of_their_component():
    mixture = mixture_of(n_components=2, n_features=1)
    ax = Figure().subplots()
    draw_outlines(ax, mixture, 1, [0.5], "k")
    draw_center(ax, mixture, 1, np.array([0.0, 0.0, 0.0]))
    (line,) = ax.lines
    deviation = float(np.sqrt(mixture.component_covariances[1, 0, 0]))
    np.testing.assert_allclose(np.ptp(line.get_xdata()), 2 * 0.6745 * deviation, rtol=1e-3)
    np.testing.assert_array_equal(line.get_ydata(), [1, 1])


def test_numbers_are_white_on_dark_disks_and_dark_on_light_ones():
    mixture = mixture_of(n_components=2)
    ax = Figure().subplots()
    draw_center(ax, mixture, 0, np.array([0.0, 0.0, 0.2]))
    draw_center(ax, mixture, 1, np.array([1.0, 0.95, 0.8]))
    dark, light = ax.texts
    assert (dark.get_text(), dark.get_color()) == ("0", "white")
    assert (light.get_text(), light.get_color() != "white") == ("1", True)
