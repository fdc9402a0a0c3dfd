"""Images of every kind become gray or RGB, and broken ones are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mixfold.errors import InputError
from mixfold.images import read_image, write_image, write_labels

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("mode", "shape", "dtype"),
    [
        ("L", (20, 30), np.uint8),
        ("1", (20, 30), np.uint8),
        ("LA", (20, 30), np.uint8),
        ("RGB", (20, 30, 3), np.uint8),
        ("RGBA", (20, 30, 3), np.uint8),
        ("P", (20, 30, 3), np.uint8),
        ("CMYK", (20, 30, 3), np.uint8),
        ("I;16", (20, 30), np.uint16),
        ("F", (20, 30), np.float32),
    ],
)
def test_every_mode_becomes_gray_or_rgb(tmp_path, mode, shape, dtype) -> None:
    image = Image.fromarray(PIXELS)
    image = Image.fromarray(PIXELS[..., 0].astype(np.uint16) * 200) if mode == "I;16" else image.convert(mode)
    path = tmp_path / "image.tif"
    image.save(path)
    read = read_image(path)
    assert read.shape == shape
    assert read.dtype == dtype
    if mode in {"RGB", "RGBA"}:
        np.testing.assert_array_equal(read, PIXELS)
    if mode == "I;16":
        np.testing.assert_array_equal(read, PIXELS[..., 0].astype(np.uint16) * 200)


def test_a_photograph_is_turned_as_its_camera_was_held(tmp_path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of the scene is at the right
    Image.fromarray(PIXELS).save(tmp_path / "p.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "p.png"), np.rot90(PIXELS, -1))


def test_labels_are_read_as_numbers_and_seen_as_colors(tmp_path) -> None:
    labels = np.array([[0, 1], [2, 1]], dtype=np.uint8)
    colors = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], dtype=np.uint8)
    write_labels(tmp_path / "l.png", labels, colors)
    with Image.open(tmp_path / "l.png") as image:
        np.testing.assert_array_equal(np.asarray(image), labels)
    np.testing.assert_array_equal(read_image(tmp_path / "l.png"), colors[labels])


def test_what_is_written_is_read(tmp_path) -> None:
    for pixels in (PIXELS, PIXELS[..., 0]):
        write_image(tmp_path / "w.png", pixels)
        np.testing.assert_array_equal(read_image(tmp_path / "w.png"), pixels)


def test_stacks_are_mapped_and_not_read(tmp_path) -> None:
    np.save(tmp_path / "s.npy", PIXELS)
    read = read_image(tmp_path / "s.npy")
    assert isinstance(read, np.memmap)
    np.testing.assert_array_equal(read, PIXELS)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".gif", ".npy"])
@pytest.mark.parametrize("kept", [0, 10, 0.5])
def test_a_cut_or_foreign_file_is_refused(tmp_path, suffix, kept) -> None:
    path = tmp_path / f"i{suffix}"
    np.save(path, PIXELS) if suffix == ".npy" else Image.fromarray(PIXELS).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if kept < 1 else kept])
    with pytest.raises(InputError, match="it cannot be read"):
        read_image(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match="does not exist"):
        read_image(tmp_path / "none.png")
    with pytest.raises(FileNotFoundError, match="is a folder"):
        read_image(tmp_path)


@pytest.mark.parametrize("shape", ["(0, 1000000000000000)", "(1000000000, 1000)", "(80, -1)", "(3, 2"])
def test_a_stack_whose_header_claims_what_is_not_there_is_refused(shape: str, tmp_path: Path) -> None:
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    (tmp_path / "s.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(48))
    with pytest.raises(InputError, match=r"s\.npy must"):
        read_image(tmp_path / "s.npy")
