"""`GridModel`: one number of components with one covariance family, and what became of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from mixfold.covariance import family_for
from mixfold.fitting import Outcome, Run
from mixfold.fitting.fit_state import Arrays, keep_parameters, kept_parameters, kept_run, run_fields
from mixfold.parameters import Parameters
from mixfold.search.criteria import CRITERIA, FURTHER_FITS, Evidence
from mixfold.typing import FloatArray

DIGITS = 3
"""Decimals of a criterion that count: what is beyond is rounding, or what EM has left to gain."""


FLAWED = frozenset({Outcome.FEW_ROWS, Outcome.DEGENERATE})
"""How cells end that are chosen only if there is no other."""


@dataclass(frozen=True, slots=True, eq=False)
class GridModel:
    """A cell of the grid.

    Attributes
    ----------
    n_components : int
    covariance_type : str
    outcome : Outcome
    reason : str
        A sentence on the outcome.
    parameters : Parameters or None
        None where there is no answer.
    evidence : Evidence or None
        Of these parameters.
    reach : float
        What the log-likelihood could become at most with more EM steps, as far as can be told.
    n_iter : int
        EM steps from the start that was kept.
    seconds : float
        Spent on this cell.
    climbs : tuple of Run
        How EM climbed from each start, without parameters; the one that went on to those of the cell is the last.

    Examples
    --------
    >>> from mixfold import AutoGaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> model = AutoGaussianMixture([1, 2, 3], covariance_types=["full"], random_state=0).fit(load_faithful().data)
    >>> cell = model.grid_models_[1]
    >>> cell.n_components, cell.covariance_type, str(cell.outcome), round(cell.value("bic"), 1)
    (2, 'full', 'converged', 2323.0)
    """

    n_components: int
    covariance_type: str
    outcome: Outcome
    reason: str
    parameters: Parameters | None = field(default=None, repr=False)
    evidence: Evidence | None = None
    reach: float = math.inf
    n_iter: int = 0
    seconds: float = 0.0
    climbs: tuple[Run, ...] = field(default=(), repr=False)

    def value(self, criterion: str) -> float:
        """Give the criterion, smaller is better; infinite where there is no answer."""
        value = CRITERIA[criterion](self.evidence) if self.evidence else math.inf
        return math.inf if math.isnan(value) else value

    def rank(self, criterion: str) -> tuple[bool, float, int]:
        """Give what cells are chosen by: sound ones first, then the criterion, then the fewer parameters.

        Families that are one model, as eight are with one component, differ by rounding: the first of them is chosen.
        """
        n_parameters = self.evidence.n_parameters if self.evidence else 0
        return not self.is_sound, round(self.value(criterion), DIGITS), n_parameters

    @property
    def is_sound(self) -> bool:
        """Whether there is an answer, and rows enough for every part of it."""
        return self.parameters is not None and self.outcome not in FLAWED

    def has_features(self, n_features: int) -> bool:
        """Whether it has parameters, and these of so many features."""
        return self.parameters is not None and self.parameters.means.shape[1] == n_features

    @property
    def is_finished(self) -> bool:
        """Whether it would come out the same with more time."""
        return self.outcome is not Outcome.TIME_LIMIT

    def record(self, criterion: str) -> dict[str, Any]:
        """Give the cell as a row of a table: all criteria, of those that need further fits only the one that chose."""
        criteria = {name: self.value(name) for name in CRITERIA if name == criterion or name not in FURTHER_FITS}
        return {
            "n_components": self.n_components,
            "covariance_type": self.covariance_type,
            **{name: value if math.isfinite(value) else math.nan for name, value in criteria.items()},
            "log_likelihood": self.evidence.log_likelihood if self.evidence else math.nan,
            "n_parameters": self.evidence.n_parameters if self.evidence else math.nan,
            "outcome": str(self.outcome),
            "reason": self.reason,
            "n_iter": self.n_iter,
            "seconds": self.seconds,
        }

    def stored(self) -> tuple[dict[str, Any], Arrays]:
        """Give the model as fields and arrays of a checkpoint; what is not a finite number is left out."""
        arrays: Arrays = {}
        fields: dict[str, Any] = {
            "n_components": self.n_components,
            "covariance_type": self.covariance_type,
            "outcome": self.outcome.name,
            "reason": self.reason,
            "n_iter": self.n_iter,
            "seconds": self.seconds,
            "climbs": [run_fields(run, f"climbs.{number}", arrays) for number, run in enumerate(self.climbs)],
        }
        if math.isfinite(self.reach):
            fields["reach"] = self.reach
        if self.parameters is not None:
            keep_parameters(self.parameters, "model", arrays)
        if self.evidence is not None:
            fields["evidence"] = {
                name: value
                for name in Evidence.__dataclass_fields__
                if not math.isnan(value := getattr(self.evidence, name))
            }
        return fields, arrays

    @classmethod
    def restored(cls, fields: Mapping[str, Any], arrays: Mapping[str, FloatArray]) -> Self:
        """Give the model that `stored` gave."""
        structure = family_for(fields["covariance_type"]).structure
        return cls(
            fields["n_components"],
            fields["covariance_type"],
            Outcome[fields["outcome"]],
            fields["reason"],
            kept_parameters("model", arrays, Parameters.of_arrays),
            Evidence(**fields["evidence"]) if "evidence" in fields else None,
            fields.get("reach", math.inf),
            fields["n_iter"],
            fields["seconds"],
            tuple(
                kept_run(run, f"climbs.{number}", arrays, Parameters.of_arrays, structure)
                for number, run in enumerate(fields["climbs"])
            ),
        )
