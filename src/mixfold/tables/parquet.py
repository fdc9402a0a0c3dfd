"""Tables as Parquet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import final

from mixfold.tables.abstract import Table, damage_named
from mixfold.tables.reading import AS_FOUND, Reading, Say, nobody


@final
@dataclass(frozen=True, slots=True)
class Parquet:
    """A .parquet file."""

    suffix: str = ".parquet"
    has_names: bool = True
    heeds: frozenset[str] = frozenset()

    def read(self, path: Path, reading: Reading = AS_FOUND, say: Say = nobody) -> Table:
        """Read the file as it is, whatever the names of the folders above it."""
        del reading, say
        from pyarrow import parquet  # noqa: PLC0415  (optional extra)

        with damage_named(path, self.suffix):
            return parquet.read_table(path, partitioning=None)

    def write(self, path: Path, table: Table) -> None:
        """Write one file."""
        from pyarrow import parquet  # noqa: PLC0415  (optional extra)

        parquet.write_table(table, path)
