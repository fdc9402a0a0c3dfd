"""How a Dask cluster can be lost, by name."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager

from mixfold.errors import ExecutorError


@contextmanager
def losses_named() -> Iterator[None]:
    """Turn the ways in which a cluster can be lost into one error that says what to do.

    Yields
    ------
    nothing : None

    Raises
    ------
    ExecutorError

    Examples
    --------
    >>> from distributed.comm import CommClosedError
    >>> from mixfold.rows.lost_parts import losses_named
    >>> with losses_named():  # doctest: +ELLIPSIS
    ...     raise CommClosedError("the scheduler has gone")
    Traceback (most recent call last):
        ...
    mixfold.errors.ExecutorError: The Dask cluster must be reachable until the fit ends, but was lost ...
    """
    try:
        from distributed import KilledWorker  # noqa: PLC0415  (optional extra)
        from distributed.comm import CommClosedError  # noqa: PLC0415  (optional extra)
    except ImportError:  # Dask alone computes in this process, which has nothing to lose
        yield
        return
    try:
        yield
    except KilledWorker as error:
        message = (
            f"A part of the data killed every worker that took it ({error}). Most likely it does not fit into the "
            "memory of a worker: make partitions smaller, give workers more memory, or pass `DaskExecutor(keep=False)`."
        )
        raise ExecutorError(message) from error
    except (OSError, CancelledError) as error:
        # A connection that is refused until time is up raises an OSError from one of these; an OSError of the data,
        # raised on a worker, comes without a cause.
        lost = (CommClosedError, CancelledError, TimeoutError)
        if not isinstance(error, lost) and not isinstance(error.__cause__, lost):
            raise
        message = (
            f"The Dask cluster must be reachable until the fit ends, but was lost ({type(error).__name__}: {error}). "
            "Start it again and run the same fit; with `checkpoint` it goes on where it was."
        )
        raise ExecutorError(message) from error
