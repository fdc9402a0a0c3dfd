"""`segment`: an image into regions of similar color, one for each component of a mixture of its pixels.

`fit_pixels` learns the mixture from a sample of the pixels, `label_pixels` labels them all tile by tile, and `segment`
does both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state

from mixfold.apps import potts
from mixfold.apps.number_of_components import fitted_mixture
from mixfold.apps.pixels import MOST_BLENDED, denoised, image_of, refuse_gaps, sampled
from mixfold.covariance import CovarianceFamily
from mixfold.errors import InputError, ShapeError
from mixfold.fitting import Callback
from mixfold.mixtures import Mixture
from mixfold.typing import Array, FloatArray, IntArray

FIT_PIXELS = 32_768
"""Pixels that a fit looks at."""
CHOICE_PIXELS = 2_048
"""Pixels on which the number of segments is chosen. Neighbors repeat each other, so that an image holds far fewer
independent pixels than pixels; with all of them a criterion would take every shade for a segment."""
MOST_CHOSEN = 12
"""The most segments that are tried where their number is not given."""
TILE = 512
"""Height and width of a tile."""
N_SWEEPS = 10
"""Sweeps of the Potts field; labels hardly change after that."""
SMOOTHNESS = 1.0
"""Nats for neighbors that agree, unless a caller says otherwise: removes the specks of noise, keeps what is larger."""
BANDS = {1: ("gray",), 3: ("red", "green", "blue")}


@final
@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """Labels of the pixels of an image, and what the segments are like.

    Attributes
    ----------
    labels : ndarray of uint8 or uint16 of shape (height, width)
        The segment of each pixel, from 0.
    mixture : Mixture
        Of the pixels; its components are the segments.
    n_pixels : ndarray of int of shape (n_segments,)
    mean_colors : ndarray of shape (n_segments, n_channels)
        Mean of the pixels of each segment, in the units of the image; the component's mean where it has none.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import segment
    >>> image = np.zeros((20, 30), dtype=np.uint8)
    >>> image[5:15, 5:15] = 200
    >>> segmentation = segment(image, 2, random_state=0)
    >>> sorted(segmentation.n_pixels.tolist()), sorted(segmentation.mean_colors.ravel().tolist())
    ([100, 500], [0.0, 200.0])
    >>> bool(np.all(segmentation.picture(image) == image))
    True
    """

    labels: Array
    mixture: Mixture
    n_pixels: IntArray
    mean_colors: FloatArray

    @property
    def n_segments(self) -> int:
        """Number of segments, empty ones included."""
        return self.mixture.n_components

    def picture(self, like: Array, rows: slice = slice(None)) -> Array:
        """Give the image with each pixel in the mean color of its segment.

        Parameters
        ----------
        like : ndarray
            The image, whose dtype and number of axes the picture gets.
        rows : slice
            Which rows of pixels to give, of an image that is too large to be painted at once.
        """
        colors = self.mean_colors if np.issubdtype(like.dtype, np.floating) else np.rint(self.mean_colors)
        painted = colors.astype(like.dtype)[self.labels[rows]]
        return painted[..., 0] if like.ndim == 2 else painted


def segment(
    image: npt.ArrayLike,
    n_segments: int | None = None,
    *,
    smoothness: float = SMOOTHNESS,
    mixture: Mixture | None = None,
    covariance_type: str | CovarianceFamily = "full",
    n_init: int = 3,
    tile: int = TILE,
    out: Array | None = None,
    random_state: int | np.random.RandomState | None = None,
    n_jobs: int | None = None,
    callback: Callback | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Segmentation:
    """Divide an image into segments of similar color.

    Parameters
    ----------
    image : array-like of shape (height, width) or (height, width, n_channels)
        Gray, RGB or any channels, of any real dtype. A memory-mapped array may be larger than memory: tiles of it are
        read.
    n_segments : int, optional
        Number of segments. By default from 1 to 12, the number whose segments stand apart best by the integrated
        completed likelihood (Biernacki, Celeux & Govaert 2000) on 2048 random pixels away from borders, each the
        median of its 3 x 3 neighborhood, because noise makes colors overlap.
    smoothness : float, default=1.0
        Nats for each pair of neighboring pixels that agree: 0 labels each pixel by itself, 1 to 3 remove noise.
    mixture : Mixture, optional
        A mixture of the pixels that is known already, so that nothing is fitted.
    covariance_type : str or CovarianceFamily, default='full'
        As in `GaussianMixture`.
    n_init : int, default=3
        Number of starts of a fit.
    tile : int, default=512
        Height and width of a tile. Labels do not depend on it.
    out : ndarray of shape (height, width), optional
        Where to write the labels, a memory-mapped array for instance.
    random_state : int, RandomState or None, default=None
        Decides on the sample of pixels and the starts.
    n_jobs : int, optional
        Number of threads of the fit.
    callback : callable, optional
        Called with an `Iteration` after each iteration of EM.
    progress : callable, optional
        Called with the number of tiles done and of all tiles.

    Returns
    -------
    segmentation : Segmentation

    Raises
    ------
    ValueError
        If the image is empty, not finite or of the wrong shape, or a parameter is out of its range.

    References
    ----------
    Zhang, Brady & Smith (2001), Segmentation of brain MR images through a hidden Markov random field model and the
    expectation-maximization algorithm. Celeux, Forbes & Peyrard (2003), EM procedures using mean field-like
    approximations for Markov model-based image segmentation. Here the field takes part in the labels, not in the fit.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import segment
    >>> image = np.zeros((20, 30), dtype=np.uint8)
    >>> image[5:15, 5:15] = 200
    >>> labels = segment(image, 2, random_state=0).labels
    >>> int((labels == labels[10, 10]).sum())
    100
    """
    pixels = image_of(image)
    if mixture is None:
        mixture = fit_pixels(
            pixels,
            n_segments,
            covariance_type=covariance_type,
            n_init=n_init,
            random_state=random_state,
            n_jobs=n_jobs,
            callback=callback,
        )
    elif n_segments not in {None, mixture.n_components}:
        message = f"`n_segments` must be that of `mixture`, {mixture.n_components}, got {n_segments}. Leave it out."
        raise InputError(message)
    return label_pixels(pixels, mixture, smoothness=smoothness, tile=tile, out=out, progress=progress)


def fit_pixels(
    image: npt.ArrayLike,
    n_segments: int | None = None,
    *,
    covariance_type: str | CovarianceFamily = "full",
    n_init: int = 3,
    random_state: int | np.random.RandomState | None = None,
    n_jobs: int | None = None,
    callback: Callback | None = None,
) -> Mixture:
    """Learn the mixture of the pixels of an image, the first half of `segment`.

    At most 32 768 random pixels are looked at. Whole numbers stand for intervals, so that each gets uniform noise
    between -1/2 and 1/2 (Theis, van den Oord & Bethge 2016, section 3.1): else a color that repeats exactly, such as an
    overexposed sky, would be a component of no extent.

    Parameters
    ----------
    image : array-like of shape (height, width) or (height, width, n_channels)
    n_segments : int, optional
        By default the number is chosen, as in `segment`.
    covariance_type : str or CovarianceFamily, default='full'
        As in `GaussianMixture`.
    n_init : int, default=3
        Number of starts of a fit.
    random_state : int, RandomState or None, default=None
        Decides on the sample of pixels and the starts.
    n_jobs : int, optional
        Number of threads of the fit.
    callback : callable, optional
        Called with an `Iteration` after each iteration of EM.

    Returns
    -------
    mixture : Mixture
        Its features are called gray; red, green, blue; or channel 0, channel 1, ...

    Raises
    ------
    ValueError
        If the image is empty, not finite, of the wrong shape or of fewer pixels than segments, or `n_segments` is out
        of its range.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.apps import fit_pixels
    >>> image = np.zeros((20, 30), dtype=np.uint8)
    >>> image[5:15, 5:15] = 200
    >>> mixture = fit_pixels(image, 2, random_state=0)
    >>> mixture.feature_names, np.sort(np.abs(mixture.means.round(0)).ravel())
    (('gray',), array([  0., 200.]))
    """
    pixels = image_of(image)
    if n_segments is not None and not (isinstance(n_segments, int | np.integer) and 1 <= n_segments <= 65_535):
        message = f"`n_segments` must be a whole number from 1 to 65535, got {n_segments!r}. Leave it out to choose it."
        raise InputError(message)
    random = check_random_state(random_state)
    rows = sampled(pixels, random, FIT_PIXELS)[:, 0]
    needed = max(n_segments or 2, 2)
    if needed > len(rows):
        message = f"An image must have at least {needed} pixels for {n_segments or 2} segment(s), got {len(rows)}."
        raise InputError(message)
    names = BANDS.get(rows.shape[1], tuple(f"channel {index}" for index in range(rows.shape[1])))
    settings: dict[str, Any] = {
        "largest": MOST_CHOSEN,
        "covariance_type": covariance_type,
        "n_init": n_init,
        "n_jobs": n_jobs,
        "random_state": random,
        "callback": callback,
    }
    if n_segments is None:
        medians = denoised(sampled(pixels, random, round(CHOICE_PIXELS / (1.0 - MOST_BLENDED)), reach=1))
        n_segments = fitted_mixture(medians, None, criterion="icl", **settings).n_components
    return fitted_mixture(rows, n_segments, feature_names=names, **settings)


def label_pixels(
    image: npt.ArrayLike,
    mixture: Mixture,
    *,
    smoothness: float = SMOOTHNESS,
    tile: int = TILE,
    out: Array | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Segmentation:
    """Label every pixel of an image by a mixture, the second half of `segment`.

    Tiles are labeled one after the other, each with as many pixels around it as the Potts field can reach, so that
    memory holds one tile besides the image and the labels, and the labels have no seams.

    Parameters
    ----------
    image : array-like of shape (height, width) or (height, width, n_channels)
    mixture : Mixture
        Of pixels with as many channels, such as `fit_pixels` learned from this image or another one.
    smoothness : float, default=1.0
        Nats for each pair of neighboring pixels that agree.
    tile : int, default=512
        Height and width of a tile. Labels do not depend on it.
    out : ndarray of shape (height, width), optional
        Where to write the labels, a memory-mapped array for instance.
    progress : callable, optional
        Called with the number of tiles done and of all tiles.

    Returns
    -------
    segmentation : Segmentation

    Raises
    ------
    ValueError
        If the image is empty, not finite or of the wrong shape, or a parameter is out of its range.

    Examples
    --------
    A mixture that was learned from one image labels another one alike.

    >>> import numpy as np
    >>> from mixfold.apps import fit_pixels, label_pixels
    >>> image = np.zeros((20, 30), dtype=np.uint8)
    >>> image[5:15, 5:15] = 200
    >>> mixture = fit_pixels(image, 2, random_state=0)
    >>> labels = label_pixels(image.T, mixture).labels
    >>> bool(np.all(labels == label_pixels(image, mixture).labels.T))
    True
    """
    pixels = image_of(image)
    if pixels.shape[2] != mixture.n_features:
        names = mixture.feature_names or [f"channel {index}" for index in range(mixture.n_features)]
        message = (
            f"The image must have the {mixture.n_features} channel(s) of the mixture ({', '.join(names)}), got "
            f"{pixels.shape[2]}. Convert the image, or fit a mixture of its own."
        )
        raise ShapeError(message)
    if not (math.isfinite(smoothness) and smoothness >= 0.0) or tile < 1:
        message = f"`smoothness` must be at least 0 and `tile` at least 1, got {smoothness:g} and {tile}."
        raise InputError(message)
    k, shape = mixture.n_components, pixels.shape[:2]
    labels = np.empty(shape, dtype=np.uint8 if k <= 256 else np.uint16) if out is None else out
    if labels.shape != shape or np.iinfo(labels.dtype).max < k - 1:
        message = f"`out` must have shape {shape} and hold numbers up to {k - 1}, got {labels.dtype} of {labels.shape}."
        raise ShapeError(message)
    counts, totals = np.zeros(k, dtype=np.intp), np.zeros((k, mixture.n_features))
    tiles = list(_tiles(shape, tile, potts.reach(N_SWEEPS) if smoothness > 0.0 else 0))
    for number, (outer, inner) in enumerate(tiles):
        block = np.asarray(pixels[outer], dtype=np.float64)  # (h, w, c)
        refuse_gaps(block)
        shares = np.asarray(mixture.responsibilities(block.reshape(-1, mixture.n_features)))
        field = shares.reshape(*block.shape[:2], k)
        if smoothness > 0.0:
            field = potts.smoothed(field, smoothness, N_SWEEPS, (outer[0].start, outer[1].start))
        within = tuple(slice(i.start - o.start, i.stop - o.start) for i, o in zip(inner, outer, strict=True))
        found = field[within].argmax(axis=2)
        labels[inner] = found
        counts += np.bincount(found.ravel(), minlength=k)
        for channel in range(mixture.n_features):
            totals[:, channel] += np.bincount(found.ravel(), block[within][..., channel].ravel(), minlength=k)
        if progress is not None:
            progress(number + 1, len(tiles))
    means = np.where(counts[:, None] > 0, totals / np.maximum(counts, 1)[:, None], mixture.means)
    return Segmentation(labels, mixture, counts, means)


def _tiles(shape: tuple[int, int], size: int, halo: int) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Yield the pixels to compute with and the pixels to label, tile by tile."""
    height, width = shape
    for top in range(0, height, size):
        for left in range(0, width, size):
            bottom, right = min(top + size, height), min(left + size, width)
            rows = slice(max(top - halo, 0), min(bottom + halo, height))
            columns = slice(max(left - halo, 0), min(right + halo, width))
            yield (rows, columns), (slice(top, bottom), slice(left, right))
