"""What a fit shows while it runs: live lines in a terminal, plain ones elsewhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self, final

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from mixfold.cli.console import ERR
from mixfold.fitting import Iteration
from mixfold.search import GridModel, patience

MOST_LINES = 10
LOG_SECONDS = 10.0
"""Between two lines of a fit that goes on, where lines do not move."""


@final
class FitProgress:
    """A callback of a fit, and the lines that it moves.

    Parameters
    ----------
    n_restarts : int or None
        None for a search, which is shown as one: how far its best candidate has come.
    max_iter : int
    is_bound : bool
        Whether the evidence lower bound is climbed, and shown, in place of the log-likelihood.
    """

    def __init__(self, n_restarts: int | None, max_iter: int, *, is_bound: bool = False) -> None:
        self.n_restarts = n_restarts
        self.max_iter = max_iter
        self.is_bound = is_bound
        self._last: Iteration | None = None
        self._lines: list[TaskID] = []
        self._said = time.perf_counter()
        self._live = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("iteration {task.completed:.0f}"),
            TextColumn(f"{self._climbed} {{task.fields[height]:.6g}}"),
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
            iteration = best._replace(restart=0, number=1 if self._last is None else self._last.number + 1)
        if self._last is None or iteration.restart != self._last.restart:
            self._end_restart()
            name = self._name(iteration)
            # How many steps a search takes nobody knows before it ends: its bar has no length.
            total = None if self.n_restarts is None else self.max_iter
            self._lines.append(self._live.add_task(name, total=total, height=self._height(iteration)))
            if len(self._lines) > MOST_LINES:
                self._live.remove_task(self._lines.pop(0))
        self._live.update(self._lines[-1], completed=iteration.number, height=self._height(iteration))
        self._last = iteration
        if not ERR.is_terminal and time.perf_counter() - self._said > LOG_SECONDS:
            self._said = time.perf_counter()
            ERR.print(self._sentence(iteration), soft_wrap=True)

    def _end_restart(self) -> None:
        if self._last is None:
            return
        self._live.update(self._lines[-1], total=self._last.number)
        if not ERR.is_terminal:
            ERR.print(self._sentence(self._last), soft_wrap=True)

    def _sentence(self, last: Iteration) -> str:
        iterations = f"{last.number} iteration{'s' * (last.number != 1)}"
        return f"{self._name(last)}: {self._climbed} {self._height(last):.6g} per row after {iterations}"

    @property
    def _climbed(self) -> str:
        return "evidence lower bound" if self.is_bound else "log-likelihood"

    def _height(self, iteration: Iteration) -> float:
        return iteration.objective if self.is_bound else iteration.log_likelihood

    def _name(self, iteration: Iteration) -> str:
        return "search" if self.n_restarts is None else f"restart {iteration.restart + 1} of {self.n_restarts}"


@final
class SweepProgress:
    """A callback of a sweep, and the line that it moves; a plain line for each number of components elsewhere.

    A sweep ends when enough larger numbers were worse than the best, so that nobody knows where it ends before it does.
    What is shown is how much of it is done if no larger number is better, in cells that count by their components.

    Parameters
    ----------
    criterion : str
    levels : sequence of int or None
        The numbers of components that are tried, in rising order; None if that has no end.
    n_families : int
    max_time : float or None
        Seconds after which it ends.
    """

    def __init__(
        self, criterion: str, levels: Sequence[int] | None, n_families: int, max_time: float | None = None
    ) -> None:
        self.criterion, self.levels, self.n_families, self.max_time = criterion, levels, n_families, max_time
        self._began = time.perf_counter()
        self._done: set[tuple[int, str]] = set()
        self._n_cells = 0
        self._last: GridModel | None = None
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

    def __call__(self, cell: GridModel, best: GridModel) -> None:
        """Show a cell."""
        highest = max((k for k, _ in self._done), default=0)
        if self._last is not None and cell.n_components > highest:
            self._say(self._last)
        self._n_cells += 1
        self._done.add((cell.n_components, cell.covariance_type))
        self._last = best
        self._live.update(self._line, description=self._sentence(best))

    def _sentence(self, best: GridModel) -> str:
        found = f"{best.n_components} x {best.covariance_type} with {self.criterion} {best.value(self.criterion):.6g}"
        highest = max(k for k, _ in self._done)
        return f"K = {highest} · {self._n_cells} cells · best so far {found} · {self._left(best)}"

    def _left(self, best: GridModel) -> str:
        """Say how much is done, and what is left of it."""
        if self._n_cells > len(self._done):
            return "the best ones again"
        seconds, share = time.perf_counter() - self._began, self._share(best)
        left = seconds * (1.0 - share) / share
        if self.max_time is not None:
            left = min(left, max(self.max_time - seconds, 0.0))
        return f"{share:.0%}, {left:.0f} s left unless a larger K is better"

    def _share(self, best: GridModel) -> float:
        """Give which share of the grid is done, as far as it goes if the best remains the best."""
        levels = self.levels or range(1, best.n_components + patience(best.n_components) + 1)
        last = next(at for at, k in enumerate(levels) if k >= best.n_components) + patience(best.n_components)
        done = sum(k for k, _ in self._done)
        return done / max(self.n_families * sum(levels[: last + 1]), done)

    def _say(self, best: GridModel) -> None:
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
