"""Engines: the *arithmetic* of one block of rows, one file an engine.

`Engine` (abstract.py) is the contract. `ArrayEngine` (array.py) is the readable reference, on NumPy arrays and PyTorch
tensors of any device; `NativeEngine` (native.py) runs C++ kernels on NumPy rows. choice.py lists the engines and picks
one for given rows.
"""

from mixfold.engines.abstract import Assignment, Engine
from mixfold.engines.array import ArrayEngine, to_numpy
from mixfold.engines.choice import ENGINES, engine_for
from mixfold.engines.native import NativeEngine, WholeLoop

__all__ = ["ENGINES", "ArrayEngine", "Assignment", "Engine", "NativeEngine", "WholeLoop", "engine_for", "to_numpy"]
