"""Tables: rows and named columns in files, one file a format.

A table in memory is a `pyarrow.Table`. A `TableFormat` (abstract.py) reads and writes one: delimited.py (.csv, .tsv,
.txt, all with .gz too), parquet.py (.parquet), arrow.py (.arrow, .feather), npy.py (.npy) and xlsx.py (.xlsx).
files.py chooses the format by the suffix of the path and writes atomically. text.py gives the text of a file in checked
blocks, and dialect.py finds how it is written, unless a `Reading` (reading.py) says so. columns.py chooses the features
of a table; numeric.py takes their numbers out, or says why it cannot. skewness.py says which have a long tail.
"""

from mixfold.tables.abstract import TableFormat, damage_named, unreadable
from mixfold.tables.columns import Features, features_of, is_numeric
from mixfold.tables.files import TABLE_FORMATS, format_of, read_table, refuse_unheeded, write_table
from mixfold.tables.numeric import complete_rows, numeric_columns, refuse_no_rows
from mixfold.tables.reading import AS_FOUND, Reading, Say, nobody

__all__ = [
    "AS_FOUND",
    "TABLE_FORMATS",
    "Features",
    "Reading",
    "Say",
    "TableFormat",
    "complete_rows",
    "damage_named",
    "features_of",
    "format_of",
    "is_numeric",
    "nobody",
    "numeric_columns",
    "read_table",
    "refuse_no_rows",
    "refuse_unheeded",
    "unreadable",
    "write_table",
]
