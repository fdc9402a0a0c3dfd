"""`mixfold segment` writes labels, mean colors, a legend and a model that segments other images."""

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from mixfold import Mixture, MixtureOutlierDetector
from mixfold.apps import label_pixels, segment
from mixfold.images import read_image
from mixfold.tables import read_table

FLOWER = load_sample_image("flower.jpg")[100:220:2, 200:360:2]
FILES = ["labels.png", "legend.csv", "legend.png", "means.png", "model.safetensors"]


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(FLOWER).save(path)
    return path


@pytest.fixture(scope="module")
def color_model(tmp_path_factory):
    """A model of the colors of a photograph."""
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    segment(FLOWER, 3, random_state=0).mixture.save(path)
    return path


def test_a_photograph_becomes_labels_mean_colors_a_legend_and_a_model(mixfold, photo, tmp_path):
    out = tmp_path / "o"
    result = mixfold("segment", photo, "--segments", 4, "--smoothness", 0.5, "--out", out)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in out.iterdir()) == FILES
    expected = segment(FLOWER, 4, smoothness=0.5, random_state=0)
    with Image.open(out / "labels.png") as image:
        np.testing.assert_array_equal(np.asarray(image), expected.labels)
    np.testing.assert_array_equal(read_image(out / "means.png"), expected.picture(FLOWER))
    legend = read_table(out / "legend.csv")
    assert legend.column_names == ["label", "pixels", "share", "mean red", "mean green", "mean blue"]
    np.testing.assert_array_equal(legend["pixels"], expected.n_pixels)
    np.testing.assert_array_equal(legend["mean green"], expected.mean_colors[:, 1])
    assert Mixture.load(out / "model.safetensors").means.tolist() == expected.mixture.means.tolist()


def test_without_a_number_of_segments_one_is_chosen(mixfold, photo, tmp_path):
    result = mixfold("segment", photo, "--out", tmp_path / "o")
    assert result.exit_code == 0, result.output
    n_segments = segment(FLOWER, random_state=0).n_segments
    assert result.stdout.splitlines()[0].split() == ["segments", str(n_segments)]


def test_a_model_gives_another_image_the_same_segments(mixfold, color_model, tmp_path):
    Image.fromarray(FLOWER[:30]).save(tmp_path / "part.png")
    result = mixfold(
        "segment", tmp_path / "part.png", "--model", color_model, "--smoothness", 0, "--out", tmp_path / "o"
    )
    assert result.exit_code == 0, result.output
    with Image.open(tmp_path / "o" / "labels.png") as image:
        found = np.asarray(image)
    np.testing.assert_array_equal(found, label_pixels(FLOWER, Mixture.load(color_model), smoothness=0.0).labels[:30])
    assert not (tmp_path / "o" / "model.safetensors").exists()


def test_a_gray_image_gets_gray_means(mixfold, tmp_path):
    Image.fromarray(FLOWER[..., 0]).save(tmp_path / "gray.png")
    result = mixfold("segment", tmp_path / "gray.png", "-k", 2, "--out", tmp_path / "o")
    assert result.exit_code == 0, result.output
    assert read_image(tmp_path / "o" / "means.png").ndim == 2


@pytest.mark.parametrize("n_channels", [2, 5])
def test_a_stack_of_channels_gives_arrays(mixfold, tmp_path, n_channels):
    stack = np.repeat(FLOWER, 2, axis=2)[..., :n_channels].astype(np.float32)
    stack += np.random.default_rng(0).normal(size=stack.shape).astype(np.float32)
    np.save(tmp_path / "stack.npy", stack)
    result = mixfold("segment", tmp_path / "stack.npy", "-k", 3, "--out", tmp_path / "o")
    assert result.exit_code == 0, result.output
    expected = segment(stack, 3, smoothness=1.0, random_state=0)
    np.testing.assert_array_equal(np.load(tmp_path / "o" / "labels.npy"), expected.labels)
    np.testing.assert_array_equal(np.load(tmp_path / "o" / "means.npy"), expected.picture(stack))


def test_a_corrupt_image_is_refused_and_nothing_written(refused, photo, tmp_path):
    photo.write_bytes(photo.read_bytes()[:900])
    assert "must be a complete image, but it cannot be read" in refused("segment", photo, "--out", tmp_path / "o")
    assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]


def test_what_is_no_image_is_refused_by_its_name(refused, tmp_path):
    (tmp_path / "photo.jpg").write_text("no image")
    line = refused("segment", tmp_path / "photo.jpg", "--out", tmp_path / "o")
    assert f"{tmp_path / 'photo.jpg'} must be a complete image" in line
    assert "of no format that Pillow knows" in line
    assert "<" not in line


def test_a_grayscale_where_color_was_trained_is_refused(refused, color_model, tmp_path):
    Image.fromarray(FLOWER[..., 0]).save(tmp_path / "gray.png")
    line = refused("segment", tmp_path / "gray.png", "--model", color_model, "--out", tmp_path / "o")
    assert "was made for images of 3 channel(s) (red, green, blue), but" in line
    assert "has 1 (gray)" in line
    assert not (tmp_path / "o").exists()


def test_models_of_the_wrong_kind_are_refused(refused, model, photo, tmp_path):
    line = refused("segment", photo, "--model", model, "--out", tmp_path / "o")
    assert "must be a model that `mixfold segment` wrote, but is one of a table" in line
    MixtureOutlierDetector(1).fit(FLOWER[0].astype(float)).save(tmp_path / "d.json")
    line = refused("segment", photo, "--model", tmp_path / "d.json", "--out", tmp_path / "o")
    assert "must hold a mixture, but holds a detector of outliers" in line


def test_other_bad_input_is_refused(refused, photo, tmp_path):
    out = ["--out", tmp_path / "o"]
    (tmp_path / "empty").mkdir()
    assert "is a folder" in refused("segment", tmp_path / "empty", *out)
    assert "does not exist" in refused("segment", tmp_path / "none.png", *out)
    assert "leave `--segments` out" in refused("segment", photo, "--model", "m.json", "-k", 2, *out)
    np.save(tmp_path / "n.npy", np.full((5, 5), np.nan))
    assert "must be finite" in refused("segment", tmp_path / "n.npy", *out)
    np.save(tmp_path / "n.npy", np.zeros(5))
    assert "must have shape (height, width)" in refused("segment", tmp_path / "n.npy", *out)
    Image.fromarray(FLOWER[:1, :1]).save(tmp_path / "dot.png")
    assert "at least 2 pixels" in refused("segment", tmp_path / "dot.png", *out)
    assert not (tmp_path / "o").exists()
