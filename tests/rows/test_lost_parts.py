"""What a cluster loses is one error, and what the data lack another."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixfold.errors import ExecutorError
from mixfold.rows.lost_parts import losses_named

pytest.importorskip("distributed", reason="needs the extra `dask`")


def test_a_scheduler_that_refuses_connections_is_lost_and_a_file_that_is_missing_is_not() -> None:
    import asyncio

    from distributed.comm import connect

    with pytest.raises(ExecutorError, match="was lost"), losses_named():
        asyncio.run(connect("tcp://127.0.0.1:1", timeout=0.2))
    with pytest.raises(FileNotFoundError), losses_named():
        Path("no such file").read_bytes()
