"""Which features carry the clusters: a search forward and backward by BIC.

A feature is asked whether it says something of the clusters beyond what the chosen ones say: all together as one
mixture, against a mixture of the chosen ones times a linear regression of the feature on some of them (Raftery & Dean
2006, J. Am. Stat. Assoc. 101, 168-178; the regression on a subset is of Maugis, Celeux & Martin-Magniette 2009,
Biometrics 65, 701-709). So a feature that is noise, and one that only repeats others, are both left out.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, final

import numpy as np
from sklearn.base import clone

from mixfold.engines import to_numpy
from mixfold.errors import CollapseError, ConvergenceWarning, InputError, SelectionWarning, SpuriousComponentWarning
from mixfold.estimators.auto_gaussian_mixture import AutoGaussianMixture
from mixfold.estimators.rows import known_names
from mixfold.search.criteria import CLEAR_BIC_DIFFERENCE
from mixfold.typing import FloatArray, IntArray
from mixfold.validation import rows_of

USUAL = AutoGaussianMixture(
    range(1, 10), covariance_types=["full", "tied", "diag", "spherical", "VVE", "EEV"], tie_break=None, random_state=0
)
"""What compares sets of features unless a caller says otherwise."""
MOST_PAIRS = 66
"""Of features that are tried together where none has clusters alone: all of twelve."""
LEAST_SHARE = 1e-10
"""Of a feature's variance: what a regression leaves unexplained is no less, or a copy would be infinitely sure."""

Columns = tuple[int, ...]


@final
@dataclass(frozen=True, slots=True)
class FeatureSelection:
    """Which features carry the clusters, and how sure that is.

    Attributes
    ----------
    features : ndarray of int of shape (n_chosen,)
        Columns, in their order; empty where there are no clusters in any.
    names : list of str
        Of those columns; their numbers, where `X` has no names.
    differences : ndarray of shape (n_features,)
        In BIC: how much better a mixture that clusters by the feature, too, is than one in which it only depends on the
        other chosen ones. Above 10 is very strong evidence; not a number for a feature that is constant.
    steps : list of dict
        What was done: ``action`` ("add" or "remove"), ``feature`` and ``difference``.
    estimator : AutoGaussianMixture or None
        Fitted to the chosen features.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators import FeatureSelection
    >>> FeatureSelection(np.array([2]), ["size"], np.array([-8.0, -7.5, 90.0]), [], None).in_words()
    'Clusters are carried by size (BIC difference 90); the other 2 features tell nothing more of them.'
    """

    features: IntArray
    names: list[str]
    differences: FloatArray
    steps: list[dict[str, Any]]
    estimator: AutoGaussianMixture | None = field(repr=False)

    def in_words(self) -> str:
        """Say it in a sentence."""
        n_others = len(self.differences) - len(self.features)
        if not len(self.features):
            return f"None of the {n_others} features carries clusters."
        told = [
            f"{name} ({'BIC difference ' * (at == 0)}{self.differences[feature]:.0f})"
            for at, (name, feature) in enumerate(zip(self.names, self.features, strict=True))
        ]
        listed = f"{', '.join(told[:-1])} and {told[-1]}" if len(told) > 1 else told[0]
        if not n_others:
            return f"Clusters are carried by {listed}."
        others = "the other feature tells" if n_others == 1 else f"the other {n_others} features tell"
        return f"Clusters are carried by {listed}; {others} nothing more of them."


def select_features(
    X: Any,
    *,
    estimator: AutoGaussianMixture | None = None,
    least_difference: float = CLEAR_BIC_DIFFERENCE,
) -> FeatureSelection:
    """Choose the features that carry the clusters; others are noise for a clustering, or repeat what is known.

    From no feature on, the one of the largest difference in BIC is added, and the one of the least is removed, until
    none is to be added or removed. Where no feature has clusters alone, pairs are tried.

    Parameters
    ----------
    X : array-like, data frame or tensor of shape (n_rows, n_features)
        Without missing values.
    estimator : AutoGaussianMixture, optional
        What compares; its `criterion` must be 'bic'. By default one of 1 to 9 components and six families.
    least_difference : float, default=10
        Of BIC, for a feature to be added or to stay. Raftery and Dean have 0, which lets in some noise.

    Returns
    -------
    selection : FeatureSelection

    Raises
    ------
    InputError or ValueError
        If `X` cannot be used, a value is missing, or the estimator has another criterion.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import select_features
    >>> random = np.random.default_rng(0)
    >>> clusters = np.repeat([0.0, 4.0], 100)
    >>> X = np.stack([random.normal(size=200), clusters + random.normal(size=200), random.normal(size=200)], axis=1)
    >>> select_features(X).features
    array([1])
    """
    used = clone(USUAL if estimator is None else estimator)
    if used.criterion != "bic":
        message = f"`estimator` must have criterion='bic', by which features are compared, got {used.criterion!r}."
        raise InputError(message)
    rows = np.asarray(to_numpy(rows_of(X, estimator=used, reset=True)), dtype=np.float64)
    names = known_names(used) or [str(at) for at in range(rows.shape[1])]
    deviations = rows.std(axis=0)
    varying = tuple(int(at) for at in np.flatnonzero(np.ptp(rows, axis=0) > 0.0))
    comparison = Comparison((rows - rows.mean(axis=0)) / np.where(deviations > 0.0, deviations, 1.0), used)
    chosen, steps = _stepwise(comparison, varying, least_difference)
    differences = np.full(rows.shape[1], np.nan)
    for feature in varying:
        differences[feature] = comparison.difference(feature, _without(chosen, feature))
    fitted = comparison.fitted(rows, chosen) if chosen else None
    return FeatureSelection(np.array(chosen, dtype=np.intp), [names[at] for at in chosen], differences, steps, fitted)


@final
@dataclass(slots=True)
class Comparison:
    """Sets of features, compared by BIC; what was computed is kept.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_features)
        With unit variance.
    estimator : AutoGaussianMixture

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.feature_selection import USUAL, Comparison
    >>> rows = np.random.default_rng(0).standard_normal((100, 2))
    >>> Comparison(rows, USUAL).difference(1, (0,)) < 5.0  # no clusters
    True
    """

    rows: FloatArray
    estimator: AutoGaussianMixture
    _known: dict[Columns, tuple[float, int]] = field(default_factory=dict)

    def difference(self, feature: int, others: Columns) -> float:
        """Give how much better it is to cluster by a feature, too, than to regress it on the others."""
        together, _ = self.clustered((*others, feature))
        return self.clustered(others)[0] + self.regressed(feature, others) - together

    def clustered(self, columns: Columns) -> tuple[float, int]:
        """Give the BIC of the best mixture of some features, and its number of components."""
        if not columns:
            return 0.0, 1
        key = tuple(sorted(columns))
        if key not in self._known:
            try:
                model = self.fitted(self.rows, key)
                self._known[key] = float(model.best_value_), model.n_components_
            except CollapseError:
                self._known[key] = np.inf, 1
        return self._known[key]

    def fitted(self, rows: FloatArray, columns: Columns) -> AutoGaussianMixture:
        """Fit a mixture to some features; what it warns of is no news in a comparison."""
        with warnings.catch_warnings():
            for kind in (ConvergenceWarning, SelectionWarning, SpuriousComponentWarning):
                warnings.simplefilter("ignore", kind)
            model: AutoGaussianMixture = clone(self.estimator)
            return model.fit(rows[:, list(columns)])

    def regressed(self, feature: int, others: Columns) -> float:
        """Give the BIC of a linear regression on those of the other features that lower it, added one by one."""
        target = self.rows[:, feature]
        used: list[int] = []
        best, left = _bic_of(target, np.empty((len(target), 0))), list(others)
        while left:
            values = [_bic_of(target, self.rows[:, [*used, at]]) for at in left]
            lowest = int(np.argmin(values))
            if not values[lowest] < best:
                break
            best = values[lowest]
            used.append(left.pop(lowest))
        return best

    def pruned(self, columns: Columns, least: float) -> tuple[Columns, list[dict[str, Any]]]:
        """Take away features that tell nothing beside the others, the least first; give what is left, and the steps."""
        steps = []
        while len(columns) > 1:
            found = {at: self.difference(at, _without(columns, at)) for at in columns}
            worst = min(found, key=found.__getitem__)
            if found[worst] > least:
                break
            steps.append({"action": "remove", "feature": worst, "difference": found[worst]})
            columns = _without(columns, worst)
        return columns, steps


def _bic_of(target: FloatArray, predictors: FloatArray) -> float:
    """Give the BIC of a linear regression with a constant."""
    n, p = predictors.shape
    design = np.column_stack([np.ones(n), predictors])
    residuals = target - design @ np.linalg.lstsq(design, target)[0]
    variance = max(float(np.mean(residuals**2)), LEAST_SHARE)
    return float(n * (np.log(2.0 * np.pi * variance) + 1.0) + (p + 2) * np.log(n))


def _stepwise(comparison: Comparison, features: Columns, least: float) -> tuple[Columns, list[dict[str, Any]]]:
    """Add and remove features until neither is to be done; give those that are left, and what was done."""
    chosen: Columns = ()
    steps: list[dict[str, Any]] = []
    seen = {chosen}
    while True:
        grown = _added(comparison, chosen, features, least)
        steps += [
            {"action": "add", "feature": at, "difference": comparison.difference(at, _without(grown, at))}
            for at in grown
            if at not in chosen
        ]
        shrunk, removed = comparison.pruned(grown, least)
        steps += removed
        if shrunk == chosen or shrunk in seen:
            break
        chosen = shrunk
        seen.add(chosen)
    return (chosen if chosen and comparison.clustered(chosen)[1] > 1 else ()), steps


def _added(comparison: Comparison, chosen: Columns, features: Columns, least: float) -> Columns:
    """Give the features with the best one more; with the best pair where none has clusters alone."""
    left = [at for at in features if at not in chosen]
    found = {at: comparison.difference(at, chosen) for at in left}
    best = max(found, key=found.__getitem__, default=None)
    if best is not None and found[best] > least:
        return tuple(sorted((*chosen, best)))
    if chosen or not left:
        return chosen
    # Clusters that no feature has alone, as crossed ones: a pair against both regressed one after the other.
    order = sorted(found, key=found.__getitem__, reverse=True)
    pairs = {
        pair: comparison.regressed(pair[0], ())
        + comparison.regressed(pair[1], pair[:1])
        - comparison.clustered(pair)[0]
        for pair in list(combinations(order, 2))[:MOST_PAIRS]
    }
    strongest = max(pairs, key=pairs.__getitem__, default=None)
    return tuple(sorted(strongest)) if strongest is not None and pairs[strongest] > least else chosen


def _without(columns: Columns, feature: int) -> Columns:
    return tuple(at for at in columns if at != feature)
