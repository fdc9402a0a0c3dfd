"""Why a row is unusual: its distance from the nearest component, shared out among the features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixfold.mixtures import Mixture, pull_and_precision
from mixfold.typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Explanation:
    """What moves each row away from normal data, relative to the component that most probably made it.

    With mean mu, covariance Sigma and Omega = Sigma^-1 of that component, and delta = x - mu:

    Attributes
    ----------
    component : ndarray of int of shape (n_rows,)
        The nearest component: that of largest responsibility.
    distance : ndarray of shape (n_rows,)
        Squared Mahalanobis distance from it, ``delta^T Omega delta``; about chi-squared with D degrees of freedom for
        rows that the component made.
    contributions : ndarray of shape (n_rows, n_features)
        ``delta_j (Omega delta)_j``: each feature's Shapley value in the game whose worth is the distance of a row with
        the features outside a coalition put at their mean (Mayrhofer & Filzmoser 2023). They sum to `distance`; a
        negative one belongs to a feature that makes the row less unusual.
    expected : ndarray of shape (n_rows, n_features)
        What each feature would be, given all others: ``x_j - (Omega delta)_j / Omega_jj`` (Bishop 2006, eq. 2.75).
    deviation : ndarray of shape (n_rows, n_features)
        The standard deviation around that, ``Omega_jj^(-1/2)`` (Bishop 2006, eq. 2.73).

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import MixtureOutlierDetector
    >>> normal = np.random.default_rng(0).normal(size=(400, 2))
    >>> explanation = MixtureOutlierDetector(1, random_state=0).fit(normal).explain([[0.0, 9.0]])
    >>> explanation.feature, explanation.deviation.round()
    (array([1]), array([[1., 1.]]))
    >>> bool(np.allclose(explanation.contributions.sum(axis=1), explanation.distance))
    True
    """

    component: IntArray
    distance: FloatArray
    contributions: FloatArray
    expected: FloatArray
    deviation: FloatArray

    @property
    def feature(self) -> IntArray:
        """The feature of largest contribution, (n_rows,)."""
        return self.contributions.argmax(axis=1)


def explain(mixture: Mixture, rows: FloatArray) -> Explanation:
    """Say what moves rows away from a mixture.

    Parameters
    ----------
    mixture : Mixture
    rows : ndarray of shape (n_rows, n_features)

    References
    ----------
    Mayrhofer & Filzmoser (2023), Multivariate outlier explanations using Shapley values and Mahalanobis distances,
    Econometrics and Statistics.

    Examples
    --------
    Two features that go together: (2, -2) is unusual in both, and each should have been near the other.

    >>> mixture = Mixture([1.0], [[0.0, 0.0]], [[[1.0, 0.5], [0.5, 1.0]]])
    >>> explanation = explain(mixture, np.array([[2.0, -2.0]]))
    >>> explanation.contributions
    array([[8., 8.]])
    >>> explanation.expected
    array([[-1.,  1.]])
    """
    nearest = np.asarray(mixture.labels(rows))
    deltas = rows - mixture.means[nearest]  # (n, d)
    pulls, precisions = np.empty_like(deltas), np.empty_like(deltas)  # Omega delta, and the diagonal of Omega
    covariances = mixture.component_covariances
    for component in np.unique(nearest):
        own = nearest == component
        pulls[own], precisions[own] = pull_and_precision(covariances[component], deltas[own])
    shares = deltas * pulls
    return Explanation(nearest, shares.sum(axis=1), shares, rows - pulls / precisions, 1.0 / np.sqrt(precisions))
