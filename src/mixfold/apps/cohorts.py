"""Cohorts: backgrounds that have not heard some people, whose scores tell how strangers score.

A threshold between known and unknown voices is calibrated with them (calibration.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mixfold.errors import InputError
from mixfold.mixtures import Mixture
from mixfold.typing import FloatArray, IntArray


@dataclass(slots=True)
class Impostor:
    """Features of a recording, and whose it is: two of one number or name are the same person's."""

    rows: FloatArray
    person: str | int


@dataclass(slots=True)
class Cohort:
    """A background, speakers adapted from it, and people whom that background has never heard.

    Attributes
    ----------
    background : Mixture
    impostors : list of Impostor
    speakers : dict of str to Mixture
    """

    background: Mixture
    impostors: list[Impostor] = field(default_factory=list)
    speakers: dict[str, Mixture] = field(default_factory=dict)

    def ratios(self, features: Sequence[FloatArray]) -> FloatArray:
        """Give the mean log-likelihood ratio of each recording and speaker, (n, s); Reynolds et al. (2000), eq. 3."""
        rows, lengths = np.concatenate(features), np.array([len(one) for one in features])
        begins = np.cumsum(lengths) - lengths
        background = self.background.log_density(rows)
        ratios = [speaker.log_density(rows) - background for speaker in self.speakers.values()]
        return np.array([np.add.reduceat(ratio, begins) / lengths for ratio in ratios]).T

    def impostor_scores(self) -> FloatArray:
        """Give the best score of each stranger by a speaker that it is not; minus infinity if there is none."""
        if not self.impostors:
            return np.zeros(0)
        own = [[one.person == name for name in self.speakers] for one in self.impostors]
        scores = np.where(own, -np.inf, self.ratios([one.rows for one in self.impostors]))
        best: FloatArray = np.max(scores, axis=1)
        return best


def splits(everybody: Sequence[Impostor], n: int) -> Iterator[tuple[list[Impostor], list[Impostor]]]:
    """Yield n times whom a background learns from and who is a stranger to it; everybody is once."""
    people = list(dict.fromkeys(one.person for one in everybody))
    for first in range(n):
        apart = set(people[first::n])
        yield [one for one in everybody if one.person not in apart], [one for one in everybody if one.person in apart]


def impostor_scores_of(cohorts: Sequence[Cohort]) -> tuple[FloatArray, IntArray]:
    """Give the best score of each stranger of each cohort, without those who have none, and numbers of the people."""
    scores = np.concatenate([cohort.impostor_scores() for cohort in cohorts])
    persons = [one.person for cohort in cohorts for one in cohort.impostors]
    numbers = {person: number for number, person in enumerate(dict.fromkeys(persons))}
    people = np.array([numbers[person] for person in persons], dtype=np.intp)
    return scores[scores > -np.inf], people[scores > -np.inf]


def stored(cohorts: Sequence[Cohort]) -> tuple[dict[str, Any], dict[str, FloatArray]]:
    """Give the fields and arrays of a document; all cohorts have the same speakers."""
    strangers = [(one, number) for number, cohort in enumerate(cohorts) for one in cohort.impostors]
    n, k, d = len(cohorts), *cohorts[0].background.means.shape
    voices = [speaker for cohort in cohorts for speaker in cohort.speakers.values()]
    fields = {
        "speakers": list(cohorts[0].speakers),
        "strangers": [[len(one.rows), one.person, number] for one, number in strangers],
    }
    arrays = {
        "weights": np.array([cohort.background.weights for cohort in cohorts]),
        "means": np.array([cohort.background.means for cohort in cohorts]),
        "covariances": np.array([cohort.background.covariances for cohort in cohorts]),
        "speaker_weights": np.array([one.weights for one in voices]).reshape(n, -1, k),
        "speaker_means": np.array([one.means for one in voices]).reshape(n, -1, k, d),
        "stranger_rows": np.concatenate([np.zeros((0, d)), *(one.rows for one, _ in strangers)]),
    }
    return fields, arrays


def restored(fields: Mapping[str, Any], arrays: Mapping[str, FloatArray]) -> list[Cohort]:
    """Give the cohorts that `stored` took apart.

    Raises
    ------
    KeyError, TypeError, ValueError
        If they do not fit together.
    """
    names = [str(name) for name in fields["speakers"]]
    every = ("weights", "means", "covariances", "speaker_weights", "speaker_means")
    cohorts = []
    for weights, means, covariances, *voices in zip(*(arrays[one] for one in every), strict=True):
        mixtures = [Mixture(shares, centers, covariances, "diag") for shares, centers in zip(*voices, strict=True)]
        speakers = dict(zip(names, mixtures, strict=True))
        cohorts.append(Cohort(Mixture(weights, means, covariances, "diag"), [], speakers))
    lengths = [int(length) for length, _, _ in fields["strangers"]]
    if sum(lengths) != len(arrays["stranger_rows"]):
        raise InputError("the strangers' rows are not as many as announced")  # noqa: TRY003
    parts = np.split(arrays["stranger_rows"], np.cumsum(lengths)[:-1])
    for rows, (_, person, number) in zip(parts, fields["strangers"], strict=False):
        cohorts[number].impostors.append(Impostor(rows, person))
    return cohorts
