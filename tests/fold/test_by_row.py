"""Rows that are asked one by one: kernels and NumPy say the same of them, and bad noise is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixfold.engines import ArrayEngine, NativeEngine
from mixfold.errors import CollapseError
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.fold.by_row import kernels_for
from mixfold.observations import OwnNoise
from mixfold.rows import Marks, Rows
from mixfold.sources import ArraySource
from mixfold.structures import FULL
from tests.examples import potentials_of

MOST = NativeEngine().noisy.most_features


@pytest.mark.parametrize("engine", [ArrayEngine(), NativeEngine()], ids=lambda engine: engine.name)
def test_noise_with_which_a_covariance_is_none_is_refused(engine: Any) -> None:
    source = ArraySource(np.zeros((3, 2)), Marks(noise=np.array([[1.0, 1.0], [-5.0, 1.0], [1.0, 1.0]])))
    fold, potentials = Fold(source, engine, LocalExecutor(), (OwnNoise(),)), potentials_of(FULL, 2, 2)
    with pytest.raises(CollapseError, match="must be positive definite"):
        fold.statistics(potentials, FULL)
    with pytest.raises(CollapseError, match="must be positive definite"):
        fold.log_density(potentials)


@pytest.mark.parametrize(("shape", "is_there"), [((1, MOST), True), ((1, MOST + 1), False), ((0, 1), False)])
def test_kernels_are_for_some_rows_of_few_features(shape: tuple[int, int], is_there: bool) -> None:
    assert (kernels_for(NativeEngine(), Rows(np.zeros(shape)), OwnNoise()) is not None) == is_there
