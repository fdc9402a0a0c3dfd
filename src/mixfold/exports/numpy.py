"""A mixture as a Python file that needs NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mixfold.exports.abstract import described
from mixfold.exports.scorer import Scorer

TEMPLATE = '''\
# {description}
"""Score rows with NumPy alone: `predict`, `predict_proba`, `log_density`{anomaly_word} of an array (n, {d})."""

import numpy as np

FEATURE_NAMES = {names}
OFFSETS = np.array({offsets})
MEANS = np.array({means})
# The inverses of the Cholesky factors of the covariances.
WHITENERS = np.array({whiteners})


def _scores(rows):
    rows = np.asarray(rows, dtype=float)
    if rows.ndim != 2 or rows.shape[1] != {d}:
        raise ValueError(f"`rows` must have shape (n, {d}), got {{rows.shape}}.")
    scores = np.empty((len(rows), {k}))
    for k, (offset, mean, whitener) in enumerate(zip(OFFSETS, MEANS, WHITENERS)):
        scores[:, k] = offset - 0.5 * np.sum(((rows - mean) @ whitener.T) ** 2, axis=1)
    return scores


def log_density(rows):
    """Give the log density of each row, (n,), in nats."""
    scores = _scores(rows)
    top = np.max(scores, axis=1, keepdims=True)
    return (top + np.log(np.sum(np.exp(scores - top), axis=1, keepdims=True)))[:, 0]


def predict_proba(rows):
    """Give the probability of each component for each row, (n, {k})."""
    scores = _scores(rows)
    terms = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    return terms / np.sum(terms, axis=1, keepdims=True)


def predict(rows):
    """Give the most probable component of each row, (n,), or -1 where the row is not finite."""
    scores = _scores(rows)
    return np.where(np.isfinite(np.max(scores, axis=1)), np.argmax(scores, axis=1), -1)
'''
ANOMALY = '''

THRESHOLD = {threshold}


def is_anomaly(rows):
    """Whether the log density of each row is below THRESHOLD, (n,); true where it is not finite, too."""
    return ~(log_density(rows) >= THRESHOLD)
'''


@dataclass(frozen=True, slots=True)
class NumPyExporter:
    """Writes a Python file that imports NumPy and nothing else.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.exports import NumPyExporter, Scorer
    >>> code = NumPyExporter().content(Scorer.of(Mixture([1.0], [[0.0]], [4.0], "spherical"))).decode()
    >>> code.count("import")
    1
    """

    name: ClassVar[str] = "numpy"
    suffix: ClassVar[str] = ".py"

    def content(self, scorer: Scorer) -> bytes:
        """Give the source."""
        k, d = scorer.means.shape
        anomalies = scorer.threshold is not None
        text = TEMPLATE.format(
            description=described(scorer),
            anomaly_word=" and `is_anomaly`" if anomalies else "",
            k=k,
            d=d,
            names=repr(scorer.feature_names),
            offsets=scorer.offsets.tolist(),
            means=scorer.means.tolist(),
            whiteners=scorer.whiteners.tolist(),
        )
        return (text + ANOMALY.format(threshold=scorer.threshold) if anomalies else text).encode()
