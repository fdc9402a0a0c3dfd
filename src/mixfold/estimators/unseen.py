"""How far values that a mixture has not seen lie from what it expects of them, beside how far it says.

A fitted mixture takes itself for the true one: the values that rows lack are spread wider than it says. By how much is
told by values that the rows have: parts of them are taken away in turn, a mixture is fitted anew without them, and how
far they are from what it expects is held beside the interval that should have nine of ten (Romano, Patterson & Candes
2019). To go on by EM from the fitted mixture, which has seen them, says too little.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import ndtr

from mixfold.engines import engine_for
from mixfold.errors import InputError
from mixfold.estimators.em_fitter import EMFitter
from mixfold.estimators.em_settings import EMSettings
from mixfold.estimators.missing import Gap, given_the_rest
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.mixtures import Mixture
from mixfold.observations import Incomplete
from mixfold.potentials import Potentials
from mixfold.sources import ArraySource
from mixfold.typing import BoolArray, FloatArray

N_PARTS, SHARE = 5, 0.1
"""Parts of the values that are taken away in turn, and the share of all that each is."""
FEWEST = 50
"""Values that are taken away in all, of which a quantile is known within a few hundredths."""
LEVEL = 0.9
"""The share of values that an interval holds whose width is compared."""
FARTHEST, HALVINGS = 8.0, 40
"""Deviations from a component within which its quantiles are looked for, and how often that is halved."""


def spread_of_unseen(rows: FloatArray, mixture: Mixture, random: np.random.RandomState) -> float:
    """Give how many times as wide as a mixture says the interval is that holds nine of ten values that it has not seen.

    Parameters
    ----------
    rows : ndarray of shape (n, n_features)
        That the mixture was fitted to; NaN where values are missing.
    mixture : Mixture
        Whose number of components and family are those of the fits.
    random : RandomState
        Of which values are taken away.

    Returns
    -------
    spread : float
        At least one.

    Raises
    ------
    InputError
        If there are too few values.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import GaussianMixture
    >>> from mixfold.estimators.unseen import spread_of_unseen
    >>> random = np.random.default_rng(0)
    >>> rows = random.normal(size=(40, 2)) @ random.normal(size=(2, 8)) + random.normal(size=(40, 8))
    >>> few = GaussianMixture(1, reg_covar=1e-6).fit(rows).mixture_  # 44 parameters of 40 rows
    >>> bool(1.1 < spread_of_unseen(rows, few, np.random.RandomState(0)) < 1.5)
    True
    """
    rows = np.asarray(rows, dtype=np.float64)
    if N_PARTS * int(SHARE * np.count_nonzero(~np.isnan(rows))) < FEWEST:
        message = (
            f"`calibrated` needs at least {FEWEST / N_PARTS / SHARE:.0f} values that are not missing, got "
            f"{np.count_nonzero(~np.isnan(rows))}. Pass the rows that the mixture was fitted to."
        )
        raise InputError(message)
    fitter, scores = _fitter_like(mixture), list[FloatArray]()
    for taken in _parts(rows, random):
        fold = _fold_over(np.where(taken, np.nan, rows))
        fit = fitter.fit(fold.source, observations=fold.observations)
        scores.append(_distances(fold, fit.model.potentials(fit.parameters), rows)[taken])
    distances = np.concatenate(scores)
    distances = distances[np.isfinite(distances)]  # what others determine may have no interval
    if not len(distances):
        return 1.0
    level = min(LEVEL * (1.0 + 1.0 / len(distances)), 1.0)  # one more value is held by as many (Vovk et al. 2005)
    return max(float(np.quantile(distances, level)), 1.0)


def _fitter_like(mixture: Mixture) -> EMFitter:
    """Give what fits as many components of the same family by a search."""
    from mixfold.estimators.gaussian_mixture import GaussianMixture  # noqa: PLC0415  (which imputes by this module)

    usual = GaussianMixture(mixture.n_components, covariance_type=mixture.family, random_state=0)
    return EMFitter(EMSettings.of(usual))


def _fold_over(rows: FloatArray) -> Fold:
    return Fold(ArraySource(rows), engine_for(rows), LocalExecutor(), (Incomplete(),))


def _parts(rows: FloatArray, random: np.random.RandomState) -> Iterator[BoolArray]:
    """Yield which values are taken away, (n, D), never all that a row has, nor all but one of a feature."""
    there = np.argwhere(~np.isnan(rows))
    order = random.permutation(len(there))
    size = int(SHARE * len(there))
    for part in range(N_PARTS):
        taken = np.zeros(rows.shape, dtype=bool)
        taken[tuple(there[order[part * size : (part + 1) * size]].T)] = True
        left = ~np.isnan(rows) & ~taken
        taken &= np.any(left, axis=1)[:, None] & (np.count_nonzero(left, axis=0) > 1)
        yield taken


def _distances(fold: Fold, potentials: Potentials, rows: FloatArray) -> FloatArray:
    """Give how far the values that a fold lacks are from what is expected, in the ends of their intervals, (n, D)."""
    distances = np.full(rows.shape, np.nan)
    for gap in given_the_rest(fold, potentials):
        at = np.ix_(gap.rows, gap.features)
        away = rows[at] - gap.mean
        end = np.where(away > 0.0, _quantile(gap, 0.5 * (1.0 + LEVEL)), _quantile(gap, 0.5 * (1.0 - LEVEL)))
        with np.errstate(divide="ignore", invalid="ignore"):
            distances[at] = np.maximum(away / (end - gap.mean), 0.0)
    return distances


def _quantile(gap: Gap, level: float) -> FloatArray:
    """Give a quantile of what is expected of each value of a gap, (n, m)."""
    deviations = np.sqrt(np.diagonal(gap.covariances, axis1=1, axis2=2))[:, None]  # (k, 1, m)
    low, high = (np.min(gap.means - FARTHEST * deviations, axis=0), np.max(gap.means + FARTHEST * deviations, axis=0))
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        is_below = np.einsum("nk,knm->nm", gap.shares, ndtr((middle - gap.means) / deviations)) < level
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return np.asarray(middle)
