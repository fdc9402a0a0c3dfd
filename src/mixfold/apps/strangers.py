"""How strangers score: what a threshold between known and unknown voices is calibrated with."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mixfold.errors import CalibrationWarning, InputError
from mixfold.mixture import Mixture
from mixfold.typing import FloatArray, IntArray

TINY_MORE = 1.0 + 4.0 * float(np.finfo(np.float64).eps)
"""So that 0.29 * 100 counts as 29."""


@dataclass(slots=True)
class Stranger:
    """Features of a recording, and whose it is: two of one number or name are the same person's."""

    rows: FloatArray
    person: str | int


@dataclass(slots=True)
class Panel:
    """A background, speakers adapted from it, and people whom that background has never heard.

    Attributes
    ----------
    background : Mixture
    strangers : list of Stranger
    speakers : dict of str to Mixture
    """

    background: Mixture
    strangers: list[Stranger] = field(default_factory=list)
    speakers: dict[str, Mixture] = field(default_factory=dict)

    def ratios(self, features: Sequence[FloatArray]) -> FloatArray:
        """Give the mean log-likelihood ratio of each recording and speaker, (n, s); Reynolds et al. (2000), eq. 3."""
        rows, lengths = np.concatenate(features), np.array([len(one) for one in features])
        begins = np.cumsum(lengths) - lengths
        background = self.background.log_density(rows)
        ratios = [speaker.log_density(rows) - background for speaker in self.speakers.values()]
        return np.array([np.add.reduceat(ratio, begins) / lengths for ratio in ratios]).T

    def stranger_scores(self) -> FloatArray:
        """Give the best score of each stranger by a speaker that it is not; minus infinity if there is none."""
        if not self.strangers:
            return np.zeros(0)
        own = [[one.person == name for name in self.speakers] for one in self.strangers]
        scores = np.where(own, -np.inf, self.ratios([one.rows for one in self.strangers]))
        best: FloatArray = np.max(scores, axis=1)
        return best


def threshold_of(scores: FloatArray, people: IntArray, false_accept_rate: float) -> float:
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
    """
    if len(scores) == 0:
        message = (
            "A threshold needs recordings of strangers, but everybody in the background is the only speaker enrolled. "
            "Make the background from recordings of more people."
        )
        raise InputError(message)
    _, person, n_recordings = np.unique(people, return_inverse=True, return_counts=True)
    n_people = len(n_recordings)
    order = np.argsort(-scores, kind="stable")
    mass = (1.0 + np.cumsum(1.0 / n_recordings[person[order]])) / (n_people + 1)
    n_allowed = int(np.searchsorted(mass, false_accept_rate * TINY_MORE, side="right"))
    if false_accept_rate * (n_people + 1) * TINY_MORE < 1.0:
        message = (
            f"With {n_people} people to compare with no false-accept rate below 1 / (n + 1) = "
            f"{1.0 / (n_people + 1):.3g} can be kept by design, got {false_accept_rate:g}: the threshold is put above "
            f"all of them, so that many will be unknown. Make the background from at least "
            f"{math.ceil((1.0 / false_accept_rate - 1.0) / TINY_MORE)} people, or choose a higher rate."
        )
        warnings.warn(CalibrationWarning(message), stacklevel=2)
    # Known is who scores higher: with `nextafter` reaching the threshold means just that.
    return float(np.nextafter(scores[order[min(n_allowed, len(order) - 1)]], np.inf))
