"""Search: which optimum, of the many that a likelihood has, and of which mixture.

`Start` (start.py) is where EM may begin, `Trajectory` (trajectory.py) where it came to from there, and how; `Race`
(race.py) lets many climb side by side. `Search` (search.py) races the starts of starting_values.py and then tries the
moves of split_merge.py. `Sample` (sample.py) is the rows that a search looks at; refutation.py asks these at its end
whether they refute what its prior has learned.

`Sweep` (sweep.py) goes over a grid of numbers of components and covariance families. `GridModel`
(grid_model.py) is what became of one of them, and a cell of the grid; grid_fit.py is how it is computed from the starts
that shared_starts.py gives, `Comparison` (comparison.py) what all are fitted to, selection.py which is chosen, and
finish.py how it comes to its end.
criteria.py has what cells are compared by, evidence.py what criteria need to know of a fit, effective_rows.py how many
rows weighted ones are, tie_break.py what else decides between those that rows cannot tell apart. `GridCheckpoint`
(grid_checkpoint.py) keeps cells that are done. `CombinedComponents` (combining.py) makes clusters of their components,
by what shapes.py, one_shape.py and unimodality.py see in rows; bootstrap.py tests one component more and gives standard
errors.

component_moves.py finds how many components a posterior has, gibbs.py draws from it, and partitions.py finds one
clustering from many.
"""

from mixfold.search.bootstrap import (
    LikelihoodRatioTest,
    StandardErrors,
    bootstrap_likelihood_ratio,
    bootstrap_standard_errors,
)
from mixfold.search.combining import CombinedComponents, elbow, labels_of_groups
from mixfold.search.criteria import CRITERIA, FURTHER_FITS, Evidence, patience
from mixfold.search.effective_rows import effective_rows, effective_weights
from mixfold.search.effort import Effort
from mixfold.search.grid_checkpoint import GridCheckpoint
from mixfold.search.grid_model import FLAWED, GridModel
from mixfold.search.partitions import nearest_partition, variation_of_information
from mixfold.search.refutation import searched, unlike
from mixfold.search.search import Search
from mixfold.search.selection import Observer
from mixfold.search.sweep import Sweep, Swept
from mixfold.search.unimodality import dip, has_one_mode

ALL = "all"

__all__ = [
    "ALL",
    "CRITERIA",
    "FLAWED",
    "FURTHER_FITS",
    "CombinedComponents",
    "Effort",
    "Evidence",
    "GridCheckpoint",
    "GridModel",
    "LikelihoodRatioTest",
    "Observer",
    "Search",
    "StandardErrors",
    "Sweep",
    "Swept",
    "bootstrap_likelihood_ratio",
    "bootstrap_standard_errors",
    "dip",
    "effective_rows",
    "effective_weights",
    "elbow",
    "has_one_mode",
    "labels_of_groups",
    "nearest_partition",
    "patience",
    "searched",
    "unlike",
    "variation_of_information",
]
