"""Tables as Parquet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import final

from mixfold.tables.abstract import Table, unreadable


@final
@dataclass(frozen=True, slots=True)
class Parquet:
    """A .parquet file."""

    suffix: str = ".parquet"
    has_names: bool = True

    def read(self, path: Path) -> Table:
        """Read the file as it is, whatever the names of the folders above it."""
        import pyarrow as pa  # noqa: PLC0415  (optional extra)
        from pyarrow import parquet  # noqa: PLC0415  (optional extra)

        try:
            return parquet.read_table(path, partitioning=None)
        except pa.ArrowException as error:
            raise unreadable(path, self.suffix, error) from error
        except OSError as error:
            if error.errno is not None:  # the system's own: it can not be opened
                raise
            raise unreadable(path, self.suffix, error) from error

    def write(self, path: Path, table: Table) -> None:
        """Write one file."""
        from pyarrow import parquet  # noqa: PLC0415  (optional extra)

        parquet.write_table(table, path)
