"""What callers pass as a mixture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.errors import CollapseError, InputError, ShapeError


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([0.5, 0.5], [[0.0]], [[[1.0]]]), ShapeError, r"`weights` must have shape \(n_components,\) = \(1,\)"),
        (([1.0], [0.0], [[[1.0]]]), ShapeError, "`means` must have shape"),
        (([], np.empty((0, 2)), []), ShapeError, "both at least one"),
        (([1.0], [[0.0], [1.0, 2.0]], [1.0]), ShapeError, "rows of equal length"),
        (([1.0], [[0.0]], [1.0]), ShapeError, "`covariances` must have shape that of covariance_type='full'"),
        (([0.7, 0.7], [[0.0], [1.0]], np.ones((2, 1, 1))), InputError, "sum to one"),
        (([1.5, -0.5], [[0.0], [1.0]], np.ones((2, 1, 1))), InputError, "at least zero"),
        (([1.0], [[np.nan]], [[[1.0]]]), InputError, "`means` must be finite"),
        (([1.0], [["a"]], [[[1.0]]]), InputError, "`means` must hold real numbers"),
        (([1.0], [[1j]], [[[1.0]]]), InputError, "complex"),
        (([1.0], [[0.0]], [[[-1.0]]]), CollapseError, "positive definite"),
        (([1.0], [[0.0, 0.0]], [[[1.0, 0.5], [0.1, 1.0]]]), CollapseError, "not symmetric"),
        (([1.0], [[0.0, 0.0]], [[[1.0, 1.0], [1.0, 1.0]]]), CollapseError, "smallest eigenvalue of component 0"),
        (([1.0], [[0.0]], [0.0], "spherical"), CollapseError, "component 0 has 0"),
        (([1.0], [[0.0]], [1.0], "round"), InputError, "`covariance_type` must be one of"),
        (([1.0], [[0.0]], [1.0], "spherical", ["a", "b"]), ShapeError, "`feature_names` must name n_features = 1"),
    ],
)
def test_parameters_of_no_mixture_are_refused(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Mixture(*arguments)
