"""Nothing that a picture says is cut at its border, and no legend beside the axes lies on them."""

from operator import attrgetter

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from sklearn.datasets import load_wine

from mixfold import AutoGaussianMixture, GaussianMixture, MixtureOutlierDetector
from mixfold.apps import Segmentation
from mixfold.plotting import (
    ClusterDisplay,
    ClusterTreeDisplay,
    ConvergenceDisplay,
    DensityDisplay,
    EntropyDisplay,
    OutlierDisplay,
    SegmentationDisplay,
    SelectionDisplay,
    new_figure,
)

SIZES = [(7.5, 5.5), (4.5, 3.6)]
TITLE = attrgetter("_left_title")
WINE = load_wine().data


@pytest.fixture(scope="module")
def wine():
    return GaussianMixture(3, covariance_type="diag", random_state=0).fit(WINE)


@pytest.fixture(scope="module")
def detector():
    rows = np.random.default_rng(0).normal(size=(4000, 6))
    rows[:, :3] += 12.0 * (np.arange(4000)[:, None] >> np.arange(3) & 1)
    return MixtureOutlierDetector(8, contamination=0.01, random_state=0).fit(rows), rows


def segmentation(n_segments, n_channels, shape):
    mixture = GaussianMixture(1).fit(np.arange(2.0 * n_channels**2).reshape(-1, n_channels) ** 2).mixture_
    labels = np.arange(shape[0] * shape[1]).reshape(shape) % n_segments
    counts = np.bincount(labels.ravel())
    return Segmentation(labels, mixture, counts, np.full((n_segments, n_channels), 123.4))


def drawn(display):
    canvas = FigureCanvasAgg(display.figure_)
    canvas.draw()
    return display, canvas.get_renderer()


def said(ax):
    """Give all texts but those of ticks."""
    legend = ax.get_legend()
    parts = [*ax.texts, ax.xaxis.label, ax.yaxis.label, *([] if legend is None else legend.findobj(Text))]
    return [text for text in [TITLE(ax), *parts] if text.get_text().strip()]


def check(display):
    display, renderer = drawn(display)
    page = display.figure_.bbox.padded(1.0)
    for text in said(display.ax_):
        box = text.get_window_extent(renderer)
        assert page.contains(box.x0, box.y0), text.get_text()
        assert page.contains(box.x1, box.y1), text.get_text()
    (note,) = [text for text in display.ax_.texts if text.get_gid() == "note"]
    assert not TITLE(display.ax_).get_window_extent(renderer).overlaps(note.get_window_extent(renderer))


@pytest.mark.parametrize("size", SIZES)
def test_density_says_everything_on_the_page(wine, size):
    rows = np.repeat(WINE, 100, axis=0)  # of which a sample is drawn, as the note says too
    check(DensityDisplay.from_estimator(wine, rows, ax=new_figure(*size).subplots()))


@pytest.mark.parametrize("size", SIZES)
def test_outliers_say_everything_on_the_page(detector, size):
    model, rows = detector
    check(OutlierDisplay.from_estimator(model, rows, ax=new_figure(*size).subplots()))


@pytest.mark.parametrize("size", SIZES)
def test_clusters_convergence_and_entropy_say_everything_on_the_page(wine, size):
    check(ClusterDisplay.from_estimator(wine, WINE, ax=new_figure(*size).subplots()))
    check(ConvergenceDisplay.from_estimator(wine, ax=new_figure(*size).subplots()))
    check(EntropyDisplay.from_estimator(wine, WINE, ax=new_figure(*size).subplots()))


@pytest.mark.parametrize("size", SIZES)
def test_selection_and_tree_say_everything_on_the_page(wine, size):
    chosen = AutoGaussianMixture(3, covariance_types=["diag", "spherical"], random_state=0).fit(WINE)
    check(SelectionDisplay.from_estimator(chosen, ax=new_figure(*size).subplots()))
    check(ClusterTreeDisplay.from_estimator(wine, WINE, ax=new_figure(*size).subplots()))


@pytest.mark.parametrize("shape", [(30, 40), (90, 30), (20, 100)])
@pytest.mark.parametrize(("n_segments", "n_channels"), [(2, 1), (6, 3), (40, 5)])
def test_the_legend_of_segments_is_beside_the_image_and_not_cut(shape, n_segments, n_channels):
    found = segmentation(n_segments, n_channels, shape)
    display = SegmentationDisplay.from_segmentation(found, white=255.0, ax=new_figure(9.5, 5.0).subplots())
    check(display)
    _, renderer = drawn(display)
    legend = display.ax_.get_legend().get_window_extent(renderer)
    assert not legend.overlaps(display.ax_.get_window_extent(renderer))
    page = display.figure_.bbox
    assert page.y0 <= legend.y0
    assert legend.x1 <= page.x1
