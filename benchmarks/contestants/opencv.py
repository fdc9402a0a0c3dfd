"""OpenCV 4 (the 5.0 wheels come without its module `ml`)."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from benchmarks.contestants.abstract import Unsuitable
from benchmarks.workloads import Workload
from mixfold.parameters import Parameters
from mixfold.typing import FloatArray

cv2.setNumThreads(1)


class OpenCV:
    """`cv2.ml.EM`, which computes in float64; each call of its training begins where the last one ended.

    Training of n iterations is n E steps with n - 1 M steps between them; covariances are decomposed by eigenvalues.
    """

    def __init__(self, workload: Workload, rows: FloatArray, start: Parameters) -> None:
        if not hasattr(cv2, "ml"):
            message = f"version {cv2.__version__} has no `ml`"
            raise Unsuitable(message)
        self.rows = rows
        self.weights, self.means = start.weights, start.means
        diagonal = workload.covariance_type == "diag"
        self.covariances = np.stack([np.diag(one) if diagonal else one for one in start.covariances])
        self.model: Any = cv2.ml.EM_create()
        self.model.setClustersNumber(workload.n_components)
        kind = cv2.ml.EM_COV_MAT_DIAGONAL if diagonal else cv2.ml.EM_COV_MAT_GENERIC
        self.model.setCovarianceMatrixType(kind)

    def iterate(self, steps: int) -> None:
        self.model.setTermCriteria((cv2.TERM_CRITERIA_COUNT, steps, 0.0))
        # As a stack of matrices, not as one with channels.
        covariances = cv2.Mat(self.covariances, wrap_channels=False)
        _, self.densities, _, _ = self.model.trainE(self.rows, self.means, covariances, self.weights)
        self.weights, self.means = self.model.getWeights(), self.model.getMeans()
        self.covariances = np.stack(self.model.getCovs())

    def log_likelihood(self) -> float:
        return float(self.densities.sum())

    def score_samples(self) -> Any:
        message = "one row a call"
        raise Unsuitable(message)

    def predict_proba(self) -> Any:
        message = "its start is not a model before an iteration"
        raise Unsuitable(message)
