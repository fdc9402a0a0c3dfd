"""Search: which optimum, of the many that a likelihood has, and of which mixture.

`Start` (start.py) is where EM may begin, `Trajectory` (trajectory.py) where it came to from there, and how; `Race`
(race.py) lets many climb side by side. `Search` (search.py) races the starts of starting_values.py and then tries the
moves of split_merge.py. `Sample` (sample.py) is the rows that a search looks at; refutation.py asks these at its end
whether they refute what its prior has learned.

`Sweep` (sweep.py) goes over a grid of numbers of components and covariance families, to what swept.py holds, within
the work of a `Budget` (budget.py). `GridModel`
(grid_model.py) is what became of one of them, and a cell of the grid; grid_fit.py is how it is computed from the starts
that shared_starts.py gives, `Comparison` (comparison.py) what all are fitted to, selection.py which is chosen, and
finish.py how it comes to its end.
criteria.py has what cells are compared by, evidence.py what criteria need to know of a fit, effective_sample_size.py
how many rows weighted ones are, tie_break.py what else decides between those that rows cannot tell apart.
`GridCheckpoint` (grid_checkpoint.py) keeps cells that are done. `CombinedComponents` (combining.py) makes clusters of
their components, by what shapes.py, one_shape.py and unimodality.py see in rows; bootstrap.py tests one component more
and gives standard errors.

component_moves.py finds how many components a posterior has, gibbs.py draws from it, and partitions.py finds one
clustering from many.
"""

from typing import Any

from mixfold.lazy import homes_of, loaded

_HOMES = homes_of(__file__)
__all__ = [*_HOMES]  # noqa: PLE0604  (they are strings)


def __getattr__(name: str) -> Any:
    value = globals()[name] = loaded(__name__, _HOMES, name)
    return value
