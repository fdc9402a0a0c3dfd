"""How a posterior is drawn from by a Gibbs sampler that begins where the variational one was found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mixfold.engines import to_numpy
from mixfold.errors import InputError
from mixfold.estimators.missing import in_this_process
from mixfold.fitting import matched
from mixfold.fold import Fold, has_gaps
from mixfold.mixtures import Mixture
from mixfold.models import Point, Posterior, Problem, Variational
from mixfold.parameters import Parameters
from mixfold.rows import Source
from mixfold.search.chain import Chain
from mixfold.search.gibbs import Gibbs, in_structure
from mixfold.sources import in_memory
from mixfold.validation import is_tensor

BURN_IN = 0.5
"""Sweeps that are forgotten, for each draw that is kept."""


def refuse_what_gibbs_cannot_draw(source: Source) -> None:
    """Refuse rows whose components cannot be drawn one by one.

    Parameters
    ----------
    source : Source

    Raises
    ------
    InputError
        If they are not in the host's memory, lack values, or more is known of them than their values.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.gibbs_fit import refuse_what_gibbs_cannot_draw
    >>> from mixfold.sources import ArraySource
    >>> refuse_what_gibbs_cannot_draw(ArraySource(np.zeros((3, 1))))
    """
    if (
        not source.is_in_memory
        or is_tensor(source.first)
        or any(column is not None for column in source.marks.columns)
        or has_gaps(in_memory(source).values)
    ):
        message = (
            "posterior='gibbs' must have complete rows in memory that all count one, but these are in files or on a "
            "device, or have weights, missing values, noise, labels or links. Use posterior='variational'."
        )
        raise InputError(message)


def drawn_by_gibbs(
    fold: Fold, model: Variational, posterior: Posterior, most: int, n_draws: int, random: np.random.Generator
) -> tuple[Point, Chain]:
    """Sample, and give the point that stands for the most probable division of the rows.

    Parameters
    ----------
    fold : Fold
    model : Variational
    posterior : Posterior
        Where to begin.
    most : int
        Components there may be.
    n_draws : int
    random : Generator

    Returns
    -------
    point : Point
        Its components, the largest first, are those that all draws of as many components have been brought to.
    chain : Chain
    """
    fold, model = _exact(in_this_process(fold)), replace(model, ridge=0.0)
    gibbs = Gibbs(fold, model, most, random, sharing=len(posterior.weights))
    begun = gibbs.begun(np.asarray(to_numpy(fold.labels(model.potentials(posterior)))))
    burn_in = int(BURN_IN * n_draws)
    chain = Chain.of(gibbs, begun, n_draws=n_draws, burn_in=burn_in, until=fold.deadline)
    groups = chain.best.groups
    order = np.argsort(-groups.count, kind="stable")
    statistics = in_structure(groups.take(order), model.structure)
    point = Point.at(Problem(fold, model), model.maximize(statistics))
    return point, replace(chain, draws=tuple(_matched(draw, point.parameters, model) for draw in chain.draws))


def _exact(fold: Fold) -> Fold:
    """Give the fold in double precision: a prior may be narrower than the rounding of sums in single."""
    rows = in_memory(fold.source).rows
    is_exact = np.asarray(rows.values).dtype == np.float64
    return fold if is_exact else fold.on_rows(replace(rows, values=np.asarray(rows.values, dtype=np.float64)))


def _matched(draw: Parameters, there: Parameters, model: Variational) -> Parameters:
    """Give a draw with its components in the order of others, where there are as many."""
    if len(draw.weights) != len(there.weights):
        return draw
    mixtures = (Mixture.from_parameters(each, model.family) for each in (there, draw))
    return draw.reordered(matched(*mixtures), model.structure)
