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

from typing import Any

from mixfold.lazy import homes_of, loaded

_HOMES = homes_of(__file__)
__all__ = [*_HOMES]  # noqa: PLE0604  (they are strings)


def __getattr__(name: str) -> Any:
    value = globals()[name] = loaded(__name__, _HOMES, name)
    return value
