"""What every test can ask for, and how hypothesis runs: repeatable, and without a deadline on a busy machine."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from mixfold.datasets import load_faithful
from mixfold.typing import Array, FloatArray

settings.register_profile(
    "mixfold",
    deadline=None,
    derandomize=True,
    max_examples=15,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", parent=settings.get_profile("mixfold"), derandomize=False, max_examples=1000)
settings.load_profile("mixfold")  # `pytest --hypothesis-profile=thorough tests/properties` looks further


@pytest.fixture(params=["numpy", "torch"])
def library(request: pytest.FixtureRequest) -> Callable[[FloatArray], Array]:
    """Turn a NumPy array into one of each array library, with its dtype."""
    if request.param == "numpy":
        return np.array
    torch = pytest.importorskip("torch")
    return torch.tensor  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def faithful() -> FloatArray:
    """The 272 eruptions of Old Faithful."""
    data: FloatArray = load_faithful().data
    return data
