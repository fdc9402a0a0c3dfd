"""BLAS kept to one thread: chunks are the unit of parallel work, and one thread gives the same bits everywhere."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache

import scipy.linalg.lapack  # noqa: F401  (a controller sees only the libraries that are loaded when it is made)
from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


def single_threaded_blas() -> AbstractContextManager[object]:
    """Limit every loaded BLAS to one thread, and put it back on exit."""
    limit: AbstractContextManager[object] = _controller().limit(limits=1)
    return limit
