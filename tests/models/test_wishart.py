"""The norm of Wishart distributions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import wishart

from mixfold.models.wishart import log_wishart_norm

COVARIANCE = np.array([[2.0, 0.5], [0.5, 1.0]])
PRECISION = np.array([[3.0, -1.0], [-1.0, 4.0]])


def test_the_norm_is_that_of_wishart_distributions() -> None:
    scale, degrees, at = COVARIANCE, 4.0, PRECISION
    kernel = 0.5 * (degrees - 3.0) * np.linalg.slogdet(at)[1] - 0.5 * np.trace(np.linalg.inv(scale) @ at)
    norm = float(log_wishart_norm(np.asarray(np.linalg.slogdet(scale)[1]), np.asarray(degrees), 2))
    assert norm + kernel == pytest.approx(wishart(degrees, scale).logpdf(at))
