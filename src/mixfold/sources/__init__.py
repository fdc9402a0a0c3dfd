"""Sources: what yields chunks of rows, one file a source.

`Source` (mixfold.rows, below the executors) is the contract: a source can be walked over again and again, always
in the same chunks of `CHUNK_ROWS` rows; what else it can do is declared by its class. `ArraySource` (array.py) slices
arrays in memory, `NpySource` (npy.py) reads .npy files, `ArrowSource` (arrow.py) Parquet, Arrow and CSV data sets,
`SlicedSource` (sliced.py) HDF5 files and Zarr arrays, `BlocksSource` (blocks.py) anything that gives arrays again and
again, `DaskSource` (dask.py) Dask collections, `SparkSource` (spark.py) Spark data frames, whose partitions
spark_partitions.py walks over where they lie. registry.py picks one for what a caller passes and maps collections where
they lie, answer.py is what such a map gives; chunking.py cuts blocks into chunks and reads ahead, and files.py notices
when a file changes between two walks.

"""

from mixfold.rows import CHUNK_ROWS, Part, Rows, Source
from mixfold.sources.answer import Answer
from mixfold.sources.array import ArraySource, in_memory
from mixfold.sources.arrow import ArrowSource
from mixfold.sources.blocks import BlocksSource
from mixfold.sources.dask import DaskSource
from mixfold.sources.npy import NpySource
from mixfold.sources.registry import mapped, source_for
from mixfold.sources.sliced import SlicedSource
from mixfold.sources.spark import SparkSource

__all__ = [
    "CHUNK_ROWS",
    "Answer",
    "ArraySource",
    "ArrowSource",
    "BlocksSource",
    "DaskSource",
    "NpySource",
    "Part",
    "Rows",
    "SlicedSource",
    "Source",
    "SparkSource",
    "in_memory",
    "mapped",
    "source_for",
]
