"""What every test can ask for, and how hypothesis runs: repeatable, and without a deadline on a busy machine."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from mixfold.datasets import load_faithful
from mixfold.typing import Array, FloatArray

settings.register_profile(
    "mixfold",
    deadline=None,
    derandomize=True,
    max_examples=5,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("nightly", parent=settings.get_profile("mixfold"), derandomize=False, max_examples=100)
settings.register_profile("thorough", parent=settings.get_profile("mixfold"), derandomize=False, max_examples=1000)
settings.load_profile("mixfold")  # `pytest --hypothesis-profile=thorough tests/properties` looks further


def _has_gpu() -> bool:
    # PyTorch takes seconds to load, which most runs of a few tests need not.
    has_driver = shutil.which("nvidia-smi") is not None
    return has_driver and find_spec("torch") is not None and bool(import_module("torch").cuda.is_available())


@pytest.fixture(params=["numpy", "torch", *(["cuda"] if _has_gpu() else [])])
def library(request: pytest.FixtureRequest) -> Callable[[FloatArray], Array]:
    """Turn a NumPy array into one of each array library, with its dtype; on a GPU, too, where there is one."""
    if request.param == "numpy":
        return np.array
    torch = pytest.importorskip("torch")
    return partial(torch.tensor, device="cuda") if request.param == "cuda" else torch.tensor


@pytest.fixture(scope="session")
def faithful() -> FloatArray:
    """The 272 eruptions of Old Faithful."""
    data: FloatArray = load_faithful().data
    return data


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A session of Spark on two threads, in which a task may fail thrice, as on a cluster."""
    pytest.importorskip("pyspark", reason="needs the extra `spark`")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17, which is not installed")
    from pyspark.sql import SparkSession

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[2,4]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.execution.arrow.pyspark.enabled", "true")
    session = builder.config("spark.log.level", "OFF").getOrCreate()
    yield session
    session.stop()
