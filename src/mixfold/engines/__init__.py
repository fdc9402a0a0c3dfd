"""Engines: the *arithmetic* of one block of rows, one file an engine.

`Engine` (abstract.py) is the contract. `ArrayEngine` (array.py) is the readable reference, on NumPy arrays and PyTorch
tensors of any device; `NativeEngine` (native.py) runs C++ kernels on NumPy rows, and takes many
chunks in one call (chunk_sums.py). choice.py lists the engines and picks one for given rows.
"""

from mixfold.engines.abstract import Assignment, Engine
from mixfold.engines.array import ArrayEngine, to_numpy
from mixfold.engines.choice import ENGINES, engine_for
from mixfold.engines.chunk_sums import ChunkSums
from mixfold.engines.native import NativeEngine, WholeLoop

__all__ = [
    "ENGINES",
    "ArrayEngine",
    "Assignment",
    "ChunkSums",
    "Engine",
    "NativeEngine",
    "WholeLoop",
    "engine_for",
    "to_numpy",
]
