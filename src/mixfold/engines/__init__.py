"""Engines: the *arithmetic* of one block of rows, one file an engine.

`Engine` (abstract.py) is the contract. `ArrayEngine` (array.py) is the readable reference, on NumPy arrays and PyTorch
tensors of any device, which multiplies wide diagonals out (squares.py); `NativeEngine` (native.py) runs C++ kernels on
NumPy rows, keeps what it knows of them from call to call (known.py), and is a `BatchEngine`: it takes many chunks
(chunk_sums.py), or whole EM loops (em_loop.py, of posteriors posterior_loop.py), or fits of many small tables
(small_fits.py), in one call of its kernels (kernels.py), which move points to points (transport.py), merge components
(merging.py) and fit the pilots of a prior (pilot_fits.py), too;
`TritonEngine` (triton.py, its kernels in triton_kernels.py, launched as launch.py says) computes PyTorch tensors on a
GPU, where whole EM loops stay (device_loop.py, with the M step of device_step.py), and k-means++ is drawn
(spreading.py), too, as a `DeviceEngine`. registry.py lists the engines and picks one for given rows.
"""

from mixfold.engines.abstract import Assignment, BatchEngine, DeviceEngine, Engine, NoisyKernels, Output, method_of
from mixfold.engines.array import ArrayEngine, to_numpy
from mixfold.engines.chunk_sums import ChunkSums
from mixfold.engines.em_loop import Beginning, EMLoop, MStep, StoppingRule
from mixfold.engines.known import KnownRows
from mixfold.engines.native import NativeEngine
from mixfold.engines.posterior_loop import PosteriorLoop, PosteriorStep, WeightStep
from mixfold.engines.registry import ENGINES, engine_for, is_engine
from mixfold.engines.small_fits import Limits, TableFits, Tables
from mixfold.engines.triton import TritonEngine

__all__ = [
    "ENGINES",
    "ArrayEngine",
    "Assignment",
    "BatchEngine",
    "Beginning",
    "ChunkSums",
    "DeviceEngine",
    "EMLoop",
    "Engine",
    "KnownRows",
    "Limits",
    "MStep",
    "NativeEngine",
    "NoisyKernels",
    "Output",
    "PosteriorLoop",
    "PosteriorStep",
    "StoppingRule",
    "TableFits",
    "Tables",
    "TritonEngine",
    "WeightStep",
    "engine_for",
    "is_engine",
    "method_of",
    "to_numpy",
]
