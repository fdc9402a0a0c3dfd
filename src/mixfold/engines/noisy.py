"""`NativeNoise`: rows each of which was measured with noise of its own, through C++ kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from mixfold.engines import kernels
from mixfold.potentials import Potentials
from mixfold.statistics import SufficientStatistics
from mixfold.structures import FULL
from mixfold.typing import FloatArray


@final
@dataclass(frozen=True, slots=True)
class NativeNoise:
    """Kernels of few features; lanes run over rows, whose covariances are factorized side by side.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines.noisy import NativeNoise
    >>> components = np.zeros(1), np.zeros((1, 1)), np.ones((1, 1, 1))
    >>> NativeNoise().scores(np.array([[2.0]]), np.array([[3.0]]), components)[0].round(2)
    array([[-2.11]])
    """

    most_features: ClassVar[int] = 8

    def statistics(
        self,
        values: FloatArray,
        noise: FloatArray,
        weights: FloatArray,
        components: tuple[FloatArray, FloatArray, FloatArray],
        potentials: Potentials,
        *,
        is_hard: bool = False,
    ) -> tuple[SufficientStatistics, float]:
        """Give the statistics that rows are expected to have without their noise, and the smallest pivot.

        Parameters
        ----------
        values : ndarray of shape (n, n_features)
            NaN where one is missing.
        noise : ndarray of shape (n, n_features) or (n, n_features, n_features)
            Variances or covariances.
        weights : ndarray of shape (n,)
        components : tuple of ndarray
        potentials : Potentials
        is_hard : bool
        """
        k, d = components[1].shape
        result = np.empty(1 + k * (1 + d + d * d))
        smallest = kernels.compiled.noisy_statistics(
            whole(values),
            whole(noise),
            whole(weights),
            whole(components[0]),
            whole(components[1]),
            whole(components[2]),
            potentials.background,
            None if potentials.log_sides is None else whole(potentials.log_sides),
            is_hard,
            result,
        )
        count, shift, scatter = np.split(result[1:], [k, k + k * d])
        shift, scatter = shift.reshape(k, d), scatter.reshape(k, d, d)
        total, weight = float(result[0]), float(np.sum(weights))
        return SufficientStatistics(components[1], count, shift, scatter, FULL, total, len(values), weight), smallest

    def scores(
        self, values: FloatArray, noise: FloatArray, components: tuple[FloatArray, FloatArray, FloatArray]
    ) -> tuple[FloatArray, float]:
        """Give the scores of the components at each row, (n, K), and the smallest pivot."""
        result = np.empty((len(values), len(components[0])))
        smallest = kernels.compiled.noisy_scores(
            whole(values), whole(noise), whole(components[0]), whole(components[1]), whole(components[2]), result
        )
        return result, smallest


def whole(array: FloatArray) -> FloatArray:
    """Give an array as kernels take it: float64, contiguous and aligned.

    Parameters
    ----------
    array : ndarray

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.engines.noisy import whole
    >>> whole(np.ones((2, 3), dtype=np.float32).T).flags.c_contiguous
    True
    """
    return np.require(array, np.float64, ["C", "A"])
