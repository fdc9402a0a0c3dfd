"""Pictures in files to arrays and back, by Pillow; stacks of channels as .npy, mapped and not read."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from mixfold.atomic import written_whole
from mixfold.errors import InputError, MissingExtraError
from mixfold.npy_header import NpyHeader
from mixfold.typing import Array

GRAY_MODES = frozenset({"1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
"""Pillow's modes of one channel, transparency aside."""


def read_image(path: str | os.PathLike[str]) -> Array:
    """Read an image.

    Parameters
    ----------
    path : path
        Anything that Pillow reads, or a .npy file of shape (height, width) or (height, width, n_channels), which is
        mapped into memory.

    Returns
    -------
    image : ndarray of shape (height, width) for gray, (height, width, 3) for RGB, or that of the .npy file
        Turned as its camera was held. Palettes, CMYK and other color spaces become RGB; transparency is left out; of a
        file with several images the first is taken.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If the file is truncated, corrupted or no image.
    MissingExtraError
        If Pillow is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mixfold.images import read_image, write_image
    >>> path = Path(tempfile.mkdtemp()) / "dots.png"
    >>> write_image(path, np.zeros((2, 3, 3), dtype=np.uint8))
    >>> read_image(path).shape
    (2, 3, 3)
    """
    source = Path(path)
    if not source.is_file():
        what = "is a folder" if source.is_dir() else "does not exist"
        message = f"{source} must be an image, but it {what}. Check the path."
        raise FileNotFoundError(message)
    if source.suffix.lower() == ".npy":
        return _mapped(source)
    pillow = _pillow()
    from PIL import ImageOps  # noqa: PLC0415  (optional extra)

    try:
        with warnings.catch_warnings(), source.open("rb") as file:
            warnings.simplefilter("ignore")  # odd metadata and large sizes, which do not hinder
            opened = pillow.open(file)
            opened.load()
            turned = ImageOps.exif_transpose(opened)
            if turned.mode == "1":
                turned = turned.convert("L")
            elif turned.mode in {"LA", "La"}:
                turned = turned.convert("LA").getchannel(0)
            elif turned.mode not in GRAY_MODES:
                turned = turned.convert("RGB")
            return np.asarray(turned)
    except (OSError, SyntaxError, ValueError, pillow.DecompressionBombError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the system's own: it can not be opened
            raise
        unknown = isinstance(error, pillow.UnidentifiedImageError)
        reason = "its content is of no format that Pillow knows" if unknown else str(error).rstrip(".")
        message = (
            f"{source} must be a complete image, but it cannot be read: {reason}. Save it again, as PNG for instance, "
            "or give channels as a .npy file."
        )
        raise InputError(message) from error


def write_image(path: str | os.PathLike[str], pixels: Array) -> None:
    """Write an array of uint8, (height, width) or (height, width, 3), in the format of the suffix, whole or not at all.

    Parameters
    ----------
    path : path
    pixels : ndarray of uint8 of shape (height, width) or (height, width, 3)

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mixfold.images import read_image, write_image
    >>> path = Path(tempfile.mkdtemp()) / "dot.png"
    >>> write_image(path, np.full((1, 1), 7, dtype=np.uint8))
    >>> read_image(path).tolist()
    [[7]]
    """
    with written_whole(path) as unfinished:
        _pillow().fromarray(np.ascontiguousarray(pixels)).save(unfinished)


def write_labels(path: str | os.PathLike[str], labels: Array, colors: Array) -> None:
    """Write labels of uint8 as a PNG with a palette: programs read the labels, people see the colors.

    Parameters
    ----------
    path : path
    labels : ndarray of uint8 of shape (height, width)
    colors : ndarray of uint8 of shape (n_labels, 3)

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mixfold.images import read_image, write_labels
    >>> path = Path(tempfile.mkdtemp()) / "labels.png"
    >>> colors = np.array([[0, 0, 0], [255, 0, 0]], dtype=np.uint8)
    >>> write_labels(path, np.array([[0, 1]], dtype=np.uint8), colors)
    >>> read_image(path).tolist()
    [[[0, 0, 0], [255, 0, 0]]]
    """
    image = _pillow().fromarray(np.ascontiguousarray(labels, dtype=np.uint8))
    image.putpalette(np.ascontiguousarray(colors, dtype=np.uint8).tobytes())
    with written_whole(path) as unfinished:
        image.save(unfinished, format="PNG")


def _mapped(path: Path) -> Array:
    try:
        with path.open("rb") as file:
            header = NpyHeader.read(file)
        header.refuse_shorter(path.stat().st_size)
    except ValueError as error:
        message = f"{path} must be a complete .npy file of numbers, but it cannot be read: {error}. Save it again."
        raise InputError(message) from error
    if 0 in header.shape or header.dtype.kind not in "fiub":
        what = f"{header.dtype} of shape {header.shape}"
        message = f"{path} must hold an image of real numbers, got {what}. Save an array with pixels."
        raise InputError(message)
    image: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    return image


def _pillow() -> Any:
    try:
        from PIL import Image  # noqa: PLC0415  (optional extra)
    except ImportError as error:
        raise MissingExtraError("pillow", "image", "Reading and writing images") from error
    return Image
