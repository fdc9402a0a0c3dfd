"""Where a line lies so that a rate is kept: by the rank that a new score would have among scores that were held out.

If they are exchangeable, each rank is equally likely, whatever their distribution (conformal prediction; Vovk,
Gammerman & Shafer 2005). Of rows all ranks count, of recordings those of people. Where people are too few for that,
there remains to assume a distribution.
"""

from __future__ import annotations

import math
import warnings

import numpy as np
from scipy.stats import beta, t

from mixfold.errors import CalibrationWarning, InputError
from mixfold.typing import FloatArray, IntArray

TINY_MORE = 1.0 + 4.0 * float(np.finfo(np.float64).eps)
"""So that 0.29 * 100 counts as 29."""


def n_allowed(alpha: float, n: int) -> int:
    """Give m = floor(alpha (n + 1)): a new row is flagged if it scores below the m-th lowest of n held-out scores.

    Examples
    --------
    >>> n_allowed(0.29, 99), n_allowed(0.01, 98)
    (29, 0)
    """
    return math.floor(alpha * (n + 1) * TINY_MORE)


def p_values_of(scores: FloatArray, held_out: FloatArray) -> FloatArray:
    """Give ``(1 + #{held-out scores <= its score}) / (n + 1)`` for each score; `held_out` must be ascending.

    Examples
    --------
    >>> p_values_of(np.array([-1.0, 0.5, 9.0]), np.array([0.0, 1.0, 2.0]))
    array([0.25, 0.5 , 1.  ])
    """
    lower = np.searchsorted(held_out, scores, side="right").astype(np.float64)
    p_values: FloatArray = (1.0 + lower) / (1.0 + len(held_out))
    return p_values


def rate_bound(alpha: float, n: int, confidence: float) -> float:
    """Give what the rate of one set of n held-out scores does not exceed, with some confidence over such sets.

    The rate is Beta(m, n + 1 - m) with m = floor(alpha (n + 1)) if no scores are tied (Vovk 2012, proposition 2), and
    smaller than such a variable if some are.
    """
    return float(beta.ppf(confidence, n_allowed(alpha, n), n + 1 - n_allowed(alpha, n)))


def refuse_too_few(alpha: float, n_held_out: int, n_rows: int, share: float) -> None:
    """Raise an `InputError` if the held-out rows cannot guarantee the rate, or too few are left to learn from."""
    if n_rows - n_held_out < 2 or n_held_out < 1:
        message = (
            f"`calibration_size` must leave at least 2 rows to learn from and hold out at least 1, got {share:g} of "
            f"{n_rows} rows. Give more rows, or another share."
        )
        raise InputError(message)
    if n_allowed(alpha, n_held_out) < 1:
        needed = math.ceil((1.0 / alpha - 1.0) / share)
        message = (
            f"`alpha` must be at least 1 / (n + 1) = {1.0 / (n_held_out + 1):.3g} with n = {n_held_out} held-out rows "
            f"({share:g} of {n_rows}), got {alpha:g}. Give at least {needed} rows, hold out more of them, "
            "or choose a larger alpha."
        )
        raise InputError(message)


def threshold_of(
    scores: FloatArray, people: IntArray, false_accept_rate: float, *, assume_normal: bool = False
) -> float:
    """Give the least score that counts as known, so that a new stranger reaches it at most at the given rate.

    Scores of one person resemble each other, so that people count, not recordings: each of n people has the mass
    ``1 / (n + 1)``, shared out among that person's scores, and the person to come has the same mass at infinity. The
    threshold lies above the quantile of that distribution (Lee, Barber & Willett 2023, hierarchical conformal
    prediction). If people are exchangeable, the rate holds for any distribution of scores. Without assumptions on it,
    n people cannot tell a rate below ``1 / (n + 1)``.

    Parameters
    ----------
    scores : ndarray of shape (n_recordings,)
    people : ndarray of int of shape (n_recordings,)
        Whose each recording is.
    false_accept_rate : float in (0, 1)
    assume_normal : bool
        Whether to take scores for normal instead, those of a person around a mean that is normal itself: two people
        are enough then for any rate, which holds as far as the assumption does.

    Warns
    -----
    CalibrationWarning
        If there are too few people for the rate; the threshold then lies above all scores.

    References
    ----------
    Lee, Barber & Willett (2023), Distribution-free inference with hierarchical data. Dunn, Wasserman & Ramdas (2022),
    Distribution-free prediction sets for two-layer hierarchical models.

    Examples
    --------
    Three people; with a rate of one half, one of them may score above it, or each with half of the recordings.

    >>> scores, people = np.array([0.1, 0.2, 0.3, 0.9, 1.0]), np.array([0, 0, 1, 2, 2])
    >>> round(threshold_of(scores, people, 0.5), 6)
    0.3
    >>> round(threshold_of(scores, people, 0.1, assume_normal=True), 2)
    1.4
    """
    if len(scores) == 0:
        message = (
            "A threshold needs recordings of strangers, but everybody in the background is the only speaker enrolled. "
            "Make the background from recordings of more people."
        )
        raise InputError(message)
    _, person, n_recordings = np.unique(people, return_inverse=True, return_counts=True)
    quantile = _normal_quantile if assume_normal else _quantile
    # Known is who scores higher: with `nextafter` reaching the threshold means just that.
    return float(np.nextafter(quantile(scores, person, n_recordings, false_accept_rate), np.inf))


def _quantile(scores: FloatArray, person: IntArray, n_recordings: IntArray, rate: float) -> float:
    n_people = len(n_recordings)
    order = np.argsort(-scores, kind="stable")
    mass = (1.0 + np.cumsum(1.0 / n_recordings[person[order]])) / (n_people + 1)
    n_above = int(np.searchsorted(mass, rate * TINY_MORE, side="right"))
    if n_allowed(rate, n_people) < 1:
        message = (
            f"With {n_people} people to compare with no false-accept rate below 1 / (n + 1) = "
            f"{1.0 / (n_people + 1):.3g} can be kept by design, got {rate:g}: the threshold is put above all of them, "
            "so that many will be unknown. Make the background from at least "
            f"{math.ceil((1.0 / rate - 1.0) / TINY_MORE)} people, choose a higher rate, or assume normal scores."
        )
        warnings.warn(CalibrationWarning(message), stacklevel=2)
    return float(scores[order[min(n_above, len(order) - 1)]])


def _normal_quantile(scores: FloatArray, person: IntArray, n_recordings: IntArray, rate: float) -> float:
    """Give a prediction bound: the mean plus Student's t times the deviation of a new person's recording from it.

    With people of variance ``tau^2`` and recordings around them of ``sigma^2``, means of n_i recordings have the
    variance ``tau^2 + sigma^2 mean(1 / n_i)``, and the mean of all has its n-th part. The degrees of freedom are those
    of people, which errs on the careful side.
    """
    n_people = len(n_recordings)
    if n_people < 2:
        message = "Normal scores need at least 2 people to compare with, got 1. Make the background from more people."
        raise InputError(message)
    means = np.bincount(person, scores) / n_recordings
    between = np.var(means, ddof=1) * (1.0 + 1.0 / n_people)
    within = (
        np.sum((scores - means[person]) ** 2) / max(len(scores) - n_people, 1) * (1.0 - np.mean(1.0 / n_recordings))
    )
    return float(np.mean(means) + t.isf(rate, n_people - 1) * np.sqrt(between + within))
