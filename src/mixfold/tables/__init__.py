"""Tables: rows and named columns in files, one file a format.

A table in memory is a `pyarrow.Table`. A `TableFormat` (abstract.py) reads and writes one: delimited.py (.csv, .tsv,
both with .gz too), parquet.py (.parquet), arrow.py (.arrow, .feather) and npy.py (.npy). files.py chooses the format by
the suffix of the path and writes atomically; numeric.py takes the numbers out of a table, or says why it cannot.
"""

from mixfold.tables.abstract import TableFormat
from mixfold.tables.files import TABLE_FORMATS, format_of, read_table, write_table
from mixfold.tables.numeric import numeric_columns

__all__ = ["TABLE_FORMATS", "TableFormat", "format_of", "numeric_columns", "read_table", "write_table"]
