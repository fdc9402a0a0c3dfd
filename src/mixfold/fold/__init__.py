"""The fold: data that answer questions, the only way in which algorithms see rows.

`Fold` (fold.py) is a source, an engine and an executor. What it is asked stands beside it, a file a kind of question:
statistics under potentials (expectation.py, with what known.py keeps; of rows that are observations observed.py,
of which values are missing incomplete.py, of groups that are of one component linked.py)
or under given responsibilities (moments.py, recentering.py), whole EM steps (loops.py), what is said of every row
(scoring.py), some of the rows (sampling.py), and whether they are usable (checking.py).
"""

from mixfold.fold.fold import Fold
from mixfold.fold.incomplete import has_gaps, patterns
from mixfold.fold.loops import LOOP_ROWS, WIDE_FEATURES
from mixfold.fold.sampling import SAMPLE_ROWS

__all__ = ["LOOP_ROWS", "SAMPLE_ROWS", "WIDE_FEATURES", "Fold", "has_gaps", "patterns"]
