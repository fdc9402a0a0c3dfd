"""Pixels of an image as rows: checked, sampled, and rid of noise."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixfold.errors import InputError, ShapeError
from mixfold.typing import Array, FloatArray

MOST_BLENDED = 0.5
"""The share of squares that is left out because a border may run through them."""


def image_of(image: Any) -> Array:
    """Give an image as (height, width, n_channels), a view of what came; whether it is finite, tiles will tell."""
    pixels = image if isinstance(image, np.ndarray) else np.asarray(image)
    if pixels.dtype.kind not in "iufb":
        message = f"An image must hold real numbers, got {pixels.dtype}. Convert it to gray or RGB first."
        raise InputError(message)
    if pixels.ndim not in {2, 3} or 0 in pixels.shape:
        shapes = "(height, width) or (height, width, n_channels)"
        message = f"An image must have shape {shapes}, none of them 0, got {pixels.shape}. Take one image."
        raise ShapeError(message)
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def sampled(pixels: Array, random: np.random.RandomState, n: int, reach: int = 0) -> FloatArray:
    """Give at most n random pixels and those around them, (n, n_around, n_channels), with noise: continuous values.

    Around a pixel are the rows and columns within reach; beyond the border of the image its last pixels go on.
    """
    height, width, n_channels = pixels.shape
    everything = height * width
    chosen = random.permutation(everything) if everything <= n else random.randint(0, everything, n)
    chosen.sort()  # so that a memory map is read in order
    steps = np.arange(-reach, reach + 1)
    rows = np.clip(chosen[:, None, None] // width + steps[:, None], 0, height - 1)
    columns = np.clip(chosen[:, None, None] % width + steps, 0, width - 1)
    squares = np.asarray(pixels[rows, columns], dtype=np.float64).reshape(len(chosen), -1, n_channels)
    squares = squares[random.permutation(len(squares))]
    refuse_gaps(squares)
    return squares + random.uniform(-0.5, 0.5, squares.shape) if pixels.dtype.kind in "iub" else squares


def denoised(squares: FloatArray) -> FloatArray:
    """Give the medians of squares of 3 x 3 pixels, (n, n_channels), those left out that hold a border most likely.

    The median has 0.4 times the standard deviation of the noise. Along a border it would lie between colors, as if
    there were a further one; there a plane explains much of the variance of the square, whatever the noise.
    """
    deviations = squares - np.mean(squares, axis=1, keepdims=True)  # (n, 9, c)
    slope = np.repeat([-1.0, 0.0, 1.0], 3) / np.sqrt(6.0)
    down = np.einsum("nsc,s->nc", deviations, slope)
    right = np.einsum("nsc,s->nc", deviations, slope.reshape(3, 3).T.ravel())
    explained, all_ = np.sum(down**2 + right**2, axis=1), np.sum(deviations**2, axis=(1, 2))
    order = np.argsort(np.divide(explained, all_, out=np.zeros_like(all_), where=all_ > 0.0), kind="stable")
    kept = np.sort(order[: max(2, round(len(order) * (1.0 - MOST_BLENDED)))])
    medians: FloatArray = np.median(squares[kept], axis=1)
    return medians


def refuse_gaps(values: FloatArray) -> None:
    """Raise an `InputError` unless all values are finite."""
    if not np.all(np.isfinite(values)):
        message = "An image must be finite, but holds NaN or infinity. Fill or crop those pixels."
        raise InputError(message)
