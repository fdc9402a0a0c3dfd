"""Sources: what yields chunks of rows, one file a source.

`Source` (abstract.py) is the contract: a source can be walked over again and again, always in the same chunks of
`CHUNK_ROWS` rows. `ArraySource` (array.py) slices arrays in memory; `MemoryMapSource` (memory_map.py) reads .npy files.
"""

from mixfold.sources.abstract import CHUNK_ROWS, Chunk, Source
from mixfold.sources.array import ArraySource
from mixfold.sources.memory_map import MemoryMapSource

__all__ = ["CHUNK_ROWS", "ArraySource", "Chunk", "MemoryMapSource", "Source"]
