"""What a fit has done so far, and how it goes on from there after its process was killed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, final

import numpy as np

from mixfold.errors import InputError
from mixfold.fitting.anderson import AndersonHistory
from mixfold.fitting.checkpoint import Checkpoint
from mixfold.fitting.run import Iteration, Run
from mixfold.fitting.run_state import RunState
from mixfold.models import Model, Point, Problem
from mixfold.outcome import Outcome
from mixfold.parameters import Parameters
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.typing import FloatArray

Arrays = dict[str, FloatArray]
MadeOfArrays = Callable[[Mapping[str, FloatArray]], Parameters]
"""What makes parameters of their arrays."""

LEARNED = "learned."
"""How the names of the arrays begin that a search learned beside parameters."""
SUMS_OF_RUN = "run.sums."
"""How the names of the arrays begin that are the sums of the run under way."""


@final
@dataclass(slots=True)
class FitState:
    """The state of a fit: every run that ended, the one under way, and the random numbers to come.

    Attributes
    ----------
    random_state : RandomState
    checkpoint : Checkpoint or None
        Where the state is kept; without one it is forgotten with the process.
    began : tuple
        The random numbers that the fit began with, from which a search draws the rows that it looks at.
    raced : list of Run
        The starts of a search that have ended.
    found : Parameters or None
        What the search found.
    learned : tuple of dict and dict, or None
        What the search learned beside parameters, in JSON's types and as arrays.
    done : list of Run
        The restarts that have ended.
    run_state : RunState or None
        The restart that is under way; or the best of a search so far, while there are `moves`.
    moves : dict of str to float or None
        How far the moves of a search have come.
    is_other : bool
        Whether the search ended with another problem than it began with.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.fitting import FitState
    >>> from mixfold.models import Penalized, Problem
    >>> from mixfold.fold import Fold
    >>> from mixfold.parameters import Parameters
    >>> fold = Fold.of_rows(np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]))
    >>> problem = Problem(fold, Penalized(family_for("diag"), Prior.from_ridge(1e-6)))
    >>> fit_state = FitState.opened(np.random.RandomState(0), None, problem)
    >>> fit_state.search_ended(Parameters(np.ones(1), np.zeros((1, 1)), np.ones((1, 1))), [])
    >>> fit_state.found.means, fit_state.done
    (array([[0.]]), [])
    """

    random_state: np.random.RandomState
    checkpoint: Checkpoint | None = None
    raced: list[Run] = field(default_factory=list)
    found: Parameters | None = None
    learned: tuple[dict[str, Any], Arrays] | None = None
    done: list[Run] = field(default_factory=list)
    run_state: RunState | None = None
    moves: dict[str, float] | None = None
    is_other: bool = False
    began: tuple[Any, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Note the random numbers, where they may be asked for."""
        self.began = () if self.checkpoint is None else self._random_now()

    @classmethod
    def opened(
        cls,
        random_state: np.random.RandomState,
        checkpoint: Checkpoint | None,
        problem: Problem[Model],
        other: Problem[Model] | None = None,
    ) -> Self:
        """Go on where the checkpoint says, or begin; `other` is the problem that a search may end with instead.

        Raises
        ------
        CheckpointError
            If the checkpoint is damaged or another fit's.
        """
        fit_state = cls(random_state, checkpoint)
        if checkpoint is not None and (document := checkpoint.load()) is not None:
            with checkpoint.decoding():
                fit_state._restore(document.fields, document.arrays, problem, other or problem)
        return fit_state

    def _restore(
        self,
        fields: Mapping[str, Any],
        arrays: Mapping[str, FloatArray],
        problem: Problem[Model],
        other: Problem[Model],
    ) -> None:
        self.is_other = bool(fields["is_other"])
        problem = other if self.is_other else problem
        self.random_state.set_state(_random("random", fields, arrays))
        self.began = _random("began", fields, arrays)
        made, structure = problem.model.parameters_of, problem.model.structure
        self.raced, self.done = (
            [kept_run(run, f"{name}.{at}", arrays, made, structure) for at, run in enumerate(fields[name])]
            for name in ("raced", "done")
        )
        self.found = kept_parameters("found", arrays, made)
        if "learned" in fields:
            self.learned = fields["learned"], _Under(LEARNED, arrays)
        self.run_state = None if fields["run"] is None else _run_state(fields["run"], arrays, problem)
        self.moves = fields["moves"]

    def first_random_state(self) -> np.random.RandomState:
        """Give the random numbers that the fit began with, anew."""
        first = np.random.RandomState()
        first.set_state(self.began)
        return first

    def search_moved(self, best: RunState, raced: Sequence[Run], moves: dict[str, float]) -> None:
        """Note the best that a search has found, and the moves that it has tried; written when that is due."""
        self.run_state, self.raced, self.moves = best, list(raced), moves
        if self.checkpoint is not None and self.checkpoint.is_due:
            self._write()

    def search_ended(
        self,
        found: Parameters,
        raced: Sequence[Run],
        learned: tuple[dict[str, Any], Arrays] | None = None,
        *,
        is_other: bool = False,
    ) -> None:
        """Note what a search found, and learned beside parameters, and whether it was of the other problem at last."""
        self.found, self.raced, self.learned, self.is_other = found, list(raced), learned, is_other
        self.run_state = self.moves = None
        self._write()

    def moved(self, run_state: RunState) -> None:
        """Note where the run is that is under way; it is written when that is due."""
        self.run_state = run_state
        if self.checkpoint is not None and self.checkpoint.is_due:
            self._write()

    def run_ended(self, run: Run) -> None:
        """Note how a run ended."""
        self.done.append(run)
        self.run_state = None
        self._write()

    def _write(self) -> None:
        if self.checkpoint is None:
            return
        arrays: Arrays = {}
        fields: dict[str, Any] = {"run": None, "moves": self.moves, "is_other": self.is_other}
        for name, state in (("random", self._random_now()), ("began", self.began)):
            if len(state) != 5:
                message = "A fit with a checkpoint needs a `random_state` of MT19937, or a number. Pass a number."
                raise InputError(message)
            _, keys, position, has_gauss, gauss = state
            arrays[name] = np.asarray(keys, dtype=np.float64)
            fields[name] = [int(position), int(has_gauss), float(gauss)]
        for name in ("raced", "done"):
            runs = getattr(self, name)
            fields[name] = [run_fields(run, f"{name}.{number}", arrays) for number, run in enumerate(runs)]
        if self.found is not None:
            keep_parameters(self.found, "found", arrays)
        if self.learned is not None:
            fields["learned"] = self.learned[0]
            arrays |= {f"{LEARNED}{name}": array for name, array in self.learned[1].items()}
        if self.run_state is not None:
            fields["run"] = _run_state_fields(self.run_state, arrays)
        self.checkpoint.save(fields, arrays)

    def _random_now(self) -> tuple[Any, ...]:
        """Give the state of the random numbers; nothing if they are of another kind than MT19937."""
        state = self.random_state.get_state(legacy=True)
        return state if isinstance(state, tuple) else ()


def _random(name: str, fields: Mapping[str, Any], arrays: Mapping[str, FloatArray]) -> tuple[Any, ...]:
    return ("MT19937", arrays[name].astype(np.uint32), *fields[name])


def keep_parameters(parameters: Parameters, prefix: str, arrays: Arrays) -> None:
    """Put parameters among the arrays of a checkpoint, under names that begin with a prefix."""
    arrays |= {f"{prefix}.{name}": array for name, array in parameters.arrays.items()}


def kept_parameters(prefix: str, arrays: Mapping[str, FloatArray], made: MadeOfArrays) -> Parameters | None:
    """Give what `keep_parameters` kept, if it did."""
    return made(_Under(f"{prefix}.", arrays)) if f"{prefix}.means" in arrays else None


class _Under(dict[str, FloatArray]):
    """Those of some arrays whose names begin with a prefix, without it; what is not there is called with it."""

    def __init__(self, prefix: str, arrays: Mapping[str, FloatArray]) -> None:
        self.prefix = prefix
        own = ((name, array) for name, array in arrays.items() if name.startswith(prefix))
        super().__init__({name.removeprefix(prefix): array for name, array in own})

    def __missing__(self, name: str) -> FloatArray:
        raise KeyError(self.prefix + name)


def _keep_history(history: Sequence[Iteration], prefix: str, arrays: Arrays) -> None:
    rows = [(one.number, one.log_likelihood, one.objective, one.seconds) for one in history]
    arrays[f"{prefix}.history"] = np.array(rows, dtype=np.float64).reshape(-1, 4)


def _history(restart: int, prefix: str, arrays: Mapping[str, FloatArray]) -> list[Iteration]:
    return [Iteration(restart, int(number), *rest) for number, *rest in arrays[f"{prefix}.history"].tolist()]


def run_fields(run: Run, prefix: str, arrays: Arrays) -> dict[str, Any]:
    """Give the fields of a run, and put its arrays among those of a checkpoint."""
    if run.parameters is not None:
        keep_parameters(run.parameters, prefix, arrays)
    _keep_history(run.history, prefix, arrays)
    arrays[f"{prefix}.counts"] = run.counts
    return {
        "restart": run.restart,
        "start": run.start,
        "outcome": run.outcome.name,
        "reason": run.reason,
        "share_skipped": float(run.share_skipped),
    }


def kept_run(
    fields: dict[str, Any],
    prefix: str,
    arrays: Mapping[str, FloatArray],
    made: MadeOfArrays,
    structure: Structure,
) -> Run:
    """Give the run that `run_fields` took apart, of covariances of a structure."""
    return Run(
        fields["restart"],
        fields["start"],
        kept_parameters(prefix, arrays, made),
        Outcome[fields["outcome"]],
        fields["reason"],
        tuple(_history(fields["restart"], prefix, arrays)),
        arrays[f"{prefix}.counts"],
        structure,
        fields["share_skipped"],
    )


def _run_state_fields(run_state: RunState, arrays: Arrays) -> dict[str, Any]:
    statistics = run_state.point.statistics
    keep_parameters(run_state.point.parameters, "run", arrays)
    _keep_history(run_state.history, "run", arrays)
    arrays |= {f"{SUMS_OF_RUN}{name}": array for name, array in statistics.arrays.items()}
    if run_state.anderson is not None:
        keep_parameters(run_state.anderson.reference, "anderson", arrays)
        arrays["anderson.images"] = np.array(run_state.anderson.images)
        arrays["anderson.residuals"] = np.array(run_state.anderson.residuals)
    return {
        "restart": run_state.restart,
        "name": run_state.name,
        "is_accelerated": run_state.is_accelerated,
        "objective": float(run_state.point.objective),
        "statistics": statistics.numbers,
        "anderson": None if run_state.anderson is None else [run_state.anderson.n_left, run_state.anderson.length],
    }


def _run_state(fields: dict[str, Any], arrays: Mapping[str, FloatArray], problem: Problem[Model]) -> RunState:
    structure = problem.model.structure
    statistics = SufficientStatistics.of_saved(fields["statistics"], arrays, structure, prefix=SUMS_OF_RUN)
    parameters = problem.model.parameters_of(_Under("run.", arrays))
    run_state = RunState(
        fields["restart"],
        fields["name"],
        Point(parameters, statistics, fields["objective"]),
        _history(fields["restart"], "run", arrays),
        is_accelerated=fields["is_accelerated"],
    )
    reference = kept_parameters("anderson", arrays, problem.model.parameters_of)
    if reference is not None:
        run_state.anderson = AndersonHistory(problem, reference, *fields["anderson"])
        run_state.anderson.images.extend(arrays["anderson.images"])
        run_state.anderson.residuals.extend(arrays["anderson.residuals"])
    return run_state
