"""Copies of this process, for what kills itself or runs out of disk: all that is loaded here is loaded there."""

from __future__ import annotations

import os
import signal
import traceback
import warnings
from collections.abc import Callable


def ended(do: Callable[[], object]) -> tuple[int, str]:
    """Call a function in a copy of this process, and give how that ended, as `subprocess` does, and what it raised."""
    readable, writable = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that threads are not copied: nothing here waits for one
        child = os.fork()
    if child == 0:
        code = 1
        try:
            do()
            code = 0
        except BaseException:  # noqa: BLE001  (the copy must not go on to other tests)
            os.write(writable, traceback.format_exc().encode())
        finally:
            os._exit(code)
    os.close(writable)
    with os.fdopen(readable, encoding="utf-8") as pipe:
        raised = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), raised


def killed(do: Callable[[], object]) -> None:
    """Call a function that kills the process it runs in."""
    code, raised = ended(do)
    assert code == -signal.SIGKILL, raised


def fill_up(n_bytes: int) -> None:
    """Let files have so few bytes in this process: a write then fails in the same call as on a full disk."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))


def kill() -> None:
    """Kill this process."""
    os.kill(os.getpid(), signal.SIGKILL)
