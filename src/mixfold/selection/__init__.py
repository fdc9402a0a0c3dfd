"""Selection: which optimum, of the many that a likelihood has.

`Search` (search.py) races the starts of portfolio.py and then tries the moves of moves.py. `Candidate` (candidate.py)
is a racer, `Sample` (sample.py) the rows that a search looks at.
"""

from mixfold.selection.search import Effort, Search

__all__ = ["Effort", "Search"]
