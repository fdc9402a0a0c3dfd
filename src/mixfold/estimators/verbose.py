"""What `verbose` prints, in scikit-learn's manner."""

from __future__ import annotations

from mixfold.fitting import Iteration, Run


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


def report_end(run: Run) -> None:
    """Print how the best restart ended, and what pruning saved it."""
    print(f"Restart {run.restart}: {run.reason} Skipped {run.share_skipped:.1%} of the component evaluations.")
