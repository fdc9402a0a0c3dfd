"""`Chain`: what the sweeps of a Gibbs sampler have drawn."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixfold.parameters import Parameters
from mixfold.search.gibbs import Gibbs, State
from mixfold.typing import IntArray


@dataclass(frozen=True, slots=True)
class Chain:
    """What sweeps have drawn.

    Attributes
    ----------
    draws : tuple of Parameters
    numbers : ndarray of int of shape (n_draws,)
        How many groups there were, each with the parameters that were drawn.
    best : State
        The most probable with the number of groups that was there most often.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import family_for
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import DirichletPrior, Variational
    >>> from mixfold.search.chain import Chain
    >>> from mixfold.search.gibbs import Gibbs
    >>> model = Variational(family_for("diag"), DirichletPrior(1.0), np.zeros(1), 0.01, np.array([1.0]), 1.0)
    >>> gibbs = Gibbs(Fold.of_rows(np.array([[0.0], [1.0], [90.0]])), model, 2, np.random.default_rng(0))
    >>> chain = Chain.of(gibbs, gibbs.begun(np.array([0, 0, 1])), n_draws=50, burn_in=10)
    >>> len(chain.draws), chain.best.labels
    (50, array([0, 0, 1], dtype=int32))
    """

    draws: tuple[Parameters, ...]
    numbers: IntArray
    best: State

    @classmethod
    def of(
        cls, gibbs: Gibbs, state: State, *, n_draws: int, burn_in: int, until: float = np.inf,
        watch: Callable[[int], Any] = lambda _: None,
    ) -> Chain:  # fmt: skip
        """Make sweeps, of which the first `burn_in` are forgotten, and one is kept though time be over."""
        draws, numbers = [], []
        best: dict[int, State] = {}
        for sweep in range(burn_in + n_draws):
            drawn_from = state
            parameters, state = gibbs.swept(state)
            watch(sweep)
            is_over = time.perf_counter() > until
            if sweep >= burn_in or is_over:
                draws.append(parameters)
                k = drawn_from.n_groups
                numbers.append(k)
                if k not in best or drawn_from.log_density > best[k].log_density:
                    best[k] = drawn_from
            if is_over:
                break
        found, times = np.unique(numbers, return_counts=True)
        return cls(tuple(draws), np.array(numbers), best[int(found[np.argmax(times)])])
