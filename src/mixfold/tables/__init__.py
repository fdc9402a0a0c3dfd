"""Tables: rows and named columns in files, one file a format.

A table in memory is a `pyarrow.Table`. A `TableFormat` (abstract.py) reads and writes one: delimited.py (.csv, .tsv,
both with .gz too), parquet.py (.parquet), arrow.py (.arrow, .feather) and npy.py (.npy). files.py chooses the format by
the suffix of the path and writes atomically; numeric.py takes the numbers out of a table, or says why it cannot.
"""

from mixfold.tables.abstract import TableFormat, damage_named, unreadable
from mixfold.tables.files import TABLE_FORMATS, format_of, read_table, write_table
from mixfold.tables.numeric import chosen_names, is_numeric, numeric_columns

__all__ = [
    "TABLE_FORMATS",
    "TableFormat",
    "chosen_names",
    "damage_named",
    "format_of",
    "is_numeric",
    "numeric_columns",
    "read_table",
    "unreadable",
    "write_table",
]
