"""`SelectionCurve`: the models that were compared, and how good each is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self, final

from mixfold.plotting.report.drawing import themes
from mixfold.plotting.selection import CLOSE, N_COLORED
from mixfold.search import FLAWED
from mixfold.search.criteria import name_of

CONVERGED = "converged"
NO_CHOICE = frozenset(map(str, FLAWED))
MOST_MODELS_IN_A_TABLE = 30


@final
@dataclass(frozen=True, slots=True)
class SelectionCurve:
    """How good each model that was tried is.

    Attributes
    ----------
    criterion : str
        What was compared, "BIC" say; smaller is better.
    n_components : tuple of int
        Of each model.
    covariance_type : tuple of str
        Of each model.
    value : tuple of float
        The criterion of each model; not finite where a model has no answer.
    chosen : int
        Position of the model that was kept.
    ended : tuple of str
        How the fit of each model ended, "converged" or other words; may be empty.
    reason : str
        A sentence on what decided; may be empty.

    Examples
    --------
    >>> from mixfold import AutoGaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.plotting import SelectionCurve
    >>> model = AutoGaussianMixture(range(1, 4), covariance_types=["full", "tied"], random_state=0)
    >>> curve = SelectionCurve.from_estimator(model.fit(load_faithful().data))
    >>> curve.criterion, curve.n_components[curve.chosen], curve.covariance_type[curve.chosen]
    ('BIC', 2, 'full')
    """

    criterion: str
    n_components: tuple[int, ...]
    covariance_type: tuple[str, ...]
    value: tuple[float, ...]
    chosen: int
    ended: tuple[str, ...] = ()
    reason: str = ""

    @classmethod
    def from_estimator(cls, estimator: Any) -> Self:
        """Take the grid of a fitted estimator.

        Parameters
        ----------
        estimator : AutoGaussianMixture

        Returns
        -------
        curve : SelectionCurve
        """
        results, criterion = estimator.results_, estimator.criterion
        return cls(
            name_of(criterion),
            tuple(row["n_components"] for row in results),
            tuple(row["covariance_type"] for row in results),
            tuple(row[criterion] for row in results),
            next(at for at, row in enumerate(results) if row["chosen"]),
            tuple(row["outcome"] for row in results),
            estimator.reason_,
        )

    @property
    def answers(self) -> list[int]:
        """Positions of the models that have an answer, the best first; those that are no choice come last."""
        finite = [at for at, value in enumerate(self.value) if math.isfinite(value)]
        return sorted(finite, key=lambda at: (self._ended(at) in NO_CHOICE, self.value[at], at))

    @property
    def choices(self) -> list[int]:
        """Positions of the models that may be chosen, the best first: all that have an answer if there is no other."""
        sound = [at for at in self.answers if self._ended(at) not in NO_CHOICE]
        return sound or self.answers

    @property
    def has_unfinished(self) -> bool:
        """Whether the fit of some model was given up."""
        return any(self._ended(at) != CONVERGED for at in self.choices)

    def rows(self) -> list[dict[str, Any]]:
        """Give the best models in words, the best first."""
        shown = self.answers[:MOST_MODELS_IN_A_TABLE]
        best = self.value[shown[0]]
        return [
            {
                "n_components": self.n_components[at],
                "covariance_type": self.covariance_type[at],
                "value": f"{self.value[at]:.8g}",
                "above": f"{self.value[at] - best:,.1f}" if at in self.choices else "no choice",
                "ended": self._ended(at) + " (kept)" * (at == self.chosen),
                "is_chosen": at == self.chosen,
            }
            for at in shown
        ]

    def content(self) -> dict[str, Any]:
        """Give what the chart needs, in JSON's types: a line for each family, the best first.

        Heights are differences to the best, and models that are no choice are left out, as in SelectionDisplay.
        """
        best = self.value[self.answers[0]]
        lines = []
        for name in dict.fromkeys(self.covariance_type[at] for at in self.choices):
            own = [at for at in self.choices if self.covariance_type[at] == name]
            own.sort(key=lambda at: self.n_components[at])
            lines.append(
                {
                    "name": name,
                    "x": [self.n_components[at] for at in own],
                    "value": [self.value[at] for at in own],
                    "above": [self.value[at] - best for at in own],
                    "ended": [self._ended(at) for at in own],
                }
            )
        light, dark = themes(N_COLORED)
        at = self.chosen
        kept = {"name": self.covariance_type[at], "x": self.n_components[at], "value": self.value[at]}
        return {
            "criterion": self.criterion,
            "lines": lines,
            "chosen": {**kept, "above": self.value[at] - best},
            "close": CLOSE,
            "light": light,
            "dark": dark,
        }

    def _ended(self, at: int) -> str:
        return self.ended[at] if self.ended else CONVERGED
