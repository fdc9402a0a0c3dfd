"""What `verbose` prints, in scikit-learn's manner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mixfold.fitting import Iteration, Run

if TYPE_CHECKING:
    from mixfold.search import GridModel, Observer


def report(iteration: Iteration, verbose: int, interval: int) -> None:
    """Print a line when a restart begins, and one every `interval` iterations.

    Parameters
    ----------
    iteration : Iteration
        The one that just ended.
    verbose : int
        0 prints nothing; 2 or more adds the log-likelihood and the time.
    interval : int
        Iterations between two lines.
    """
    if not verbose:
        return
    if iteration.number == 0:
        print(f"Initialization {iteration.restart}")
    elif iteration.number % interval == 0:
        more = f"\t log-likelihood {iteration.log_likelihood:.8f}\t {iteration.seconds:.3f} s" if verbose > 1 else ""
        print(f"  Iteration {iteration.number}{more}")


def report_end(run: Run, restarts: Sequence[Run], verbose: int) -> None:
    """Print how the best restart ended, and what pruning saved it; with 2 or more, how each ended before.

    Parameters
    ----------
    run : Run
        The best.
    restarts : sequence of Run
        All of them: of a search, every start of its race.
    verbose : int
    """
    for one in restarts if verbose > 1 else ():
        print_run(one, "  ")
    print(f"Restart {run.restart}: {run.reason} Skipped {run.share_skipped:.1%} of the component evaluations.")


def report_cell(cell: GridModel, best: GridModel, criterion: str, verbose: int) -> None:
    """Print a line for a cell of a grid that is done; with 2 or more, one for each start in it, too.

    Parameters
    ----------
    cell, best : GridModel
        The one that is done, and the best so far.
    criterion : str
    verbose : int
    """
    value = f"{criterion} {cell.value(criterion):.3f}" if cell.parameters else cell.reason
    chosen = f"best {best.covariance_type} {best.n_components}"
    print(f"{cell.covariance_type:>9} {cell.n_components:>3}  {value}  {cell.outcome}  ({chosen})")
    for run in cell.climbs if verbose > 1 else ():
        print_run(run, " " * 15)


def cells_reported(told: Observer | None, criterion: str, verbose: int) -> Observer | None:
    """Give what a sweep calls after each cell: what prints a line of it and then tells others, if there are any.

    Parameters
    ----------
    told : callable or None
        What else is called with the cell and the best so far.
    criterion : str
    verbose : int
        0 prints nothing.
    """
    if not verbose:
        return told

    def observe(cell: GridModel, best: GridModel) -> None:
        report_cell(cell, best, criterion, verbose)
        if told:
            told(cell, best)

    return observe


def print_run(run: Run, indent: str) -> None:
    """Print from where a run began, and where it came to."""
    print(f"{indent}{run.start}: {run.log_likelihood:.6f} per row, {run.outcome}, {run.n_iter} iterations")
