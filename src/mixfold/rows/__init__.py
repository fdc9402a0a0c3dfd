"""Rows on their way to an engine, and the contracts of the sources that yield them.

A `Source` (source.py) yields its `Rows` (rows.py), with `Marks`, again and again in the same chunks. What else it can
do is declared by the class that it is of: `IndexedSource` gives rows one by one, `DividedSource` gives parts that other
processes can read, `PartitionedSource` has rows that never come here, and computes where they lie. Executors say which
of these they need.
"""

from mixfold.rows.rows import CHUNK_ROWS, NO_MARKS, Marks, Part, Rows, is_single, refuse_other_number, usual_chunk_rows
from mixfold.rows.source import (
    CollectedRows,
    DividedSource,
    IndexedSource,
    KeptRows,
    Known,
    PartitionedSource,
    Result,
    Source,
)

__all__ = [
    "CHUNK_ROWS",
    "NO_MARKS",
    "CollectedRows",
    "DividedSource",
    "IndexedSource",
    "KeptRows",
    "Known",
    "Marks",
    "Part",
    "PartitionedSource",
    "Result",
    "Rows",
    "Source",
    "is_single",
    "refuse_other_number",
    "usual_chunk_rows",
]
