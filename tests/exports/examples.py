"""What every exporter is checked on."""

from __future__ import annotations

import numpy as np

from mixfold import Mixture
from mixfold.typing import FloatArray
from tests.examples import mixture_of

NAMES = ['the "length"', "it's; DROP TABLE", "*/ x"]


def example(covariance_type: str) -> tuple[Mixture, FloatArray, float]:
    """Give a mixture with awkward names, rows of it and around it, and a threshold that some are below."""
    plain = mixture_of(covariance_type, 4, 3, seed=3)
    mixture = Mixture(plain.weights, plain.means + 1e3, plain.covariances, covariance_type, NAMES)
    rows = mixture.sample(200, random_state=0)[0]
    rows[:5] += 30.0
    return mixture, rows, float(np.median(mixture.log_density(rows)))
