"""A Potts field over the labels of an image, by mean-field iterations.

Neighboring pixels i ~ j (above, below, left, right) like to agree: labels z of pixels x have the energy

    E(z) = - sum_i log p(z_i, x_i) - smoothness * sum_{i ~ j} [z_i = z_j],

with the mixture's joint density of component and pixel in the first sum; the posterior is proportional to exp(-E). Its
best factorizing approximation q obeys at every pixel (Bishop 2006, eq. 10.9; Celeux, Forbes & Peyrard 2003, for this
field)

    log q_i(k) = log p(k, x_i) + smoothness * sum_{j ~ i} q_j(k) + constant.

Pixels are updated like the squares of a chessboard, all black ones and then all white ones. No two black squares are
neighbors, so each half of a sweep is an exact step of coordinate descent, and the free energy never rises. A sweep
carries information over two pixels: `reach` tells how far n sweeps do, and tiles with that much around them get the
labels that the whole image gets, bit for bit.
"""

from __future__ import annotations

import numpy as np

from mixfold.typing import FloatArray

TINY = np.finfo(np.float64).tiny
"""Responsibilities below the smallest number count as it: 708 nats, which no neighbors outweigh."""


def reach(n_sweeps: int) -> int:
    """Give how many pixels away another pixel can have a say."""
    return 2 * n_sweeps


def smoothed(
    responsibilities: FloatArray, smoothness: float, n_sweeps: int, origin: tuple[int, int] = (0, 0)
) -> FloatArray:
    """Give the mean field of the labels.

    Parameters
    ----------
    responsibilities : ndarray of shape (height, width, n_components)
        Of each pixel by itself.
    smoothness : float
        Nats for each pair of neighbors that agree.
    n_sweeps : int
    origin : tuple of int
        Row and column of the first pixel in the whole image: which squares of the chessboard are black.

    Returns
    -------
    field : ndarray of shape (height, width, n_components)
        q, the sum over components being one.

    Examples
    --------
    A pixel that is a little more like component 1 gives in to its neighbors.

    >>> shares = np.tile([0.9, 0.1], (3, 3, 1))
    >>> shares[1, 1] = [0.4, 0.6]
    >>> smoothed(shares, 1.0, 5)[1, 1].argmax()
    np.int64(0)
    """
    height, width, k = responsibilities.shape
    # Components first, so that the arithmetic runs along rows of pixels.
    alone = np.log(np.maximum(np.moveaxis(responsibilities, 2, 0), TINY))  # (k, h, w)
    # A frame of zeros around the field: what lies outside has no say.
    field = np.zeros((k, height + 2, width + 2))
    field[:, 1:-1, 1:-1] = np.moveaxis(responsibilities, 2, 0)
    for _ in range(n_sweeps):
        for color in (0, 1):
            for top in (0, 1):
                left = (top + color + sum(origin)) % 2
                _update(field, alone, smoothness, top, left)
    return np.moveaxis(field[:, 1:-1, 1:-1], 0, 2)


def free_energy(field: FloatArray, responsibilities: FloatArray, smoothness: float) -> float:
    """Give what the sweeps descend: the expectation of E under q minus the entropy of q (Bishop 2006, eq. 10.3)."""
    alone = np.log(np.maximum(responsibilities, TINY))
    agreement = np.sum(field[1:] * field[:-1]) + np.sum(field[:, 1:] * field[:, :-1])
    entropy = -np.sum(field * np.log(np.maximum(field, TINY)))
    return float(-np.sum(field * alone) - smoothness * agreement - entropy)


def _update(field: FloatArray, alone: FloatArray, smoothness: float, top: int, left: int) -> None:
    """Update every second pixel of every second row, beginning with (top, left)."""
    _, height, width = alone.shape
    rows, columns = slice(top + 1, height + 1, 2), slice(left + 1, width + 1, 2)
    scores = field[:, top:height:2, columns] + field[:, top + 2 : height + 2 : 2, columns]
    scores += field[:, rows, left:width:2]
    scores += field[:, rows, left + 2 : width + 2 : 2]
    scores *= smoothness
    scores += alone[:, top::2, left::2]
    scores -= scores.max(axis=0)
    np.exp(scores, out=scores)
    field[:, rows, columns] = scores / scores.sum(axis=0)
