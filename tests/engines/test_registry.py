"""Which engine computes given rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mixfold.engines import ENGINES, engine_for
from mixfold.errors import InputError
from mixfold.typing import Array, FloatArray
from tests.own_objects import OwnEngine


def test_auto_takes_an_engine_that_accepts_the_rows(library: Callable[[FloatArray], Array]) -> None:
    rows = library(np.ones((2, 2)))
    assert engine_for(rows).accepts(rows)


@pytest.mark.parametrize("name", ["native", "array"])
def test_an_engine_is_found_by_name(name: str) -> None:
    assert engine_for(np.ones((2, 2)), name) is ENGINES[name]


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(InputError, match=r"`engine` must be one of .*'array'.* got 'steam'"):
        engine_for(np.ones((2, 2)), "steam")


def test_rows_that_no_engine_computes_are_refused() -> None:
    with pytest.raises(InputError, match="ndarray of dtype int64"):
        engine_for(np.ones((2, 2), dtype=np.int64))


def test_an_engine_of_the_callers_own_is_taken_as_it_is() -> None:
    engine = OwnEngine()
    assert engine_for(np.ones((2, 2)), engine) is engine
    with pytest.raises(InputError, match="got the class OwnEngine. Pass an object of it"):
        engine_for(np.ones((2, 2)), OwnEngine)  # type: ignore[arg-type]
