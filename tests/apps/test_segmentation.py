"""Images of any kind come apart by color, whatever the tiles."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_sample_image
from sklearn.metrics import adjusted_rand_score

from mixfold import Mixture, segment
from mixfold.apps import fit_pixels, label_pixels
from mixfold.errors import InputError, ShapeError


@pytest.fixture(scope="module")
def china():
    return load_sample_image("china.jpg")[100:260:2, 150:400:2]


def mosaic(n_channels: int, noise: float, seed: int = 0):
    """Three vertical stripes and a disk, in noise."""
    random = np.random.default_rng(seed)
    labels = np.repeat([0, 1, 2], 20)[None, :].repeat(50, axis=0)
    rows, columns = np.mgrid[:50, :60]
    labels[(rows - 25) ** 2 + (columns - 30) ** 2 < 144] = 3
    colors = 60.0 * np.array([[0, 3, 1], [1, 2, 3], [2, 1, 0], [3, 0, 2]])[:, :n_channels]
    image = colors[labels] + noise * random.normal(size=(50, 60, n_channels))
    return (image[..., 0] if n_channels == 1 else image), labels


@pytest.mark.parametrize("n_channels", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float32, np.float64])
def test_clean_regions_are_found_in_any_number_of_channels_and_any_type(n_channels, dtype) -> None:
    image, labels = mosaic(n_channels, 2.0)
    found = segment(np.clip(image, 0, 255).astype(dtype), 4, random_state=0)
    assert adjusted_rand_score(labels.ravel(), found.labels.ravel()) > 0.99
    assert found.labels.dtype == np.uint8


def test_smoothing_removes_noise_that_k_means_keeps() -> None:
    image, labels = mosaic(1, 25.0)
    truth = labels.ravel()
    k_means = KMeans(4, n_init=5, random_state=0).fit_predict(image.reshape(-1, 1))
    plain = segment(image, 4, smoothness=0.0, random_state=0).labels.ravel()
    smooth = segment(image, 4, smoothness=1.5, random_state=0).labels.ravel()
    assert adjusted_rand_score(truth, k_means) < 0.65
    assert adjusted_rand_score(truth, plain) < 0.65
    assert adjusted_rand_score(truth, smooth) > 0.9


@pytest.mark.parametrize("smoothness", [0.0, 1.0])
@pytest.mark.parametrize("tile", [16, 33, 64])
def test_tiles_have_no_seams(china, smoothness, tile) -> None:
    mixture = fit_pixels(china, 4, random_state=0)
    whole = label_pixels(china, mixture, smoothness=smoothness, tile=1000)
    tiled = label_pixels(china, mixture, smoothness=smoothness, tile=tile)
    np.testing.assert_array_equal(tiled.labels, whole.labels)
    np.testing.assert_allclose(tiled.mean_colors, whole.mean_colors)


def test_an_image_on_disk_is_labeled_into_a_file_on_disk(china, tmp_path) -> None:
    np.save(tmp_path / "image.npy", china)
    mapped = np.load(tmp_path / "image.npy", mmap_mode="r")
    out = np.lib.format.open_memmap(tmp_path / "labels.npy", "w+", np.uint8, china.shape[:2])
    seen = []
    found = segment(
        mapped, 3, tile=50, out=out, random_state=0, progress=lambda done, total: seen.append((done, total))
    )
    out.flush()
    expected = segment(china, 3, random_state=0)
    np.testing.assert_array_equal(np.load(tmp_path / "labels.npy"), expected.labels)
    assert found.labels is out
    assert seen == [(number, 6) for number in range(1, 7)]


def test_colors_and_counts_are_those_of_the_labeled_pixels(china) -> None:
    found = segment(china, 4, smoothness=1.0, random_state=0)
    for label in range(4):
        own = china[found.labels == label]
        assert found.n_pixels[label] == len(own)
        np.testing.assert_allclose(found.mean_colors[label], own.mean(axis=0))
    picture = found.picture(china)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture[0, 0], np.rint(found.mean_colors[found.labels[0, 0]]))


def test_the_number_of_segments_is_chosen_where_it_is_not_given() -> None:
    image, labels = mosaic(3, 4.0)
    found = segment(image, random_state=0)
    assert found.n_segments == 4
    assert adjusted_rand_score(labels.ravel(), found.labels.ravel()) > 0.99


@pytest.mark.parametrize("noise", [5.0, 15.0, 30.0])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_noise_that_makes_colors_overlap_does_not_hide_segments(noise, n_channels) -> None:
    image, _ = mosaic(n_channels, noise)
    assert segment(image, smoothness=1.5, random_state=0).n_segments == 4


def test_a_mixture_of_one_image_labels_another(china) -> None:
    found = segment(china[:40], 3, random_state=0)
    other = segment(china[40:], smoothness=0.0, mixture=found.mixture)
    np.testing.assert_array_equal(other.labels, label_pixels(china, found.mixture, smoothness=0.0).labels[40:])


@pytest.mark.parametrize("image", [np.full((60, 80), 7, np.uint8), np.full((20, 30, 3), 0.3)])
def test_an_image_of_one_color_is_one_segment(image) -> None:
    found = segment(image, random_state=0)
    assert found.n_segments == 1
    assert found.n_pixels.tolist() == [image.shape[0] * image.shape[1]]


def test_noise_around_one_color_is_one_segment() -> None:
    noise = np.random.default_rng(0).normal(100.0, 6.0, (100, 120, 3))
    assert segment(noise.clip(0, 255).astype(np.uint8), random_state=0).n_segments == 1


def test_segments_are_numbered_by_their_size(china) -> None:
    found = segment(china, 4, smoothness=0.0, random_state=0)
    assert (np.diff(found.mixture.weights) <= 1e-6).all()


def test_smoothness_has_one_default() -> None:
    from mixfold.cli.segment import segment as command

    defaults = {inspect.signature(each).parameters["smoothness"].default for each in (segment, label_pixels, command)}
    assert defaults == {1.0}


def test_the_channels_have_names(china) -> None:
    assert fit_pixels(china, 2, random_state=0).feature_names == ("red", "green", "blue")
    assert fit_pixels(china[..., 0], 2, random_state=0).feature_names == ("gray",)
    assert fit_pixels(china[..., :2], 2, random_state=0).feature_names == ("channel 0", "channel 1")


def test_flat_images_have_one_color(recwarn) -> None:
    found = segment(np.full((10, 10), 7, dtype=np.uint8), 2, random_state=0)
    assert (found.picture(np.zeros((1, 1), dtype=np.uint8)) == 7).all()


def test_what_is_no_image_is_refused(china) -> None:
    for bad in (np.zeros(5), np.zeros((0, 4)), np.zeros((2, 2, 2, 2))):
        with pytest.raises(ShapeError, match="must have shape"):
            segment(bad, 2)
    with pytest.raises(InputError, match="must hold real numbers"):
        segment(np.array([["a"]]), 2)
    holed = china.astype(float)
    holed[3, 3, 1] = np.nan
    with pytest.raises(InputError, match="must be finite"):
        segment(holed, 2)
    with pytest.raises(InputError, match="at least 9 pixels"):
        segment(np.zeros((2, 2)), 9)


def test_a_gray_image_does_not_fit_a_mixture_of_colors(china) -> None:
    mixture = fit_pixels(china, 2, random_state=0)
    with pytest.raises(ShapeError, match=r"3 channel\(s\) of the mixture \(red, green, blue\), got 1"):
        label_pixels(china[..., 0], mixture)


def test_parameters_out_of_range_are_refused(china) -> None:
    mixture = Mixture([1.0], [[0.0, 0.0, 0.0]], [1.0], "spherical")
    for bad in ({"smoothness": -1.0}, {"smoothness": np.nan}, {"tile": 0}):
        with pytest.raises(InputError, match="must be at least"):
            label_pixels(china, mixture, **bad)
    with pytest.raises(ShapeError, match="`out` must have shape"):
        label_pixels(china, mixture, out=np.zeros((3, 3), dtype=np.uint8))
    for n_segments in (0, 2.5, -1):
        with pytest.raises(InputError, match="whole number from 1"):
            segment(china, n_segments)
    with pytest.raises(InputError, match="must be that of `mixture`"):
        segment(china, 3, mixture=mixture)
