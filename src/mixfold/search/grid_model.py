"""`GridModel`: one number of components with one covariance family, and what became of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Self

from mixfold.fitting import Iteration, Outcome, Run
from mixfold.formats import Document
from mixfold.parameters import Parameters
from mixfold.search.criteria import CRITERIA, FURTHER_FITS, Evidence

KIND, VERSION = "grid model", 4

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
    >>> cell = model.cells_[1]
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

    def to_document(self) -> Document:
        """Give the cell as a document; what is not a finite number is left out of its header."""
        fields: dict[str, Any] = {
            "n_components": self.n_components,
            "covariance_type": self.covariance_type,
            "outcome": self.outcome.name,
            "reason": self.reason,
            "n_iter": self.n_iter,
            "seconds": self.seconds,
            "climbs": [
                [
                    run.start,
                    run.outcome.name,
                    [[one.number, one.log_likelihood, one.objective, one.seconds] for one in run.history],
                ]
                for run in self.climbs
            ],
        }
        if math.isfinite(self.reach):
            fields["reach"] = self.reach
        arrays = {}
        if self.parameters is not None:
            arrays = {name: getattr(self.parameters, name) for name in ("weights", "means", "covariances")}
        if self.evidence is not None:
            fields["evidence"] = {
                name: value
                for name in Evidence.__dataclass_fields__
                if not math.isnan(value := getattr(self.evidence, name))
            }
        return Document(KIND, VERSION, fields, arrays)

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Give the cell that `to_document` stored."""
        fields = document.fields
        return cls(
            fields["n_components"],
            fields["covariance_type"],
            Outcome[fields["outcome"]],
            fields["reason"],
            Parameters(**document.arrays) if document.arrays else None,
            Evidence(**fields["evidence"]) if "evidence" in fields else None,
            fields.get("reach", math.inf),
            fields["n_iter"],
            fields["seconds"],
            tuple(
                Run.course(number, start, Outcome[outcome], [Iteration(number, *values) for values in history])
                for number, (start, outcome, history) in enumerate(fields["climbs"])
            ),
        )
