"""What a fit shows while it runs: live lines in a terminal, one plain line a restart elsewhere."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType
from typing import Self, final

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from mixfold.cli.console import ERR
from mixfold.fitting import Iteration
from mixfold.selection import Cell

MOST_LINES = 10


@final
class FitProgress:
    """A callback of a fit, and the lines that it moves.

    Parameters
    ----------
    n_restarts : int or None
        None for a search, which is shown as one: how far its best candidate has come.
    max_iter : int
    """

    def __init__(self, n_restarts: int | None, max_iter: int) -> None:
        self.n_restarts = n_restarts
        self.max_iter = max_iter
        self._last: Iteration | None = None
        self._lines: list[TaskID] = []
        self._live = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("iteration {task.completed:.0f}"),
            TextColumn("log-likelihood {task.fields[log_likelihood]:.6g}"),
            console=ERR,
            transient=True,
            disable=not ERR.is_terminal,
        )

    def __enter__(self) -> Self:
        """Begin to show."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Show how the last restart ended, and stop."""
        if kind is None:
            self._end_restart()
        self._live.stop()

    def __call__(self, iteration: Iteration) -> None:
        """Show an iteration."""
        if self.n_restarts is None:
            best = iteration if self._last is None else max(self._last, iteration, key=lambda one: one.objective)
            iteration = replace(best, restart=0, number=1 if self._last is None else self._last.number + 1)
        if self._last is None or iteration.restart != self._last.restart:
            self._end_restart()
            name = self._name(iteration)
            self._lines.append(self._live.add_task(name, total=self.max_iter, log_likelihood=iteration.log_likelihood))
            if len(self._lines) > MOST_LINES:
                self._live.remove_task(self._lines.pop(0))
        self._live.update(self._lines[-1], completed=iteration.number, log_likelihood=iteration.log_likelihood)
        self._last = iteration

    def _end_restart(self) -> None:
        if self._last is None:
            return
        self._live.update(self._lines[-1], total=self._last.number)
        if not ERR.is_terminal:
            number, log_likelihood = self._last.number, self._last.log_likelihood
            iterations = f"{number} iteration{'s' * (number != 1)}"
            ERR.print(
                f"{self._name(self._last)}: log-likelihood {log_likelihood:.6g} per row after {iterations}",
                soft_wrap=True,
            )

    def _name(self, iteration: Iteration) -> str:
        return "search" if self.n_restarts is None else f"restart {iteration.restart + 1} of {self.n_restarts}"


@final
class SweepProgress:
    """A callback of a sweep, and the line that it moves; a plain line for each number of components elsewhere.

    Parameters
    ----------
    criterion : str
    """

    def __init__(self, criterion: str) -> None:
        self.criterion = criterion
        self._n_cells = self._highest = 0
        self._last: Cell | None = None
        self._live = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=ERR,
            transient=True,
            disable=not ERR.is_terminal,
        )
        self._line = self._live.add_task("race of starts", total=None)

    def __enter__(self) -> Self:
        """Begin to show."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop."""
        if kind is None and self._last is not None:
            self._say(self._last)
        self._live.stop()

    def __call__(self, cell: Cell, best: Cell) -> None:
        """Show a cell."""
        self._n_cells += 1
        if self._last is not None and cell.n_components > self._highest:
            self._say(self._last)
        self._highest = max(self._highest, cell.n_components)
        self._last = best
        self._live.update(self._line, description=self._sentence(best))

    def _sentence(self, best: Cell) -> str:
        found = f"{best.n_components} x {best.covariance_type} with {self.criterion} {best.value(self.criterion):.6g}"
        return f"K = {self._highest} · {self._n_cells} cells · best so far {found}"

    def _say(self, best: Cell) -> None:
        if not ERR.is_terminal:
            ERR.print(self._sentence(best), soft_wrap=True, markup=False)


@final
class TaskProgress:
    """A callback that counts, and the bar that it moves.

    Parameters
    ----------
    name : str
    """

    def __init__(self, name: str) -> None:
        self._live = Progress(console=ERR, transient=True, disable=not ERR.is_terminal)
        self._line = self._live.add_task(name)

    def __enter__(self) -> Self:
        """Begin to show."""
        self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop."""
        self._live.stop()

    def __call__(self, n_done: int, n_all: int) -> None:
        """Show how many are done."""
        self._live.update(self._line, completed=n_done, total=n_all)
