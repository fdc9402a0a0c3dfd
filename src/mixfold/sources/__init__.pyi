# The public names: `__init__.py` reads them, and loads one when it is first used.

from mixfold.rows import CHUNK_ROWS as CHUNK_ROWS
from mixfold.rows import Part as Part
from mixfold.rows import Rows as Rows
from mixfold.rows import Source as Source
from mixfold.sources.answer import Answer as Answer
from mixfold.sources.array import ArraySource as ArraySource
from mixfold.sources.array import in_memory as in_memory
from mixfold.sources.arrow import ArrowSource as ArrowSource
from mixfold.sources.blocks import BlocksSource as BlocksSource
from mixfold.sources.dask import DaskSource as DaskSource
from mixfold.sources.npy import NpySource as NpySource
from mixfold.sources.registry import mapped as mapped
from mixfold.sources.registry import source_for as source_for
from mixfold.sources.sliced import SlicedSource as SlicedSource
from mixfold.sources.spark import SparkSource as SparkSource
