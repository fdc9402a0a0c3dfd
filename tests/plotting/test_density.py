"""Curves and contours are the density, not a likeness of it."""

import numpy as np
import pytest
from scipy.stats import norm

from mixfold import Mixture
from mixfold.errors import InputError
from mixfold.plotting import DensityDisplay, new_figure

LINE = Mixture([0.3, 0.7], [[0.0], [5.0]], [1.0, 4.0], "spherical", ["size"])
PLANE = Mixture([1.0], [[1.0, 2.0]], [[[1.0, 0.0], [0.0, 4.0]]], "full", ["u", "v"])


def test_each_weighted_component_has_a_curve(ax, drawn):
    DensityDisplay.from_mixture(LINE, LINE.sample(200, random_state=0)[0], ax=ax)
    for component, (weight, mean, deviation) in enumerate([(0.3, 0.0, 1.0), (0.7, 5.0, 2.0)]):
        curve = drawn(ax, f"part {component}")
        np.testing.assert_allclose(curve.get_ydata(), weight * norm(mean, deviation).pdf(curve.get_xdata()), atol=1e-12)


def test_the_curve_of_the_mixture_is_the_sum_and_has_area_one(ax, drawn):
    DensityDisplay.from_mixture(LINE, LINE.sample(200, random_state=0)[0], ax=ax)
    total = drawn(ax, "mixture")
    parts = sum(drawn(ax, f"part {component}").get_ydata() for component in range(2))
    np.testing.assert_allclose(total.get_ydata(), parts, rtol=1e-12)
    assert np.trapezoid(total.get_ydata(), total.get_xdata()) == pytest.approx(1.0, abs=0.01)


def test_a_component_much_narrower_than_the_data_is_drawn_to_its_top(ax, drawn):
    mixture = Mixture([0.5, 0.5], [[0.0], [7.7]], [1.0, 1e-12], "spherical")
    DensityDisplay.from_mixture(mixture, mixture.sample(50, random_state=0)[0], ax=ax)
    assert drawn(ax, "part 1").get_ydata().max() == pytest.approx(0.5 * norm(0, 1e-6).pdf(0))


def test_the_histogram_has_area_one_and_holds_every_row(ax):
    X = LINE.sample(200, random_state=0)[0]
    DensityDisplay.from_mixture(LINE, X, ax=ax)
    bars = ax.containers[0]
    assert sum(bar.get_width() * bar.get_height() for bar in bars) == pytest.approx(1.0)
    assert bars[0].get_x() == pytest.approx(X.min())


def test_a_contour_holds_its_share_of_the_probability(ax):
    X = PLANE.sample(20_000, random_state=0)[0]
    DensityDisplay.from_mixture(PLANE, X, masses=[0.5], max_rows=10, ax=ax)
    (level,) = [line.levels[0] for line in ax.collections if hasattr(line, "levels") and len(line.levels) == 1]
    # The density at the border of the half is half the density at the mean.
    assert level == pytest.approx(0.5 / (2 * np.pi * 2.0), rel=0.02)
    assert np.mean(PLANE.log_density(X) > np.log(level)) == pytest.approx(0.5, abs=0.02)


def test_a_chosen_feature_of_several_is_its_marginal(iris, ax, drawn):
    model, X = iris
    DensityDisplay.from_estimator(model, X, features="petal length (cm)", ax=ax)
    total = drawn(ax, "mixture")
    marginal = model.mixture_.marginal([2]).log_density(total.get_xdata()[:, None])
    np.testing.assert_allclose(total.get_ydata(), np.exp(marginal), rtol=1e-9)
    assert ax.get_xlabel() == "petal length (cm)"
    assert any("1 of 4 features" in text.get_text() for text in ax.texts)


def test_more_features_are_drawn_on_the_principal_plane(iris, ax):
    DensityDisplay.from_estimator(*iris, ax=ax)
    assert ax.get_ylabel() == "principal component 2 (23% of the variance)"


def test_a_display_can_be_drawn_again_elsewhere(ax):
    display = DensityDisplay.from_mixture(LINE, [[0.0], [5.0]], ax=ax)
    other = new_figure().subplots()
    assert display.plot(other).ax_ is other


def test_masses_out_of_range_are_refused(ax):
    with pytest.raises(InputError, match="between 0 and 1, got 1"):
        DensityDisplay.from_mixture(PLANE, [[0.0, 0.0]], masses=[1.0], ax=ax)
