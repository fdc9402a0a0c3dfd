"""Whether there are more components than BIC says, where each has few rows for its own parameters.

BIC is what is left of the log evidence where rows are many for each parameter. Where they are not, it asks so much for
a covariance that groups far apart are taken together. With a prior that is conjugate the integral over means and
covariances has a closed form: of rows that are shared out among components it is the integrated complete likelihood
(Biernacki, Celeux & Govaert 2010; Bertoletti, Friel & Rastelli 2015, section 2), here of full covariances,

    sum_k [D/2 log(m / (m + n_k)) + v/2 log|S| - (v + n_k)/2 log|S + W_k + m n_k / (m + n_k) B_k|
           + log Gamma_D((v + n_k) / 2) - log Gamma_D(v / 2)] - n D/2 log pi
    + log Gamma(K) - log Gamma(n + K) + sum_k log Gamma(n_k + 1)

with W_k the scatter of the n_k rows of a component, B_k the square of the way from the mean of all rows to its own, and
S = v s times the covariance within components. What the prior says of how much alike components are, its degrees of
freedom v and its size s, is what makes the rows most probable; means lie as far apart as these do, m rows of each.

It is convex in the sums over rows, so that with the entropy of the shares added it is a lower bound of the log evidence
of the rows alone (Jensen's inequality), to which log K! is added, since every order of the components is as good as any
other (Bishop 2006, section 10.2.4). That is what many components are compared by: neighbors share rows, which tells
nothing against there being two. Fewer are charged for that, as by ICL, because they may follow a shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np
from scipy.special import entr, gammaln

from mixfold.covariance import LARGEST, family_for
from mixfold.engines import to_numpy
from mixfold.fitting.invariant_coordinates import MATRIX_FEATURES
from mixfold.fitting.likeness import LEAST, ROWS
from mixfold.fold import Fold
from mixfold.parameters import n_own_parameters
from mixfold.search.criteria import CLEAR_BIC_DIFFERENCE, PATIENCE_SIZES, name_of
from mixfold.search.grid_model import GridModel
from mixfold.search.own_rows import has_many
from mixfold.search.shapes import MOST_ROWS
from mixfold.typing import FloatArray

LEVELS_PAST = PATIENCE_SIZES - 1
"""Past the best, where a sweep may end: what is too many there is worse by far."""
ROWS_FOR_BIC = 4.0
"""Of a component, for each parameter of its own, from which on BIC is what is left of the log evidence."""
SIZES = 2.0 ** np.arange(-6.0, 7.0)
"""Of the prior's covariance beside that within components, of which the most likely is taken."""


@dataclass(frozen=True, slots=True)
class Integrated:
    """Why a mixture of more components than the best has was chosen.

    Attributes
    ----------
    best : GridModel
        What would be chosen otherwise.
    cell : GridModel
        Of more components, as it was before it was chosen.
    gain : float
        By how much it is better where covariances are integrated out, as a deviance.
    """

    best: GridModel
    cell: GridModel
    gain: float

    def told(self, criterion: str, tie_break: str) -> str:
        """Say in a sentence what decided."""
        del tie_break
        name, value = name_of(criterion), self.cell.value(criterion)
        named = f"{self.best.n_components} component(s), {self.best.covariance_type}"
        told = (
            f"With covariances integrated out it is better by {self.gain:.1f} than {named}, whose {name} is "
            f"{self.best.value(criterion):.3f}."
        )
        if value >= self.best.value(criterion):
            return f"Each component has few rows for its covariance, of which {name} asks too much. {told}"
        own = f"{told} Its own {name} is smaller, too, {value:.3f}"
        if self.cell.is_sound:
            return f"{own}."
        flaw, _, _ = self.cell.outcome.value.partition(";")
        return f"{own}, for which alone it would not be chosen: {flaw[0].lower()}{flaw[1:]}."


@final
@dataclass(slots=True)
class IntegratedLevels:
    """Where a sweep stands that goes up, with covariances integrated out.

    Attributes
    ----------
    values : dict of int to float
        Minus twice the log evidence by the number of components.
    """

    values: dict[int, float] = field(default_factory=dict)
    _of_rows_alone: dict[int, float] = field(default_factory=dict, repr=False)

    def find_groups(self, fold: Fold, cells: Sequence[GridModel]) -> bool:
        """Whether one of the last two of many components is clearly better for the rows alone than all before.

        Parameters
        ----------
        fold : Fold
            Complete rows.
        cells : sequence of GridModel
            Of full covariances, with more components each.
        """
        if fold.source.n_features > MATRIX_FEATURES:
            return False
        many = [cell for cell in cells if cell.parameters is not None and has_many(cell)]
        for cell in many:
            if cell.n_components not in self._of_rows_alone:
                self._of_rows_alone[cell.n_components] = integrated(fold, cell, of_rows_alone=True)
        values = [self._of_rows_alone[cell.n_components] for cell in many]
        return len(values) > 2 and min(values[-2:]) < min(values[:-2]) - CLEAR_BIC_DIFFERENCE

    def goes_down(self, fold: Fold, cells: Sequence[GridModel]) -> bool:
        """Whether components have few rows each, and more of them were better until just now.

        Parameters
        ----------
        fold : Fold
            Complete rows.
        cells : sequence of GridModel
            Of full covariances, with more components each.
        """
        known = [cell for cell in cells if cell.parameters is not None and cell.evidence is not None]
        if not known:
            return False
        n_rows = known[-1].evidence.n_rows if known[-1].evidence else 0.0
        if not has_few_each(n_rows, known[-1].n_components, fold.source.n_features):
            return False
        for cell in known:
            if cell.n_components not in self.values:
                self.values[cell.n_components] = integrated(fold, cell)
        levels = [cell.n_components for cell in known]
        best = min(levels, key=lambda k: self.values[k])
        return len(levels) - 1 - levels.index(best) < LEVELS_PAST


def has_few_each(n_rows: float, n_components: int, n_features: int, each: float = 1.0) -> bool:
    """Whether components have fewer rows on average than parameters of their own, if their covariances are full.

    There BIC is no evidence, and optima are many.

    Parameters
    ----------
    n_rows : float
    n_components, n_features : int
    each : float, default=1.0
        Rows for each of these parameters that are enough.

    Examples
    --------
    >>> from mixfold.search.integrated import has_few_each
    >>> has_few_each(1000, 4, 25), has_few_each(1000, 4, 5)
    (True, False)
    """
    own = n_own_parameters(family_for(LARGEST), n_features)
    return 1 < n_features <= MATRIX_FEATURES and n_rows < each * own * n_components


def log_evidence(rows: FloatArray, shares: FloatArray) -> float:
    """Give the log probability of rows and of how they are shared out, with means and covariances integrated out.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
    shares : ndarray of shape (n_rows, n_components)
        Times the weights of rows, where they have such.

    Returns
    -------
    log_evidence : float
        Minus infinity where features determine each other.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search.integrated import log_evidence
    >>> rows = np.random.default_rng(0).standard_normal((60, 8)) + 9.0 * np.eye(3, 8).repeat(20, axis=0)
    >>> [round(log_evidence(rows, np.eye(k).repeat(60 // k, axis=0))) for k in (1, 2, 3, 6)]
    [-903, -923, -806, -894]
    """
    counts = np.sum(shares, axis=0)
    shares, counts = shares[:, counts > LEAST], counts[counts > LEAST]
    (d, k), n = (rows.shape[1], len(counts)), float(np.sum(counts))
    means = shares.T @ rows / counts[:, None]
    around = [rows - mean for mean in means]
    scatters = np.stack([(one * share[:, None]).T @ one for one, share in zip(around, shares.T, strict=True)])
    middle = counts @ means / n
    everything = np.sum(scatters, axis=0) + (counts[:, None] * (means - middle)).T @ (means - middle)
    within = (np.sum(scatters, axis=0) + LEAST * everything) / n
    if not np.all(np.diag(within) > 0.0):
        return -np.inf
    units = np.sqrt(np.diag(within))
    try:
        root = np.linalg.inv(np.linalg.cholesky(within / units / units[:, None])) / units
    except np.linalg.LinAlgError:
        return -np.inf
    ways = (means - middle) @ root.T
    mean_square = float(counts @ np.sum(ways**2, axis=1)) / (n * d)
    of_mean = min(1.0, 1.0 / mean_square) if mean_square > 0.0 else 1.0
    drawn = of_mean * counts / (of_mean + counts)
    ratios = root @ scatters @ root.T + drawn[:, None, None] * ways[:, :, None] * ways[:, None, :]
    values = np.maximum(np.linalg.eigvalsh(ratios), 0.0)  # (K, D)
    degrees = ROWS + (d - 1.0)
    sizes = degrees[:, None] * SIZES  # (g, s)
    logs = np.sum(np.log(sizes[:, :, None, None] + values), axis=3)  # (g, s, K)
    gammas = np.sum(_log_gamma(0.5 * (degrees[:, None] + counts), d) - _log_gamma(0.5 * degrees[:, None], d), axis=1)
    of_scatter = np.sum(0.5 * (degrees[:, None] + counts)[:, None] * logs, axis=2)
    each = 0.5 * k * d * degrees[:, None] * np.log(sizes) - of_scatter + gammas[:, None]
    of_rows = float(np.max(each)) + 0.5 * d * float(np.sum(np.log(drawn / counts))) - 0.5 * n * d * np.log(np.pi)
    of_shares = float(gammaln(k) - gammaln(n + k) + np.sum(gammaln(counts + 1.0)))
    return of_rows + n * float(np.linalg.slogdet(root)[1]) + of_shares


def integrated(fold: Fold, cell: GridModel, *, of_rows_alone: bool = False) -> float:
    """Give minus twice the log evidence of rows shared out as a cell shares them; smaller is better.

    Parameters
    ----------
    fold : Fold
        Complete rows.
    cell : GridModel
        With parameters.
    of_rows_alone : bool, default=False
        And not of how they are shared out.
    """
    assert cell.parameters is not None  # noqa: S101  (callers look)
    rows = fold.sample(np.random.RandomState(0), MOST_ROWS)
    potentials = cell.parameters.potentials(family_for(cell.covariance_type))
    shares = np.asarray(to_numpy(fold.on_rows(rows).responsibilities(potentials)), dtype=np.float64)
    weights = np.asarray(rows.weights_or_ones, dtype=np.float64)
    value = log_evidence(np.asarray(rows.values, dtype=np.float64), shares * weights[:, None])
    if of_rows_alone:
        k = np.count_nonzero(weights @ shares > LEAST)
        value += float(weights @ np.sum(entr(shares), axis=1) + gammaln(k + 1.0))
    return -2.0 * value


def _log_gamma(values: FloatArray, n_features: int) -> FloatArray:
    """Give the logarithm of the multivariate gamma function."""
    steps = 0.5 * np.arange(n_features)
    constant = 0.25 * n_features * (n_features - 1) * np.log(np.pi)
    return np.asarray(constant + np.sum(gammaln(values[..., None] - steps), axis=-1), dtype=np.float64)
