"""Models: *what* is learned from statistics, whatever the data and the algorithm.

abstract.py has the contract, penalized.py the maximum of a likelihood times a prior, whose step kernel_step.py tells an
engine that has it in its own loop. student.py has components with heavy tails. variational.py has posteriors under
conjugate priors (conjugate.py says of which families), weight_posteriors.py the contract of those of the weights,
which are dirichlet.py and sticks.py (with gamma_belief.py), and prior_scale.py the priors that are learned from data;
posterior_draws.py draws whole mixtures from them, and marginal_likelihood.py says how probable groups of rows are.
background.py is any of them beside a uniform density, frozen.py one some of whose parameters are known. coordinates.py
has the coordinates in which steps of some are extrapolated. problem.py is a model on data.
"""

from typing import Any

from mixfold.lazy import homes_of, loaded

_HOMES = homes_of(__file__)
__all__ = [*_HOMES]  # noqa: PLE0604  (they are strings)


def __getattr__(name: str) -> Any:
    value = globals()[name] = loaded(__name__, _HOMES, name)
    return value
