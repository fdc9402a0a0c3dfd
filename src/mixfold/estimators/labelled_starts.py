"""Starts for rows of which some labels are known: components must be those that the labels name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.utils import check_random_state

from mixfold.engines import to_numpy
from mixfold.errors import CollapseError
from mixfold.estimators.linked_starts import agreement
from mixfold.fold import Fold
from mixfold.initialization import GivenLabels
from mixfold.models import Model
from mixfold.observations import n_named
from mixfold.parameters import Parameters
from mixfold.sources import in_memory
from mixfold.typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from mixfold.models import Posterior, Variational


def allowed_of(fold: Fold, n_components: int) -> BoolArray | None:
    """Give of which components each row may be, (n, K); None where nothing is known of any."""
    if not n_named(fold.observations):
        return None
    table = np.stack([one.log_allowed(n_components) == 0.0 for one in fold.observations])
    return table[fold.source.marks.strata]


def labelled_starts(
    found: Parameters,
    complete: Fold,
    model: Model,
    allowed: BoolArray,
    random_state: int | np.random.RandomState | None,
) -> list[tuple[str, Parameters]]:
    """Name the starts: what was found without labels, in the order of these, and what labelled rows make.

    Parameters
    ----------
    found : Parameters
    complete : Fold
        Over the rows, completed.
    model : Model
    allowed : ndarray of bool of shape (n, n_components)
    random_state : int, RandomState or None
    """
    without = matched(found, complete, model, allowed)
    labelled = of_labelled_rows(without, complete, model, allowed, check_random_state(random_state))
    return [("search, matched", without), *([] if labelled is None else [("labelled rows", labelled)])]


def matched(parameters: Parameters, complete: Fold, model: Model, allowed: BoolArray) -> Parameters:
    """Give the same mixture with its components in the order in which they best fit what is known of rows.

    Parameters
    ----------
    parameters : Parameters
    complete : Fold
        Over the rows, completed.
    model : Model
    allowed : ndarray of bool of shape (n, n_components)
    """
    known = _shares(allowed, complete)
    shares = to_numpy(complete.responsibilities(model.potentials(parameters)))
    order = linear_sum_assignment(-(known.T @ shares))[1]
    return parameters.reordered(order, model.structure)


def of_labelled_rows(
    start: Parameters, complete: Fold, model: Model, allowed: BoolArray, random_state: np.random.RandomState
) -> Parameters | None:
    """Give the components of rows shared by nearest labelled mean; None where that makes no mixture.

    Parameters
    ----------
    start : Parameters
        Whose means stand for components that no row is known to be of.
    complete : Fold
        Over the rows, completed.
    model : Model
    allowed : ndarray of bool of shape (n, n_components)
    random_state : RandomState
    """
    rows, known = to_numpy(in_memory(complete.source).values).astype(np.float64), _shares(allowed, complete)
    counts = np.sum(known, axis=0)
    has_rows = counts > 0.0
    means = np.where(has_rows[:, None], known.T @ rows / np.where(has_rows, counts, 1.0)[:, None], start.means)
    # Distances in units of the features' own deviations.
    scale = np.std(rows, axis=0)
    scale = np.where(scale > 0.0, scale, 1.0)
    away = np.sum(((rows[:, None] - means) / scale) ** 2, axis=2)
    labels = np.argmin(np.where(allowed, away, np.inf), axis=1)
    try:
        statistics = GivenLabels(labels)(complete, len(means), model.structure, random_state)
        return model.maximize(statistics)
    except CollapseError:
        return None


def posterior_of_labels(
    found: Posterior, complete: Fold, model: Variational, allowed: BoolArray, most: int
) -> Posterior:
    """Give a posterior whose first components are those that labels name, the others what was found beside these.

    A label has the component that most of its rows are of; several that have one share its rows by nearest labelled
    mean, in its covariance.

    Parameters
    ----------
    found : Posterior
        Of rows without their labels.
    complete : Fold
        Over the rows, completed.
    model : Variational
    allowed : ndarray of bool of shape (n, number of labels + 1)
        The last column is for rows of which no label is known.
    most : int
        Components there may be.
    """
    rows, known = to_numpy(in_memory(complete.source).values).astype(np.float64), _shares(allowed, complete)[:, :-1]
    shares = np.asarray(to_numpy(complete.responsibilities(model.potentials(found))), dtype=np.float64)
    (k, d), n_labels, sizes = found.means.shape, known.shape[1], np.sum(shares, axis=0)
    has_rows, home = np.sum(known, axis=0) > 0.0, np.argmax(known.T @ shares, axis=1)
    home[~has_rows] = -1  # those of which no row is known are what is left over
    others = [one for one in np.argsort(-sizes, kind="stable").tolist() if one not in home]
    for label in np.flatnonzero(~has_rows)[: len(others)]:
        home[label] = others.pop(0)
    others = others[: most - n_labels]
    if len(set(home.tolist()) - {-1}) == n_labels:
        return found.reordered(np.array([*home, *others]), model.structure)
    kept = np.array([one for one in range(k) if one in home or one in others])
    best, labels = kept[np.argmax(shares[:, kept], axis=1)], np.zeros(len(rows), dtype=np.int64)
    covariances = model.family.dense(found.covariances, k, d)
    for one in kept.tolist():
        at, named = np.flatnonzero(best == one), np.flatnonzero(home == one)
        if not len(named):
            labels[at] = n_labels + others.index(one)
        elif len(named) == 1:
            labels[at] = named[0]
        else:
            means = known[:, named].T @ rows / np.sum(known[:, named], axis=0)[:, None]
            roots = np.linalg.cholesky(covariances[one])
            away = np.linalg.solve(roots, (rows[at][:, None] - means).reshape(-1, d).T).reshape(d, len(at), len(named))
            labels[at] = named[np.argmin(np.sum(away**2, axis=0), axis=1)]
    is_known = ~np.all(allowed, axis=1)
    labels[is_known] = np.argmax(allowed[is_known], axis=1)
    start = GivenLabels(labels)
    return model.maximize(start(complete, n_labels + len(others), model.structure, np.random.RandomState(0)))


def is_contradicted(
    found: Parameters, complete: Fold, model: Model, allowed: BoolArray | None, links: IntArray | None
) -> bool:
    """Tell whether what is known of rows is no better met by what was found without than by chance.

    Then rows alone tell of other components than those that are asked for, and nothing of how alike these are.

    Parameters
    ----------
    found : Parameters
    complete : Fold
        Over the rows, completed.
    model : Model
    allowed : ndarray of bool of shape (n, n_components) or None
    links : ndarray of int of shape (n,) or None
    """
    if allowed is not None:
        there = matched(found, complete, model, allowed)
        shares = np.asarray(to_numpy(complete.responsibilities(model.potentials(there))), dtype=np.float64)
        known = ~np.all(allowed, axis=1)
        if np.sum(shares[known] * allowed[known]) <= np.sum(allowed[known] @ there.weights):
            return True
    if links is None:
        return False
    shares = np.asarray(to_numpy(complete.responsibilities(model.potentials(found))), dtype=np.float64)
    agreeing, n_pairs = agreement(shares, links)
    return n_pairs > 0.0 and agreeing <= n_pairs * float(np.sum(found.weights**2))


def _shares(allowed: BoolArray, complete: Fold) -> FloatArray:
    """Share each row of which something is known between the components that it may be of."""
    n_allowed = np.sum(allowed, axis=1, keepdims=True)
    shares = np.where(n_allowed < allowed.shape[1], allowed / n_allowed, 0.0)
    weights = complete.source.weights
    return np.asarray(shares if weights is None else shares * to_numpy(weights)[:, None], dtype=np.float64)
