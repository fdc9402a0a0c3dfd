"""`Swept`: what a sweep over numbers of components and families ends with."""

from __future__ import annotations

from dataclasses import dataclass

from mixfold.fitting import Run
from mixfold.models import PenalizedProblem
from mixfold.parameters import Parameters
from mixfold.search.grid_model import GridModel


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep ends with.

    Attributes
    ----------
    cells : list of GridModel
        In the order of K, then of the families.
    chosen : GridModel
        One of them.
    parameters : Parameters
        Its parameters.
    run : Run
        How EM came from where the sweep left the chosen cell to its parameters.
    problem : Problem
        What it climbed.
    restarts : list of Run
        Every climb of the best cell; the last one is that to `parameters`, from its start.
    reason : str
        A sentence on what decided.
    is_cut : bool
        Whether time was over before everything was done.

    Examples
    --------
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.fold import Fold
    >>> from mixfold.search import Sweep
    >>> swept = Sweep(Fold.of_rows(load_faithful().data), [1, 2], ["full"], "bic", seed=0).run()
    >>> swept.reason, swept.is_cut, swept.run.parameters is swept.parameters
    ('It has the smallest BIC.', False, True)
    """

    cells: list[GridModel]
    chosen: GridModel
    parameters: Parameters
    run: Run
    problem: PenalizedProblem
    restarts: list[Run]
    reason: str
    is_cut: bool
