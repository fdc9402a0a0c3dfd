"""Selection: which optimum, of the many that a likelihood has, and of which mixture.

`Search` (search.py) races the starts of portfolio.py and then tries the moves of moves.py. `Candidate` (candidate.py)
is a racer, `Sample` (sample.py) the rows that a search looks at.

`Sweep` (sweep.py) goes over a grid of numbers of components and covariance families. `Cell` (cell.py) is what became of
one of them, cell_fit.py how it is computed from the places that starts.py gives; criteria.py has what cells are
compared by, `Checkpoint` (checkpoint.py) keeps those that are done. `Merging` (merging.py) makes clusters of their
components.
"""

from mixfold.selection.cell import Cell, Verdict
from mixfold.selection.checkpoint import Checkpoint, fingerprint_of
from mixfold.selection.criteria import CRITERIA
from mixfold.selection.merging import Merging, elbow
from mixfold.selection.search import Effort, Search
from mixfold.selection.sweep import Observer, Sweep

ALL = "all"

__all__ = [
    "ALL",
    "CRITERIA",
    "Cell",
    "Checkpoint",
    "Effort",
    "Merging",
    "Observer",
    "Search",
    "Sweep",
    "Verdict",
    "elbow",
    "fingerprint_of",
]
