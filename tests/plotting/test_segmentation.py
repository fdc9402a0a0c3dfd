"""The legend says what each segment is."""

import numpy as np
import pytest
from matplotlib.patches import Patch

from mixfold.apps import segment
from mixfold.plotting import SegmentationDisplay, new_figure
from mixfold.plotting.palette import colors_of


@pytest.fixture(scope="module")
def segmentation():
    image = np.zeros((40, 60, 3), dtype=np.uint8)
    image[:10, :, 0] = 200
    image[10:, :20, 2] = 100
    return segment(image, 3, random_state=0)


def test_labels_are_drawn_in_their_colors(segmentation, ax):
    SegmentationDisplay.from_segmentation(segmentation, white=255.0, ax=ax)
    (drawn,) = ax.get_images()
    np.testing.assert_allclose(drawn.get_array(), colors_of(3)[segmentation.labels])


def test_each_segment_has_its_mean_color_and_share_in_the_legend(segmentation, ax):
    SegmentationDisplay.from_segmentation(segmentation, white=255.0, ax=ax)
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts[0] == "0: 50% · 0.0, 0.0, 0.0"
    assert [text[:6] for text in texts[1:]] == ["1: 25%", "2: 25%"]
    assert {text[9:] for text in texts[1:]} == {"0.0, 0.0, 100.0", "200.0, 0.0, 0.0"}
    faces = {tuple(np.round(patch.get_facecolor()[:3], 3)) for patch in ax.get_legend().findobj(Patch)}
    assert (round(200 / 255, 3), 0.0, 0.0) in faces


def test_large_images_are_drawn_coarser_in_the_same_frame():
    labels = np.zeros((3000, 10), dtype=np.uint8)
    display = SegmentationDisplay(
        labels=labels, mean_colors=np.zeros((1, 1)), n_pixels=np.array([30_000]), channels=("gray",), white=255.0
    ).plot(new_figure().subplots())
    (drawn,) = display.ax_.get_images()
    assert drawn.get_array().shape == (1000, 4, 3)
    assert drawn.get_extent() == [0, 10, 3000, 0]


def test_of_very_many_segments_the_largest_are_in_the_legend(ax):
    counts = np.arange(1, 41)
    SegmentationDisplay(
        labels=np.zeros((4, 4), dtype=np.uint8),
        mean_colors=np.zeros((40, 1)),
        n_pixels=counts,
        channels=("gray",),
        white=1.0,
    ).plot(ax)
    shown = [text.get_text().partition(":")[0] for text in ax.get_legend().get_texts()]
    assert shown == [str(number) for number in range(40 - len(shown), 40)]
    note = f"{40 - len(shown)} smaller segments are not in the legend"
    assert any(note in " ".join(text.get_text().split()) for text in ax.texts)


def test_one_segment_without_a_line_is_one(ax):
    ax.figure.set_size_inches(6.0, 1.6)
    counts = np.array([5, 4, 3, 2, 1])
    for number in (2, 3, 4, 5):
        ax.clear()
        display = SegmentationDisplay(
            labels=np.zeros((4, 4), dtype=np.uint8),
            mean_colors=np.zeros((number, 1)),
            n_pixels=counts[:number],
            channels=("gray",),
            white=1.0,
        ).plot(ax)
        if len(display.ax_.get_legend().get_texts()) == number - 1:
            break
    assert "one smaller segment is not in the legend" in " ".join(
        " ".join(text.get_text() for text in ax.texts).split()
    )
