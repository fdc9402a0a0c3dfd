"""What all cells of a sweep are fitted to and judged by."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from mixfold.covariance import CovarianceFamily, Prior
from mixfold.fitting import Problem, prior_for
from mixfold.fitting.regularization import PSEUDO_SHRINK
from mixfold.fold import Fold
from mixfold.statistics import SufficientStatistics
from mixfold.structure import Structure
from mixfold.typing import FloatArray


@dataclass(frozen=True, slots=True)
class Grounds:
    """What all cells are fitted to and judged by.

    Attributes
    ----------
    fold : Fold
    criterion : str
    deadline : float
        By `time.perf_counter`.
    everything : dict of Structure to SufficientStatistics
        All rows in one component.
    scales : dict of Structure to ndarray
        Their covariance, in the shape of `Prior.scale`.
    """

    fold: Fold
    criterion: str
    deadline: float
    everything: dict[Structure, SufficientStatistics]
    scales: dict[Structure, FloatArray]

    @classmethod
    def of(cls, fold: Fold, families: Iterable[CovarianceFamily], criterion: str, deadline: float) -> Self:
        """Look at the data once for each structure.

        Raises
        ------
        InputError
            If the squares of the data's spread cannot be held.
        """
        everything, scales = {}, {}
        for family in families:
            structure = family.structure
            if structure not in everything:
                prior_for("auto", fold, family, 1)  # refuses extreme units
                everything[structure] = fold.centered_moments(
                    lambda chunk: np.ones((int(chunk.rows.shape[0]), 1)), 1, structure
                )
                scales[structure] = family.scale(everything[structure])
        return cls(fold, criterion, deadline, everything, scales)

    def problem(self, family: CovarianceFamily, n_components: int, n_rows: float, fold: Fold | None = None) -> Problem:
        """Give the problem with the prior of `n_rows` pseudo-rows a component on the scale of the data."""
        everything = self.everything[family.structure]
        shrink = PSEUDO_SHRINK * n_components ** (-2.0 / everything.center.shape[1])
        prior = Prior.from_rows(n_rows * everything.row_weight, self.scales[family.structure], shrink=shrink)
        return Problem(fold or self.fold, family, prior)

    @property
    def is_over(self) -> bool:
        """Whether time is over."""
        return time.perf_counter() > self.deadline
