"""What sweeps have drawn: one draw at least, and the best division of those most often found."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import adjusted_rand_score

from mixfold.models import GammaBelief, StickPrior
from mixfold.search.chain import Chain
from tests.search.test_gibbs import FEW, sampler


def test_separate_groups_are_found_from_one_and_from_many() -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal(center, 1.0, size=(60, 2)) for center in (0.0, 12.0, 24.0)])
    for labels in (np.zeros(180, dtype=int), np.arange(180) % 9):
        gibbs = sampler(rows, "full", StickPrior(GammaBelief()), size=6.0)
        chain = Chain.of(gibbs, gibbs.begun(labels), n_draws=60, burn_in=60)
        assert np.sum(chain.best.groups.count > 5) == 3  # a process lets a row or two be groups of their own
        assert adjusted_rand_score(np.repeat([0, 1, 2], 60), chain.best.labels) > 0.95
        assert [len(draw.weights) for draw in chain.draws] == chain.numbers.tolist()
        assert len(chain.draws) == 60


def test_a_chain_whose_time_is_over_has_a_draw() -> None:
    gibbs = sampler(FEW, "full", StickPrior(1.0))
    chain = Chain.of(gibbs, gibbs.begun(np.zeros(3, dtype=int)), n_draws=1000, burn_in=1000, until=0.0)
    assert len(chain.draws) == 1


def test_the_best_division_has_the_number_of_groups_that_was_there_most_often() -> None:
    gibbs = sampler(FEW, "full", StickPrior(1.0))
    chain = Chain.of(gibbs, gibbs.begun(np.zeros(3, dtype=int)), n_draws=200, burn_in=10)
    found, times = np.unique(chain.numbers, return_counts=True)
    assert len(found) > 1
    assert chain.best.n_groups == found[np.argmax(times)]
