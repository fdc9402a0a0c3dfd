"""Who runs: each takes iterations of EM from the same start and scores rows, one file a library.

`abstract.py` is the contract; `registry.py` names them all, and leaves out those whose library is not installed.
"""

from benchmarks.contestants.abstract import RIDGE, Contestant, Unsuitable
from benchmarks.contestants.ours import Mixfold
from benchmarks.contestants.registry import contestants
from benchmarks.contestants.scikit_learn import ScikitLearn

__all__ = ["RIDGE", "Contestant", "Mixfold", "ScikitLearn", "Unsuitable", "contestants"]
